"""What a mail that came back means: pure reading of headers and words."""

from tenure.rules.replies.reading import Mail, ReplyKind, own_words, what_is

__all__ = ["Mail", "ReplyKind", "own_words", "what_is"]
