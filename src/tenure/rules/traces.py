"""What erased people could be known by, and whether a text still names or quotes them (A29)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tenure.rules.quotes import LONGEST, quoted

ERASED = "erased"
"""Stands where words were that named somebody."""
SHORTEST_WORD = 3
SHORTEST_QUOTE = 12
"""Shorter ones ("too slow") are everybody's: they tell no page that quotes somebody from any other."""
_WORD = re.compile(r"\w+")
_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")


class Traces:
    """Of some customers and their users.

    Args:
        ids: of customers and users.
        names: what they are called, mail addresses and phone numbers.
        people: those names that are a person's: each part of one is known by itself, written as it is.
        said: their own words, whole: comments and subjects of tickets.
    """

    def __init__(self, *, ids: Iterable[str] = (), names: Iterable[str] = (), people: Iterable[str] = (), said: Iterable[str] = ()) -> None:
        self._exact = frozenset({*ids, *names})
        called = {one for one in self._exact if len(one) >= SHORTEST_WORD and not one.isdigit()}
        self._words = {_plain(one) for one in called} - {_plain("")}
        self._page_words = self._words | {_plain(one) for one in ids}
        self._parts = {part for one in people for part in _WORD.findall(one) if len(part) >= SHORTEST_WORD}
        self._quotes = {quote for text in said if text.strip() for quote in _quotes_of(text)}
        self._page_quotes = {_plain(one) for one in self._quotes if len(one) >= SHORTEST_QUOTE}

    def name(self, text: str) -> bool:
        """Whether free words call somebody by name, address or id."""
        plain = _plain(text)
        return any(one in plain for one in self._words) or not self._parts.isdisjoint(_WORD.findall(text))

    def quote(self, text: str) -> bool:
        """Whether this is something they said, as reports quote it."""
        return text in self._quotes

    def stand_in(self, page: str) -> bool:
        """Whether a page (HTML or JSON) may name or quote somebody."""
        plain = _plain(_CODE.sub(lambda found: chr(int(found[1], 16)), html.unescape(page)))
        return any(one in plain for one in self._page_words) or any(one in plain for one in self._page_quotes)

    def without_quotes(self, document: Any) -> Any:
        """The document with their words taken out of every list, and blanked where they stand alone."""
        return self._without(document, lambda text: False)

    def without(self, document: Any) -> Any:
        """As `without_quotes`; texts that name somebody are blanked as well, lone words only where they are a name or an id."""
        return self._without(document, lambda text: text in self._exact or (len(text.split()) > 1 and self.name(text)))

    def _without(self, value: Any, names: Callable[[str], bool]) -> Any:
        if isinstance(value, Mapping):
            return {name: self._without(inner, names) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._without(inner, names) for inner in value if not (isinstance(inner, str) and self.quote(inner))]
        if isinstance(value, str) and (self.quote(value) or names(value)):
            return ERASED
        return value


def _quotes_of(text: str) -> set[str]:
    """The forms in which these words are kept and shown."""
    one_line = " ".join(text.split())
    return {text, one_line, one_line[:LONGEST], quoted(text), quoted(one_line[:LONGEST])}


def _plain(text: str) -> str:
    """Its words alone, each between blanks, whatever stands between them."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
