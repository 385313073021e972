"""Measures of a ranking in which one customer stands several times: intervals by resampling customers, not rows.

A customer scored at twelve past dates is twelve rows that tell nearly the same story. Whoever resamples rows gets an
interval several times too narrow. Here customers are split into groups by chance once; whole groups are drawn, and with
them everything their customers did (the bootstrap of clusters: Davison & Hinkley, Bootstrap Methods and their
Application, 1997, section 3.8). With some hundred groups the spread is known to a few percent however many rows there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from tenure.stats.ranking import (
    Floats,
    Measured,
    RiskCounts,
    auc_value,
    average_precision_value,
    lift_value,
)
from tenure.stats.result import DEFAULT_LEVEL, Interval

RESAMPLES = 400
GROUPS = 200
"""How many groups customers are split into: the spread itself is then known to about 10 %."""

METHOD = "bootstrap of customers"
_AT_ONCE = 50

Measure = Callable[[Floats, Floats], float]
"""A number from how many left and stayed at each risk, in ascending order of risk; nan where there is none."""


@dataclass(frozen=True)
class ClusteredCounts:
    """How many left and stayed at each distinct risk, by group of customers.

    `left` and `stayed` are sparse, a row per group and a column per risk; `risks` rise.
    """

    risks: Floats
    left: sparse.csr_array
    stayed: sparse.csr_array

    @classmethod
    def from_columns(
        cls, groups: ArrayLike, risks: ArrayLike, left: ArrayLike, stayed: ArrayLike
    ) -> ClusteredCounts:
        """From one row per group and risk, in any order; the same pair may occur twice.

        Args:
            groups: small integers from 0, the group each row's customers are in.

        Raises:
            ValueError: a risk is not finite.
        """
        heights = np.asarray(risks, dtype=np.float64)
        if not np.isfinite(heights).all():
            raise ValueError("risks are finite")
        distinct, places = np.unique(heights, return_inverse=True)
        _, rows = np.unique(np.asarray(groups, dtype=np.int64), return_inverse=True)
        shape = (int(rows.max(initial=-1)) + 1, len(distinct))
        sides = [_summed(rows, places, np.asarray(side, dtype=np.float64), shape) for side in (left, stayed)]
        return cls(distinct, *sides)

    def pooled(self) -> RiskCounts:
        """The same without the groups."""
        left, stayed = (np.asarray(side.sum(axis=0)).ravel() for side in (self.left, self.stayed))
        return RiskCounts.from_counts(self.risks, left, stayed)

    @property
    def groups(self) -> int:
        """How many groups hold anybody."""
        return int(self.left.shape[0])


def _summed(
    rows: NDArray[np.int64], places: NDArray[np.int64], values: Floats, shape: tuple[int, int]
) -> sparse.csr_array:
    found = sparse.coo_array((values, (rows, places)), shape=shape).tocsr()
    found.eliminate_zeros()
    return found


def clustered_measures(
    counts: ClusteredCounts,
    measures: Mapping[str, Measure],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = DEFAULT_LEVEL,
) -> dict[str, Measured | None]:
    """Each measure with its percentile interval, widened where needed to hold the point; None where it has no value.

    All measures see the same draws. A draw in which a measure has no value (nobody left in it) is not counted.
    """
    whole = counts.pooled()
    left, stayed = whole.columns()
    points = {name: measure(left, stayed) for name, measure in measures.items()}
    draws: dict[str, list[float]] = {name: [] for name in measures}
    for drawn_left, drawn_stayed in _drawn(counts, seed, resamples):
        for name, measure in measures.items():
            draws[name].append(measure(drawn_left, drawn_stayed))
    return {
        name: None if np.isnan(point) else _measured(point, np.array(draws[name]), whole, level)
        for name, point in points.items()
    }


def _measured(point: float, draws: Floats, whole: RiskCounts, level: float) -> Measured:
    usable = draws[~np.isnan(draws)]
    ends = np.quantile(usable, [0.5 - level / 2, 0.5 + level / 2]) if usable.size else np.array([point, point])
    interval = Interval(min(float(ends[0]), point), max(float(ends[1]), point), level, METHOD)
    return Measured(point, interval, whole.left_total, whole.stayed_total)


def _drawn(counts: ClusteredCounts, seed: int, resamples: int) -> Iterator[tuple[Floats, Floats]]:
    """As many groups as there are, drawn with replacement, summed by risk."""
    chance = np.random.default_rng(seed)
    shares = np.full(counts.groups, 1 / max(1, counts.groups))
    for start in range(0, resamples, _AT_ONCE):
        weights = chance.multinomial(counts.groups, shares, size=min(_AT_ONCE, resamples - start))
        sides = [np.asarray((side.T @ weights.T.astype(np.float64)).T) for side in (counts.left, counts.stayed)]
        yield from zip(*sides, strict=True)


def auc_or_nan(left: Floats, stayed: Floats) -> float:
    """The AUC, nan where one side is empty."""
    return auc_value(left, stayed) if left.any() and stayed.any() else float("nan")


def average_precision_or_nan(left: Floats, stayed: Floats) -> float:
    """Average precision, nan where nobody left."""
    return average_precision_value(left, stayed) if left.any() else float("nan")


def lift_or_nan(left: Floats, stayed: Floats, worst_share: float = 0.1) -> float:
    """Lift of the worst share, nan where nobody left."""
    return lift_value(left, stayed, worst_share) if left.any() else float("nan")


def share_or_nan(count: float, total: float) -> float:
    """A share, nan where there is nothing to divide by."""
    return count / total if total > 0 else float("nan")
