"""What a language model may write: nothing the message before it, and the facts, do not already say."""

from tenure.rules.drafting.checking import problems_of
from tenure.rules.drafting.masking import Mask

__all__ = ["Mask", "problems_of"]
