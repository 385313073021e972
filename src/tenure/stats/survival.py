"""Survival from aggregates: Kaplan-Meier with intervals, median, restricted mean, log-rank.

A customer is churned, or censored (still here, or left our view) after some days of tenure. What counts
as churn, and which spell, is decided by whoever counts the rows (decisions P1-P4).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tenure.stats.normal import z_for
from tenure.stats.proportions import wilson_interval
from tenure.stats.result import (
    DEFAULT_LEVEL,
    Answer,
    Interval,
    NoAnswer,
    Outcome,
    not_enough_customers,
    not_mature_yet,
)

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TenureCount:
    """How many customers churned, were censored, or came into view at this many days of tenure.

    A customer whose tenure began before we could see it comes into view late (left truncation) and must
    be counted as entered on the day we first saw it; one that left on that same day was never under
    observation and is left out.
    """

    duration_days: float
    churned: int
    censored: int
    entered: int = 0


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Aggregated tenures: one row per distinct duration, in order, with who was at risk then."""

    durations: tuple[float, ...]
    churned: tuple[int, ...]
    censored: tuple[int, ...]
    at_risk: tuple[int, ...]

    @classmethod
    def of(cls, rows: Iterable[TenureCount]) -> Lifetimes:
        """From rows in any order; the same duration may occur in several.

        With no `entered` anywhere everybody is in view from the first day. With any, they must sum to
        the customers, and who enters at a time is at risk only after it, save at tenure 0.

        Raises:
            ValueError: negative or non-finite numbers, or more leave than are in view.
        """
        listed = list(rows)
        return cls.from_arrays(
            [row.duration_days for row in listed],
            [row.churned for row in listed],
            [row.censored for row in listed],
            [row.entered for row in listed],
        )

    @classmethod
    def from_arrays(
        cls, durations: ArrayLike, churned: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None
    ) -> Lifetimes:
        """From columns, as a query returns them; see `of`."""
        days = np.asarray(durations, dtype=np.float64)
        churns, stays = _count_column(churned), _count_column(censored)
        entries = np.zeros_like(churns) if entered is None else _count_column(entered)
        if days.size and (not np.isfinite(days).all() or days.min() < 0):
            raise ValueError("durations are finite and never negative")
        times, place = np.unique(days, return_inverse=True)
        totals = [np.bincount(place, c, len(times)).astype(np.int64) for c in (churns, stays, entries)]
        at_risk = _at_risk(times, totals[0] + totals[1], totals[2])
        if (at_risk < totals[0]).any() or (at_risk < 0).any():
            raise ValueError("more customers leave than are in view; check the entered counts")
        return cls(
            tuple(times.tolist()),
            tuple(totals[0].tolist()),
            tuple(totals[1].tolist()),
            tuple(at_risk.tolist()),
        )

    @classmethod
    def from_individuals(
        cls, durations: ArrayLike, churned: ArrayLike, entries: ArrayLike | None = None
    ) -> Lifetimes:
        """From one row per customer: days of tenure, churned or not, and days when it came into view."""
        days = np.asarray(durations, dtype=np.float64)
        left = np.asarray(churned, dtype=bool)
        if entries is None:
            return cls.from_arrays(days, left, ~left)
        seen = np.asarray(entries, dtype=np.float64)
        if (seen > days).any():
            raise ValueError("nobody comes into view after leaving")
        none = np.zeros(len(days), dtype=np.int64)
        return cls.from_arrays(
            np.concatenate([days, seen]),
            np.concatenate([left, none]),
            np.concatenate([~left, none]),
            np.concatenate([none, none + 1]),
        )

    @property
    def customers(self) -> int:
        """Everybody counted."""
        return sum(self.churned) + sum(self.censored)


def _count_column(values: ArrayLike) -> Counts:
    column = np.asarray(values).astype(np.int64)
    if column.size and column.min() < 0:
        raise ValueError("counts are never negative")
    return column


def _at_risk(times: Floats, removed: Counts, entered: Counts) -> Counts:
    """In view just before each time: entered strictly before (or at tenure 0), not yet gone."""
    gone_before = np.cumsum(removed) - removed
    if not entered.any():
        return np.asarray(removed.sum() - gone_before)
    if entered.sum() != removed.sum():
        raise ValueError("when entries are given, every customer must enter once")
    in_before = np.cumsum(entered) - entered
    if times[0] == 0:
        in_before[0] = entered[0]
    return np.asarray(in_before - gone_before)


@dataclass(frozen=True, slots=True)
class SurvivalPoint:
    """One step of the curve: the share still here after this day, with everything behind it."""

    duration_days: float
    survival: float
    interval: Interval
    standard_error: float
    cumulative_hazard: float
    at_risk: int
    churned: int
    censored: int


@dataclass(frozen=True, slots=True)
class MedianTenure:
    """Days until half have churned; an end of the interval is None where the data do not reach it."""

    days: float
    low_days: float | None
    high_days: float | None
    level: float


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean days of tenure within the first `horizon_days`."""

    days: float
    interval: Interval
    horizon_days: float


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Kaplan-Meier curve, one point per distinct duration."""

    points: tuple[SurvivalPoint, ...]
    customers: int
    churned: int
    level: float

    def at(self, duration_days: float) -> Outcome[SurvivalPoint]:
        """The step in force at this tenure; no answer beyond the longest tenure seen.

        Before the first point everybody is still here; the point returned then carries the asked time,
        survival 1 and the customers at risk at the first point.
        """
        if duration_days < 0:
            raise ValueError("a tenure is never negative")
        last = self.points[-1].duration_days
        if duration_days > last:
            return not_mature_yet(
                f"Nobody has been here {duration_days:g} days yet; the longest is {last:g}."
            )
        place = bisect_right(self.points, duration_days, key=lambda point: point.duration_days)
        if place == 0:
            return Answer(_start(self.points[0].at_risk, duration_days, self.level))
        return Answer(self.points[place - 1])

    def median(self) -> Outcome[MedianTenure]:
        """Smallest tenure at which half or fewer are left; interval of Brookmeyer and Crowley (1982)."""
        middle = self._first_below(lambda point: point.survival)
        if middle is None:
            return not_mature_yet("Fewer than half of the customers have churned so far.")
        low = self._first_below(lambda point: point.interval.low)
        high = self._first_below(lambda point: point.interval.high)
        return Answer(MedianTenure(middle, low, high, self.level))

    def _first_below(self, height: Callable[[SurvivalPoint], float]) -> float | None:
        return next((p.duration_days for p in self.points if height(p) <= 0.5 + 1e-12), None)

    def restricted_mean(self, horizon_days: float) -> Outcome[RestrictedMean]:
        """Area under the curve up to the horizon, with Greenwood-type variance (Klein & Moeschberger 4.5)."""
        last = self.points[-1].duration_days
        if horizon_days > last and self.points[-1].survival > 0:
            return not_mature_yet(f"The curve ends at {last:g} days, before {horizon_days:g}.")
        steps = [p for p in self.points if p.duration_days < horizon_days]
        edges = np.array([0.0, *(p.duration_days for p in steps), horizon_days])
        pieces = np.diff(edges) * np.array([1.0, *(p.survival for p in steps)])
        area, remaining = float(pieces.sum()), np.cumsum(pieces[::-1])[::-1][1:]
        terms = [_greenwood_term(p.at_risk, p.churned) for p in steps]
        half = z_for(self.level) * math.sqrt(sum(r * r * t for r, t in zip(remaining, terms, strict=True)))
        low, high = max(0.0, area - half), min(max(area, horizon_days), area + half)
        return Answer(RestrictedMean(area, Interval(low, high, self.level, "Greenwood"), horizon_days))


def _greenwood_term(at_risk: int, churned: int) -> float:
    """d / (n (n - d)); zero when everybody left, where the curve is zero anyway."""
    return churned / (at_risk * (at_risk - churned)) if 0 < churned < at_risk else 0.0


def _start(at_risk: int, duration_days: float, level: float) -> SurvivalPoint:
    interval = _log_log_interval(1.0, 0.0, at_risk, level)
    return SurvivalPoint(duration_days, 1.0, interval, 0.0, 0.0, at_risk, 0, 0)


def kaplan_meier(
    lifetimes: Lifetimes, level: float = DEFAULT_LEVEL, *, min_customers: int = 1
) -> Outcome[SurvivalCurve]:
    """Kaplan-Meier (1958) with Greenwood errors, log-log intervals and the Nelson-Aalen hazard.

    Where nobody has churned yet, or everybody has, the log-log interval collapses to a point; a Wilson
    interval of those at risk stands there, so that five loyal customers do not read as certainty.
    """
    customers = lifetimes.customers
    if customers < max(1, min_customers):
        return not_enough_customers(customers, max(1, min_customers))
    at_risk, churned = np.array(lifetimes.at_risk), np.array(lifetimes.churned)
    share = np.divide(churned, at_risk, out=np.zeros(len(at_risk)), where=at_risk > 0)
    survival = np.cumprod(1 - share)
    spread = np.cumsum(
        [_greenwood_term(n, d) for n, d in zip(lifetimes.at_risk, lifetimes.churned, strict=True)]
    )
    hazard = np.cumsum(share)
    points = tuple(
        SurvivalPoint(
            duration_days=time,
            survival=float(survival[i]),
            interval=_log_log_interval(float(survival[i]), float(spread[i]), int(at_risk[i]), level),
            standard_error=float(survival[i]) * math.sqrt(spread[i]),
            cumulative_hazard=float(hazard[i]),
            at_risk=int(at_risk[i]),
            churned=int(churned[i]),
            censored=lifetimes.censored[i],
        )
        for i, time in enumerate(lifetimes.durations)
    )
    return Answer(SurvivalCurve(points, customers, int(churned.sum()), level))


def _log_log_interval(survival: float, spread: float, at_risk: int, level: float) -> Interval:
    """exp(-exp(log(-log S) +- z sqrt(spread) / log S)), Kalbfleisch and Prentice (1980)."""
    if survival >= 1.0 or survival <= 0.0:
        in_view = max(1, at_risk)
        return wilson_interval(in_view if survival >= 1.0 else 0, in_view, level)
    log_survival = math.log(survival)
    center, half = math.log(-log_survival), z_for(level) * math.sqrt(spread) / -log_survival
    low, high = math.exp(-math.exp(center + half)), math.exp(-math.exp(center - half))
    return Interval(min(low, survival), max(high, survival), level, "log-log")


def survival_at(
    outcome: Outcome[SurvivalCurve], durations_days: Iterable[float]
) -> tuple[Outcome[SurvivalPoint], ...]:
    """Step lookup at several tenures, carrying the reason through when there is no curve."""
    if isinstance(outcome, NoAnswer):
        return tuple(outcome for _ in durations_days)
    return tuple(outcome.value.at(days) for days in durations_days)
