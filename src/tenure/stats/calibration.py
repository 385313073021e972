"""Do those given 20 % really leave in one case of five? Expected against observed, in bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tenure.stats.proportions import rate_of
from tenure.stats.ranking import RiskCounts
from tenure.stats.result import DEFAULT_LEVEL, Answer, Outcome, Rate, not_enough_customers

BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Customers whose probability lies in [low, high) (the last bin holds its high end too)."""

    low: float
    high: float
    expected: float
    observed: Rate

    @property
    def gap(self) -> float:
        """Observed minus expected."""
        return self.observed.value - self.expected


@dataclass(frozen=True, slots=True)
class Calibration:
    """The bins that hold anybody, the expected calibration error and the Brier score."""

    bins: tuple[CalibrationBin, ...]
    expected_calibration_error: float
    brier_score: float
    customers: int


def equal_width_edges(bins: int = BINS) -> tuple[float, ...]:
    """Edges 0, 0.1, ... 1: the usual bins of the expected calibration error."""
    return tuple(i / bins for i in range(bins + 1))


def equal_count_edges(counts: RiskCounts, bins: int = BINS) -> tuple[float, ...]:
    """Edges that put about as many customers in each bin; better where nearly all probabilities are small.

    Equal probabilities stay together, so there may be fewer bins.
    """
    everyone = np.cumsum(np.array(counts.left) + np.array(counts.stayed))
    if not everyone.size or not everyone[-1]:
        return (0.0, 1.0)
    cuts = np.searchsorted(everyone, np.arange(1, bins) / bins * everyone[-1], side="right")
    inner = {counts.risks[min(cut, len(counts.risks) - 1)] for cut in cuts}
    return tuple(sorted({0.0, 1.0} | inner))


def calibration(
    counts: RiskCounts, edges: Sequence[float] | None = None, level: float = DEFAULT_LEVEL
) -> Outcome[Calibration]:
    """Expected against observed per bin; the error is the mean absolute gap, weighted by customers.

    Args:
        counts: whose risks are probabilities of leaving.
        edges: rising, from 0 to 1; ten equal widths if not given.

    Raises:
        ValueError: a risk is no probability, or the edges do not rise from 0 to 1.
    """
    borders = tuple(edges) if edges is not None else equal_width_edges()
    if borders[0] != 0 or borders[-1] != 1 or any(a >= b for a, b in pairwise(borders)):
        raise ValueError("the edges of the bins rise from 0 to 1")
    if counts.customers == 0:
        return not_enough_customers(0, 1)
    chances, left = np.array(counts.risks), np.array(counts.left)
    if chances[0] < 0 or chances[-1] > 1:
        raise ValueError("calibration needs probabilities between 0 and 1")
    everyone = left + np.array(counts.stayed)
    place = np.clip(np.searchsorted(borders, chances, side="right") - 1, 0, len(borders) - 2)
    bins = tuple(
        _bin(borders[i], borders[i + 1], chances[place == i], left[place == i], everyone[place == i], level)
        for i in np.unique(place[everyone > 0])
    )
    error = sum(abs(one.gap) * one.observed.total for one in bins) / counts.customers
    brier = float(left @ (1 - chances) ** 2 + (everyone - left) @ chances**2) / counts.customers
    return Answer(Calibration(bins, error, brier, counts.customers))


def _bin(
    low: float,
    high: float,
    chances: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    left: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    everyone: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    level: float,
) -> CalibrationBin:
    total = int(everyone.sum())
    return CalibrationBin(
        low, high, float(chances @ everyone) / total, rate_of(int(left.sum()), total, level)
    )
