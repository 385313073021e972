"""The shapes a parameter's value can take beyond whole numbers, numbers and text. All immutable, all picklable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item", covariant=True)
Given = TypeVar("Given")


class Frozen(Mapping[str, Item]):
    """A mapping that cannot be changed, with its keys in alphabetical order."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Item] | None = None) -> None:
        self._items: dict[str, Item] = dict(sorted((items or {}).items()))

    def __getitem__(self, key: str) -> Item:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(self._items.items()))

    def __repr__(self) -> str:
        return f"Frozen({self._items!r})"

    def __str__(self) -> str:
        return ", ".join(f"{key}={_plain(value)}" for key, value in self._items.items()) or "(none)"


Scalar = int | float | str
Entries = Frozen[Scalar]


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """Scores from `low` up to and including the whole number `high`: 40-69 means >= 40 and < 70 (M1)."""

    low: int
    high: int

    def covers(self, score: float) -> bool:
        return self.low <= score < self.high + 1

    def overlaps(self, other: ScoreRange) -> bool:
        return self.low <= other.high and other.low <= self.high

    def __str__(self) -> str:
        return f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day, in the customer's zone (R7), in which nothing customer-facing leaves.

    `start_hour` is quiet, `end_hour` is the first hour that is not; equal hours mean no quiet hours on working days.
    """

    start_hour: int
    end_hour: int
    weekends: bool

    def covers(self, hour: int, *, weekend: bool) -> bool:
        """Is this hour (0-23, local) quiet?"""
        if weekend and self.weekends:
            return True
        if self.start_hour <= self.end_hour:
            return self.start_hour <= hour < self.end_hour
        return hour >= self.start_hour or hour < self.end_hour

    def __str__(self) -> str:
        hours = [] if self.start_hour == self.end_hour else [f"{self.start_hour}-{self.end_hour}"]
        return ", ".join([*hours, *(["weekends"] if self.weekends else [])]) or "none"


Value = int | float | str | tuple[str, ...] | ScoreRange | QuietHours | Entries
Json = int | float | str | list[str] | dict[str, Scalar]


def to_json(value: Value) -> Json:
    """The value as JSON can say it; `parse` of the same parameter reads it back."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Frozen):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, ScoreRange | QuietHours):
        return str(value)
    return _plain(value)


def merged(lower: Value, upper: Value) -> Value:
    """What holds when `upper` is laid over `lower`: entries one by one, everything else whole."""
    if isinstance(lower, Frozen) and isinstance(upper, Frozen):
        return Frozen({**lower, **upper})
    return upper


def laid_over(layers: Sequence[Frozen[Value]]) -> Frozen[Value]:
    """The layers in one, the last the strongest; of mappings each entry for itself."""
    result: dict[str, Value] = {}
    for layer in layers:
        for name, value in layer.items():
            result[name] = merged(result[name], value) if name in result else value
    return Frozen(result)


def as_text(value: Value) -> str:
    """The value as a person would type it."""
    if isinstance(value, tuple):
        return ", ".join(value) or "(none)"
    return str(_plain(value)) if value != "" else "(none)"


def _plain(value: Given) -> Given | int:
    """85.0 is shown and stored as 85."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
