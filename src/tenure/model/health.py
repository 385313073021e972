"""What a health score is once it has been computed and published."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class HealthStatus(StrEnum):
    """The band of a score (I6: `health_status` everywhere but in `tenure health --json`)."""

    healthy = "healthy"
    at_risk = "at_risk"
    critical = "critical"


class MeasureReading(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of one customer: what was read, whether there was data, and the points it earned.

    `highest` is what it could have earned there: 0 where nobody can (no core features are named), None when not known.
    """

    measure: str
    component: str
    value: float | int | None
    had_data: bool
    points: float
    sentence: str = ""
    highest: float | None = None


class ComponentPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one component: `earned` out of `full`, rescaled to `points` out of `weight` (M3)."""

    component: str
    earned: float
    full: float
    weight: float
    points: float
    covered: bool


class ScoreChange(msgspec.Struct, frozen=True, kw_only=True):
    """Why the total moved since the last score; the four parts always sum to `total` (unrounded)."""

    total: float = 0.0
    late: float = 0.0
    time: float = 0.0
    behaviour: float = 0.0
    configuration: float = 0.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The health of one customer at one time, with its reasons.

    `total` is unrounded (the backtest's number); `score` is the published one (M1). `previous_score` is the last
    published value that differed (M6). `coverage` is the share 0-1 of measures that had data;
    `input_age_us` the age of the newest input at `as_of_us`, None when there never was one.
    """

    customer_id: str
    as_of_us: int
    known_batch: int
    scorecard: str
    scorecard_version: str
    total: float
    score: float
    status: HealthStatus
    previous_score: float | None
    components: tuple[ComponentPoints, ...]
    readings: tuple[MeasureReading, ...] = ()
    coverage: float
    input_age_us: int | None
    change: ScoreChange | None = None
    is_new: bool = False
    override_reason: str | None = None
    override_until_us: int | None = None


SEATS_FROM = 5
"""Accounts with more users than this are looked at by active users per seat (Day one, 12)."""


class SeatUse(msgspec.Struct, frozen=True, kw_only=True):
    """Users active in the last 30 days, of the seats bought; where those are unknown, of the users known (`are_bought` False)."""

    seats: int
    active_users: int
    are_bought: bool = True

    @property
    def sentence(self) -> str:
        """For a person."""
        of = "seats" if self.are_bought else "known users"
        return f"{self.active_users:,} of {self.seats:,} {of} active in 30 days ({100 * self.active_users / self.seats:.0f} %)"
