"""Names and addresses leave the house as numbered stand-ins, and come back as themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STAND_IN = re.compile(r"\[\[(\d+)\]\]")
_SHORTEST = 2
"""Replacing single letters would tear words apart."""


class Mask:
    """Of the words of one message. Longer ones first, so that a first name does not tear a full name apart."""

    def __init__(self, words: Iterable[str | None]) -> None:
        known = {word.strip() for word in words if word is not None and len(word.strip()) >= _SHORTEST}
        self._words = sorted(known, key=lambda word: (-len(word), word))

    def hide(self, text: str) -> str:
        """The text with each of the words, as a whole word in any case, replaced by its number."""
        for number, word in enumerate(self._words, 1):
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", f"[[{number}]]", text, flags=re.IGNORECASE)
        return text

    def show(self, text: str) -> str:
        """The stand-ins turned back; an unknown one stays, where the check finds it."""
        return _STAND_IN.sub(lambda found: self._word(int(found[1]), found[0]), text)

    def _word(self, number: int, otherwise: str) -> str:
        return self._words[number - 1] if 1 <= number <= len(self._words) else otherwise
