"""A resolved parameter set: defaults < venture < segment, with a digest that names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from tenure.parameters.declarations import DECLARED
from tenure.parameters.declarations.health import SCORE_PARAMETERS
from tenure.parameters.segments import Segment, by_strength, parse_segment
from tenure.parameters.values import (
    Entries,
    Frozen,
    Json,
    QuietHours,
    ScoreRange,
    Value,
    laid_over,
    merged,
    to_json,
)

Layer = Frozen[Value]
Shape = TypeVar("Shape")


class ParameterSet(Mapping[str, Value]):
    """What holds for one venture (or, from `for_segment`, for one customer's segments). Never changes.

    As a mapping it gives the resolved value of every declared parameter. `own` is what the venture set itself,
    `overrides` what it set per segment, `locked` what only the chairman may change. Make one with `resolve`.
    """

    def __init__(self, own: Layer, overrides: Mapping[str, Layer], locked: frozenset[str]) -> None:
        self.own = own
        self.overrides = Frozen(overrides)
        self.locked = locked

    def __getitem__(self, name: str) -> Value:
        return self._resolved[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._resolved)

    def __len__(self) -> int:
        return len(self._resolved)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParameterSet) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<ParameterSet {self.digest[:12]}, {len(self.own)} set, {len(self.overrides)} segments>"

    def integer(self, name: str) -> int:
        """A whole number, such as days or points."""
        return self._typed(name, int)

    def number(self, name: str) -> float:
        """Any number, such as percent."""
        value = self[name]
        return float(value) if isinstance(value, int) else self._typed(name, float)

    def text(self, name: str) -> str:
        """Text or a choice; empty where nothing is set."""
        return self._typed(name, str)

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names."""
        value = self._typed(name, tuple)
        return tuple(str(item) for item in value)

    def score_range(self, name: str) -> ScoreRange:
        """A range of scores."""
        return self._typed(name, ScoreRange)

    def quiet_hours(self, name: str = "quiet_hours") -> QuietHours:
        """The hours in which nothing customer-facing leaves."""
        return self._typed(name, QuietHours)

    def entries(self, name: str) -> Entries:
        """One value per playbook, channel, alert, kind of decision or action class."""
        return Frozen(self._typed(name, Frozen))

    def for_segment(self, facts: Mapping[str, str]) -> ParameterSet:
        """What holds for a customer with these facts, e.g. `{"plan": "enterprise"}`."""
        group = tuple(segment for segment in self.segments if segment.holds(facts))
        if group not in self._by_group:
            self._by_group[group] = ParameterSet(self.layer_of(group), Frozen(), self.locked)
        return self._by_group[group]

    def layer_of(self, strongest_first: Sequence[Segment]) -> Layer:
        """What is set for customers who are in exactly these segments."""
        return laid_over([self.own, *(self.overrides[str(segment)] for segment in reversed(strongest_first))])

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments with overrides, strongest first."""
        precedence = self["segment_precedence"]
        assert isinstance(precedence, tuple)
        return by_strength([parse_segment(text) for text in self.overrides], precedence)

    def variants(self, name: str) -> tuple[tuple[Segment, Value], ...]:
        """The overrides of one parameter, strongest first: the first whose segment holds is the value."""
        return tuple(
            (s, self.overrides[str(s)][name]) for s in self.segments if name in self.overrides[str(s)]
        )

    @cached_property
    def digest(self) -> str:
        """sha256 of the canonical JSON; equal sets have equal digests, whatever way they came about."""
        return _sha256(self.canonical_json())

    @cached_property
    def score_digest(self) -> str:
        """The same of what the health score rests on, so that a new Slack channel makes no new score version."""
        return _sha256(self.canonical_json(SCORE_PARAMETERS))

    def canonical_json(self, names: Collection[str] = DECLARED) -> str:
        """Values and overrides of these parameters with sorted keys and no spaces. Locks are not part of it."""
        wanted = frozenset(names)
        layers = {text: _json(layer, wanted) for text, layer in self.overrides.items()}
        document = {
            "overrides": {text: layer for text, layer in layers.items() if layer},
            "values": _json(self, wanted),
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def _resolved(self) -> dict[str, Value]:
        return resolved_values(self.own)

    @cached_property
    def _by_group(self) -> dict[tuple[Segment, ...], ParameterSet]:
        return {} if self.overrides else {(): self}

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.own, self.overrides, self.locked

    def _typed(self, name: str, kind: type[Shape]) -> Shape:
        value = self[name]
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {type(value).__name__}, not {kind.__name__}")
        return value


def resolved_values(own: Layer) -> dict[str, Value]:
    """The value of every parameter: what is set, else the default, else what the default follows."""
    plain = {name: _over(p.default, own, name) for name, p in DECLARED.items() if p.follows is None}
    following = {name: _over(p.follows.derive(plain), own, name) for name, p in DECLARED.items() if p.follows}
    return {name: plain[name] if name in plain else following[name] for name in DECLARED}


def _over(default: Value, own: Layer, name: str) -> Value:
    return merged(default, own[name]) if name in own else default


def _json(values: Mapping[str, Value], wanted: frozenset[str]) -> dict[str, Json]:
    return {name: to_json(value) for name, value in values.items() if name in wanted}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
