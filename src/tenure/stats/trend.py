"""Is a daily value improving, stable or declining? The slope over 28 days with its interval (K2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tenure.stats.normal import t_for
from tenure.stats.result import DEFAULT_LEVEL, Answer, Interval, Outcome, not_enough_days

TREND_DAYS = 28
MIN_DAYS = 7
"""Fewer daily values than a week say more about weekdays than about a trend."""


class Direction(StrEnum):
    """What the interval of the slope allows to say."""

    IMPROVING = "improving"
    STABLE = "stable"
    DECLINING = "declining"


@dataclass(frozen=True, slots=True)
class DayValue:
    """The value of one whole UTC day, such as the average score."""

    day: int
    value: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Slope per day with interval, the change over the window, and the direction it proves."""

    slope_per_day: float
    interval: Interval
    window_days: int
    days_with_value: int
    direction: Direction

    @property
    def change(self) -> float:
        """Slope times the days of the window."""
        return self.slope_per_day * self.window_days


def trend(
    values: Sequence[DayValue],
    *,
    window_days: int = TREND_DAYS,
    min_days: int = MIN_DAYS,
    level: float = DEFAULT_LEVEL,
) -> Outcome[Trend]:
    """Least-squares slope over the values given, one per day, of the last `window_days` days of them.

    Daily averages resemble their neighbours, so the plain interval is far too narrow. The error is widened
    by the lag-1 correlation r of the residuals (corrected for short series), n -> n (1 - r) / (1 + r)
    (Santer et al. 2000, J. Geophys. Res. 105); Student's t has the effective degrees of freedom.
    """
    newest = max((one.day for one in values), default=0)
    kept = sorted((one for one in values if one.day > newest - window_days), key=lambda one: one.day)
    need = max(3, min_days)
    if len(kept) < need:
        return not_enough_days(len(kept), need)
    days = np.array([one.day for one in kept], dtype=np.float64)
    heights = np.array([one.value for one in kept], dtype=np.float64)
    if len(np.unique(days)) < len(days) or not np.isfinite(heights).all():
        raise ValueError("a trend needs one finite value per day")
    centered = days - days.mean()
    spread = float(centered @ centered)
    slope = float(centered @ heights) / spread
    residuals = heights - heights.mean() - slope * centered
    degrees = _effective_count(residuals) - 2
    half = t_for(level, degrees) * math.sqrt(float(residuals @ residuals) / degrees / spread)
    interval = Interval(slope - half, slope + half, level, "least squares, lag-1 corrected")
    return Answer(Trend(slope, interval, window_days, len(kept), _direction(interval)))


def _effective_count(residuals: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Number of independent residuals, never above their number and never under 3."""
    count, total = len(residuals), float(residuals @ residuals)
    seen = float(residuals[:-1] @ residuals[1:]) / total if total > 0 else 0.0
    # residuals of a short fitted line look less alike than they are, by about (2 + 4 r) / n (Kendall 1954)
    lag = min(max((count * seen + 2) / (count - 4), 0.0), 0.99) if count > 4 and total > 0 else 0.0
    return max(3.0, count * (1 - lag) / (1 + lag))


def _direction(interval: Interval) -> Direction:
    if interval.low > 0:
        return Direction.IMPROVING
    return Direction.DECLINING if interval.high < 0 else Direction.STABLE
