"""Segments: who an override is for, and which override is stronger."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.errors import BadInput

_CONDITION = re.compile(r'\s*([a-z_][a-z0-9_.]*)\s*=\s*("(?:[^"\\]|\\.)*"|[^,"]+?)\s*(?:,|$)', re.IGNORECASE)
_PLAIN = re.compile(r'[^,"\s=](?:[^,"=]*[^,"\s=])?')


@dataclass(frozen=True, order=True)
class Segment:
    """Customers for whom every condition `field = value` holds, written `plan=enterprise,industry=media`."""

    conditions: tuple[tuple[str, str], ...]

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Is a customer with these facts in the segment? Values are compared as they are written."""
        return all(facts.get(field) == value for field, value in self.conditions)

    def meets(self, other: Segment) -> bool:
        """Can one customer be in both?"""
        mine = dict(self.conditions)
        return all(mine.get(field, value) == value for field, value in other.conditions)

    def __str__(self) -> str:
        return ",".join(f"{field}={_quoted(value)}" for field, value in self.conditions)


def parse_segment(text: str) -> Segment:
    """Reads `plan=enterprise` or `plan=enterprise,industry="media, print"`; raises BadInput."""
    conditions: dict[str, str] = {}
    position = 0
    while position < len(text):
        found = _CONDITION.match(text, position)
        if found is None or found[1] in conditions:
            raise _unreadable(text)
        conditions[found[1]] = _unquoted(found[2], text)
        position = found.end()
    if not conditions or text.rstrip().endswith(","):
        raise _unreadable(text)
    return Segment(tuple(sorted(conditions.items())))


def by_strength(segments: Sequence[Segment], precedence: Sequence[str]) -> tuple[Segment, ...]:
    """Strongest first: those listed in `segment_precedence`, then more conditions, then the alphabet."""
    listed = {text: position for position, text in enumerate(precedence)}

    def strength(segment: Segment) -> tuple[int, int, str]:
        return listed.get(str(segment), len(listed)), -len(segment.conditions), str(segment)

    return tuple(sorted(segments, key=strength))


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def _unquoted(value: str, text: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        raise _unreadable(text) from None


def _unreadable(text: str) -> BadInput:
    return BadInput(
        f"The segment {text[:80]!r} cannot be read.",
        "Write field=value, several with commas: plan=enterprise.",
    )
