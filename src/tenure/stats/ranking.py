"""Does a risk put those who left before those who stayed? AUC, average precision, lift, confusion.

Everything works on counts per distinct risk, so millions of customers are as cheap as their distinct
scores. **Higher risk means more likely to leave**: hand in 100 minus the health score, or its negative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tenure.stats.normal import z_for
from tenure.stats.proportions import rate, wilson_interval
from tenure.stats.result import (
    DEFAULT_LEVEL,
    Answer,
    Interval,
    NoAnswer,
    Outcome,
    Rate,
    not_enough_customers,
    one_sided,
)

Floats = NDArray[np.float64]

MIN_PER_SIDE = 2
"""DeLong's variance needs two who left and two who stayed."""

RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class RiskCounts:
    """How many left and stayed at each distinct risk, in ascending order of risk."""

    risks: tuple[float, ...]
    left: tuple[int, ...]
    stayed: tuple[int, ...]

    @classmethod
    def from_arrays(cls, risks: ArrayLike, left: ArrayLike) -> RiskCounts:
        """From one risk and one outcome (True: left) per customer."""
        outcome = np.asarray(left, dtype=bool)
        return cls.from_counts(risks, outcome, ~outcome)

    @classmethod
    def from_counts(cls, risks: ArrayLike, left: ArrayLike, stayed: ArrayLike) -> RiskCounts:
        """From counts per risk, in any order; the same risk may occur twice.

        Raises:
            ValueError: a risk is not finite, or a count is negative.
        """
        heights = np.asarray(risks, dtype=np.float64)
        gone, here = np.asarray(left).astype(np.int64), np.asarray(stayed).astype(np.int64)
        if not np.isfinite(heights).all() or min(gone.min(initial=0), here.min(initial=0)) < 0:
            raise ValueError("risks are finite and counts are never negative")
        distinct, place = np.unique(heights, return_inverse=True)
        sums = [np.bincount(place, one, len(distinct)).astype(np.int64) for one in (gone, here)]
        return cls(tuple(distinct.tolist()), tuple(sums[0].tolist()), tuple(sums[1].tolist()))

    @property
    def left_total(self) -> int:
        """All who left."""
        return sum(self.left)

    @property
    def stayed_total(self) -> int:
        """All who stayed."""
        return sum(self.stayed)

    @property
    def customers(self) -> int:
        """Everybody."""
        return self.left_total + self.stayed_total

    def columns(self) -> tuple[Floats, Floats]:
        """Left and stayed as arrays."""
        return np.array(self.left, dtype=np.float64), np.array(self.stayed, dtype=np.float64)

    def lacking(self, per_side: int = 1) -> NoAnswer | None:
        """Why these counts cannot be ranked, if they cannot."""
        fewest = min(self.left_total, self.stayed_total)
        if self.customers and fewest == 0:
            return one_sided("Nobody left." if self.left_total == 0 else "Everybody left.")
        return not_enough_customers(fewest, per_side) if fewest < per_side else None


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of a ranking with its interval and the customers behind it."""

    value: float
    interval: Interval
    left: int
    stayed: int


def auc(counts: RiskCounts, level: float = DEFAULT_LEVEL) -> Outcome[Measured]:
    """Chance that one who left had the higher risk than one who stayed; ties count half.

    Interval of DeLong, DeLong and Clarke-Pearson (1988) on the logit scale; a perfect ranking has no
    variance there, so it takes the Wilson interval of the smaller side.
    """
    lacking = counts.lacking(MIN_PER_SIDE)
    if lacking is not None:
        return lacking
    left, stayed = counts.columns()
    value, variance = _delong(left, stayed)
    interval = _auc_interval(value, variance, min(counts.left_total, counts.stayed_total), level)
    return Answer(Measured(value, interval, counts.left_total, counts.stayed_total))


def auc_value(left: Floats, stayed: Floats) -> float:
    """The AUC of counts by rising risk; both sides must hold somebody."""
    below = np.cumsum(stayed) - stayed / 2
    return float(left @ below / (left.sum() * stayed.sum()))


def _delong(left: Floats, stayed: Floats) -> tuple[float, float]:
    """AUC and its variance from the placements of each side among the other."""
    n_left, n_stayed = left.sum(), stayed.sum()
    placed_left = (np.cumsum(stayed) - stayed / 2) / n_stayed
    placed_stayed = 1 - (np.cumsum(left) - left / 2) / n_left
    value = auc_value(left, stayed)
    spread_left = float(left @ (placed_left - value) ** 2) / (n_left - 1)
    spread_stayed = float(stayed @ (placed_stayed - value) ** 2) / (n_stayed - 1)
    return value, float(spread_left / n_left + spread_stayed / n_stayed)


def _auc_interval(value: float, variance: float, smaller_side: int, level: float) -> Interval:
    if value in (0.0, 1.0):
        return wilson_interval(smaller_side * value, smaller_side, level)
    logit = math.log(value / (1 - value))
    half = z_for(level) * math.sqrt(variance) / (value * (1 - value))
    low, high = _expit(logit - half), _expit(logit + half)
    return Interval(min(low, value), max(high, value), level, "DeLong logit")


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def average_precision(
    counts: RiskCounts, *, seed: int, resamples: int = RESAMPLES, level: float = DEFAULT_LEVEL
) -> Outcome[Measured]:
    """Precision averaged over the recall steps, customers of equal risk taken together; bootstrap interval.

    The base rate is what a ranking that knows nothing reaches.
    """
    return _bootstrapped(counts, average_precision_value, seed, resamples, level)


def average_precision_value(left: Floats, stayed: Floats) -> float:
    """Average precision of counts by rising risk; somebody must have left."""
    found, taken = np.cumsum(left[::-1]), np.cumsum((left + stayed)[::-1])
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return float(precision @ left[::-1] / left.sum())


def lift(
    counts: RiskCounts,
    *,
    seed: int,
    worst_share: float = 0.1,
    resamples: int = RESAMPLES,
    level: float = DEFAULT_LEVEL,
) -> Outcome[Measured]:
    """How many times more of the worst tenth left than of all; 1 is chance. Bootstrap interval.

    Customers tied at the border count by the share of them that fits, the mean of all ways to break it.
    """
    if not 0 < worst_share <= 1:
        raise ValueError("the worst share lies above 0 and at most at 1")

    def measure(left: Floats, stayed: Floats) -> float:
        return lift_value(left, stayed, worst_share)

    return _bootstrapped(counts, measure, seed, resamples, level)


def lift_value(left: Floats, stayed: Floats, worst_share: float) -> float:
    """Lift of the worst share of counts by rising risk; somebody must have left."""
    everyone = (left + stayed)[::-1]
    room = worst_share * everyone.sum()
    taken = np.clip(room - (np.cumsum(everyone) - everyone), 0, everyone)
    share = np.divide(taken, everyone, out=np.zeros_like(taken), where=everyone > 0)
    return float(share @ left[::-1] / left.sum() / worst_share)


def _bootstrapped(
    counts: RiskCounts,
    measure: Callable[[Floats, Floats], float],
    seed: int,
    resamples: int,
    level: float,
) -> Outcome[Measured]:
    """A measure with its percentile interval, widened where needed to hold the point."""
    lacking = counts.lacking()
    if lacking is not None:
        return lacking
    left, stayed = counts.columns()
    value = measure(left, stayed)
    draws = [measure(*drawn) for drawn in _resampled(left, stayed, seed, resamples)]
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    interval = Interval(min(float(low), value), max(float(high), value), level, "bootstrap")
    return Answer(Measured(value, interval, counts.left_total, counts.stayed_total))


def _resampled(left: Floats, stayed: Floats, seed: int, resamples: int) -> Iterator[tuple[Floats, Floats]]:
    """Draws of both sides apart, so no draw is without anybody who left."""
    chance = np.random.default_rng(seed)
    sides = [(int(side.sum()), side / side.sum()) for side in (left, stayed)]
    for _ in range(resamples):
        first, second = (chance.multinomial(total, shares).astype(np.float64) for total, shares in sides)
        yield first, second


@dataclass(frozen=True, slots=True)
class Confusion:
    """What calling everybody at or above a risk "leaving" gets right and wrong."""

    border: float
    called_and_left: int
    called_and_stayed: int
    missed: int
    rightly_quiet: int

    def precision(self, level: float = DEFAULT_LEVEL) -> Outcome[Rate]:
        """Of those called, how many left."""
        called = self.called_and_left + self.called_and_stayed
        return rate(self.called_and_left, called, level, of="customers called at risk")

    def recall(self, level: float = DEFAULT_LEVEL) -> Outcome[Rate]:
        """Of those who left, how many were called."""
        left = self.called_and_left + self.missed
        return rate(self.called_and_left, left, level, of="customers who left")

    def false_alarm_rate(self, level: float = DEFAULT_LEVEL) -> Outcome[Rate]:
        """Of those who stayed, how many were called."""
        stayed = self.called_and_stayed + self.rightly_quiet
        return rate(self.called_and_stayed, stayed, level, of="customers who stayed")


def confusion_at(counts: RiskCounts, border: float) -> Confusion:
    """Counts on both sides of a border; a risk equal to it is called.

    With risk = -score and border = -40, a score of 40 is called; status borders are exclusive, so hand in
    `math.nextafter(-40, 0)` to call only scores under 40.
    """
    called = [risk >= border for risk in counts.risks]
    left = sum(n for n, c in zip(counts.left, called, strict=True) if c)
    stayed = sum(n for n, c in zip(counts.stayed, called, strict=True) if c)
    return Confusion(border, left, stayed, counts.left_total - left, counts.stayed_total - stayed)
