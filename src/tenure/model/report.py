"""What the report page shows, already decided: numbers with their sentences, never queries."""

from __future__ import annotations

import msgspec

from tenure.model.health import ScoreChange
from tenure.model.papers import Section


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A headline number: its text (`85.2 %`), what stands under it, and where its definition is.

    `text` is empty when there is no answer; `note` then says why.
    """

    label: str
    text: str
    note: str = ""
    target: str = ""
    is_good: bool | None = None


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who needs somebody now, and why."""

    customer_id: str
    name: str
    owner: str
    plan: str
    score: float
    previous_score: float | None
    health_status: str
    arr: str
    renewal: str
    reasons: tuple[str, ...]
    seats: str = ""
    change: ScoreChange | None = None


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the past: the average score and how many stood where."""

    day: str
    average: float
    healthy: int
    at_risk: int
    critical: int


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One point of a curve with its interval; `series` names the line."""

    series: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of the revenue waterfall; money in whole units of the venture's currency."""

    label: str
    start: float
    end: float
    text: str
    kind: str


class SegmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One segment: how many customers, their average and where they stand."""

    by: str
    segment: str
    customers: int
    average: float
    healthy: int
    at_risk: int
    critical: int


class CohortRow(msgspec.Struct, frozen=True, kw_only=True):
    """Rolling retention of one month of sign-ups; a month that has not ended is None."""

    cohort: str
    customers: int
    months: tuple[float | None, ...]


class EffectBar(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's difference to its holdout, in shares, with its interval; `what` is retention or recovery."""

    label: str
    what: str
    value: float
    low: float
    high: float


class RenewalMonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """One month of renewals: how many, and the amounts by forecast as a person reads them."""

    month: str
    customers: int
    committed: str
    likely: str
    at_risk: str
    unknown: int


class RenewalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One renewal that is not committed, or big: who, when, how much, and why it may fail."""

    customer_id: str
    name: str
    day: str
    amount: str
    score: float | None
    health_status: str
    owner: str
    forecast: str
    risks: tuple[str, ...]


class MissingFact(msgspec.Struct, frozen=True, kw_only=True):
    """Something the facts do not say, what that costs, and how to close the gap; each a whole sentence."""

    missing: str
    cost: str
    fix: str


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page. `as_of` is UTC, `as_of_there` the venture's clock."""

    venture: str
    as_of: str
    as_of_there: str
    scorecard: str
    known_batch: int
    scored: int
    headlines: tuple[Shown, ...]
    distribution: dict[str, int]
    histogram: tuple[int, ...]
    attention: tuple[Attention, ...]
    attention_total: int
    trend: tuple[TrendPoint, ...]
    cohorts: tuple[CohortRow, ...]
    survival: tuple[CurvePoint, ...]
    waterfall: tuple[Bar, ...]
    waterfall_title: str
    segments: tuple[SegmentRow, ...]
    renewal_days: int
    renewal_months: tuple[RenewalMonthRow, ...]
    renewals: tuple[RenewalRow, ...]
    renewals_total: int
    notes: tuple[str, ...] = ()
    missing: dict[str, str] = {}
    thresholds: tuple[float, float] = (40.0, 70.0)
    loop: tuple[Section, ...] = ()
    """What the loop did; empty where it never ran."""
    effects: tuple[EffectBar, ...] = ()
    understood: tuple[str, ...] = ()
    gaps: tuple[MissingFact, ...] = ()
