"""Customers' own words where others read them: without addresses, numbers to call, links and codes, and cut to a length."""

from __future__ import annotations

import re

LONGEST = 200
_MASKS = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"(?<![\w.])\+?\d[\d ()/.-]{6,}\d(?!\w)"), "[number]"),
)


def masked(text: str) -> str:
    """The words without addresses, links and numbers to call."""
    for what, instead in _MASKS:
        text = what.sub(instead, text)
    return text


def quoted(text: str) -> str:
    """One line somebody may read aloud."""
    said = masked(" ".join(text.split()))
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"
