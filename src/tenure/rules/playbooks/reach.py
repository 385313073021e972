"""Conditions that can never hold together, as far as plain comparisons joined by `and` say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tenure.model.condition import All, Compare, Condition, Known, Literal, Not, OneOf
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.rules.playbooks.tunables import DEFAULT_NUMBERS


class _Bounds:
    """What is left of a number."""

    def __init__(self) -> None:
        self.low, self.high = -math.inf, math.inf
        self.low_open = self.high_open = False

    def narrow(self, sign: str, value: float) -> None:
        if sign in (">", ">=", "==") and (value, sign == ">") > (self.low, self.low_open):
            self.low, self.low_open = value, sign == ">"
        if sign in ("<", "<=", "==") and (-value, sign == "<") > (-self.high, self.high_open):
            self.high, self.high_open = value, sign == "<"

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


def contradiction(texts: Sequence[str]) -> str | None:
    """Which field cannot be what all these conditions ask for, as part of a sentence; None: nothing found.

    Parameters stand at their defaults, so two of them are compared as a new venture has them.
    """
    bounds: dict[str, _Bounds] = {}
    allowed: dict[str, set[Literal]] = {}
    for one in (part for text in texts if text for part in _parts(parse_condition(text, LOOP, DEFAULT_NUMBERS))):
        if isinstance(one, Compare) and isinstance(one.value, float) and one.operator != "!=":
            bounds.setdefault(one.field, _Bounds()).narrow(one.operator, one.value)
        elif isinstance(one, Compare) and one.operator == "==":
            allowed[one.field] = allowed.get(one.field, {one.value}) & {one.value}
        elif isinstance(one, OneOf):
            allowed[one.field] = allowed.get(one.field, set(one.values)) & set(one.values)
    missing = _missing(texts)
    for field in [name for name, left in bounds.items() if left.is_empty] + [name for name, left in allowed.items() if not left]:
        return f"{field} cannot be both"
    for field in (bounds.keys() | allowed.keys()) & missing:
        return f"{field} cannot be missing and compared"
    return None


def _missing(texts: Sequence[str]) -> set[str]:
    parts = [part for text in texts if text for part in _parts(parse_condition(text, LOOP, DEFAULT_NUMBERS))]
    return {one.inner.field for one in parts if isinstance(one, Not) and isinstance(one.inner, Known)}


def _parts(condition: Condition) -> Iterator[Condition]:
    """What has to hold, every part of it."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _parts(part)
    else:
        yield condition
