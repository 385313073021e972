"""A scorecard as data: components -> measures -> shape -> points. Read by a compiler and by a plain evaluator.

In a document a number is written out or refers to a parameter by name; once resolved it is a number, or one number
per segment where the parameter is overridden for segments.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.condition import Condition
from tenure.model.mapping import FactMapping


class ParameterRef(msgspec.Struct, frozen=True, tag="parameter"):
    """`{parameter: NAME}`: the number is the venture's value of this parameter."""

    parameter: str


class BySegment(msgspec.Struct, frozen=True, tag="by_segment"):
    """A resolved number that differs by segment: the first segment a customer is in decides."""

    cases: tuple[tuple[str, float], ...]
    otherwise: float


Number = float | ParameterRef | BySegment
"""At most six decimals and below a thousand million, so that every engine reads the same double."""


class Band(msgspec.Struct, frozen=True):
    """`points` while the value is below the limit."""

    below: Number
    points: Number


class Bands(msgspec.Struct, frozen=True, tag="bands"):
    """The first band whose limit is above the value, else `otherwise`."""

    bands: tuple[Band, ...]
    otherwise: Number = 0.0


class Linear(msgspec.Struct, frozen=True, tag="linear"):
    """base + per_unit x value: more is better."""

    per_unit: Number
    base: Number = 0.0


class Inverse(msgspec.Struct, frozen=True, tag="inverse"):
    """base - minus_per_unit x value: fewer is better."""

    base: Number
    minus_per_unit: Number


class Knot(msgspec.Struct, frozen=True):
    at: Number
    points: Number


class Piecewise(msgspec.Struct, frozen=True, tag="piecewise"):
    """Straight lines between knots, flat outside them."""

    knots: tuple[Knot, ...]


class Boolean(msgspec.Struct, frozen=True, tag="boolean"):
    """`yes` when the value is above 0, else `no`."""

    yes: Number
    no: Number = 0.0


Shape = Bands | Linear | Inverse | Piecewise | Boolean


class NoDataPolicy(StrEnum):
    """What a measure earns when there is nothing to read, or its source was never connected.

    `rule`: what the rule gives for what was read (no tickets read: none open), 0 where there is no value at all.
    """

    rule = "rule"
    zero = "zero"
    neutral = "neutral"
    drop = "drop"


class NoData(msgspec.Struct, frozen=True):
    """`policy` when there is nothing to read; a reading older than its window still counts up to `last_known_days`."""

    policy: NoDataPolicy = NoDataPolicy.rule
    points: Number = 0.0
    last_known_days: int | None = None


class MeasureArguments(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is read, for kinds that need telling. Days are whole; each kind says which it takes."""

    window_days: int | None = None
    events: tuple[str, ...] = ()
    trait: str | None = None
    survey: str | None = None
    older_than_days: int | None = None
    slower_than_hours: int | None = None
    rated_below: float | None = None


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing read of a customer, and the points it earns. `reads` names a kind of the catalogue."""

    id: str
    reads: str
    shape: Shape
    arguments: MeasureArguments = MeasureArguments()
    no_data: NoData = NoData()
    half_life_days: int | None = None
    floor: Number | None = None
    cap: Number | None = None
    sentence: str | None = None


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the score: its measures' points, capped at `full`, rescaled to `weight` (M3)."""

    id: str
    title: str
    weight: Number
    measures: tuple[Measure, ...]
    full: Number | None = None
    floor: Number = 0.0


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document. Of the scorecards whose condition holds, the one of highest precedence scores a customer."""

    name: str
    title: str
    components: tuple[Component, ...]
    when: str | None = None
    precedence: int = 0
    description: str = ""


class LiveScorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A resolved scorecard in use: every number a float or a BySegment. `version` is name@number+digest."""

    card: Scorecard
    condition: Condition | None
    number: int
    version: str


class Segment(msgspec.Struct, frozen=True):
    """A named condition of the workspace."""

    name: str
    condition: Condition


class ScoringConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything besides facts and time that a score depends on. `scorecards` are in order of precedence."""

    scorecards: tuple[LiveScorecard, ...]
    segments: tuple[Segment, ...]
    healthy_threshold: float
    at_risk_threshold: float
    new_customer_days: int
    core_features: tuple[str, ...]
    renewal_notice_days: int
    mapping: FactMapping
    digest: str = ""
    saved: tuple[Segment, ...] = ()
    """The workspace's segments in the order it declares them: lists show them, scores do not rest on them, and the
    digest does not cover them."""
