"""From pooled counts to measures with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tenure.model.health import HealthStatus
from tenure.services.backtest.results import Border, Prediction
from tenure.stats.clustered import (
    ClusteredCounts,
    Measure,
    auc_or_nan,
    average_precision_or_nan,
    clustered_measures,
    lift_or_nan,
    share_or_nan,
)
from tenure.stats.proportions import wilson_interval
from tenure.stats.ranking import Floats, Measured
from tenure.stats.result import (
    Answer,
    Interval,
    NoAnswer,
    Outcome,
    Rate,
    not_enough_customers,
    nothing_to_divide,
    one_sided,
)

if TYPE_CHECKING:
    import pyarrow as pa

ENOUGH_LEFT = 20
"""So many different customers must have left before a segment is judged; below it an interval says next to nothing."""

FEWEST_LEFT = 2


@dataclass(frozen=True, slots=True)
class People:
    """Different customers behind the scores."""

    customers: int
    left: int
    involuntary: int


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The venture's status borders (M2)."""

    healthy: float
    at_risk: float


class Judge:
    """Judges one set of pooled counts: the columns of `PooledScores.counts`, without the segment."""

    def __init__(self, counts: pa.Table, thresholds: Thresholds, seed: int) -> None:
        sides = [_floats(counts, name) for name in ("left", "stayed")]
        self._counts = ClusteredCounts.from_columns(counts["bucket"].to_numpy(), -_floats(counts, "total"), *sides)
        self._thresholds, self._seed = thresholds, seed
        self._at_borders = _status_counts(counts)

    def prediction(self, people: People) -> Prediction:
        """Every measure, or the reason it has none."""
        whole = self._counts.pooled()
        found = self._measured(
            self._counts,
            {
                "auc": auc_or_nan,
                "average_precision": average_precision_or_nan,
                "lift": lift_or_nan,
                "base_rate": lambda left, stayed: share_or_nan(left.sum(), left.sum() + stayed.sum()),
            },
        )
        base = found["base_rate"]
        lacking = _lacking(people)
        return Prediction(
            customers=people.customers,
            customers_left=people.left,
            customers_left_involuntary=people.involuntary,
            scores=whole.customers,
            scores_before_leaving=whole.left_total,
            base_rate=_rate(whole.left_total, whole.customers, base, people.customers, "scores"),
            auc=_ranked(found["auc"], lacking, people),
            average_precision=_ranked(found["average_precision"], lacking, people),
            lift_worst_tenth=_ranked(found["lift"], lacking, people),
            borders=tuple(self._border(name, people) for name in self._at_borders),
        )

    def _measured(self, counts: ClusteredCounts, measures: Mapping[str, Measure]) -> dict[str, Measured | None]:
        return clustered_measures(counts, measures, seed=self._seed)

    def _border(self, name: str, people: People) -> Border:
        counts = self._at_borders[name]
        rates = self._measured(counts, {"precision": _precision, "recall": _recall, "false_alarms": _false_alarms})
        whole = counts.pooled()
        left, stayed = (dict(zip(whole.risks, side, strict=True)) for side in (whole.left, whole.stayed))
        hits, alarms, missed, quiet = left.get(1.0, 0), stayed.get(1.0, 0), left.get(0.0, 0), stayed.get(0.0, 0)
        limits = {HealthStatus.at_risk.value: self._thresholds.healthy, HealthStatus.critical.value: self._thresholds.at_risk}
        return Border(
            border=name,
            below=limits[name],
            called_and_left=hits,
            called_and_stayed=alarms,
            missed=missed,
            rightly_quiet=quiet,
            precision=_rate(hits, hits + alarms, rates["precision"], people.customers, "scores below the border"),
            recall=_rate(hits, hits + missed, rates["recall"], people.left, "scores before leaving"),
            false_alarms=_rate(alarms, alarms + quiet, rates["false_alarms"], people.customers, "scores without leaving"),
        )


def _status_counts(counts: pa.Table) -> dict[str, ClusteredCounts]:
    """By border: risk 1 for scores below it, 0 for the others."""
    status = np.asarray(counts["health_status"].to_pylist(), dtype=object)
    called = {
        HealthStatus.at_risk.value: status != HealthStatus.healthy.value,
        HealthStatus.critical.value: status == HealthStatus.critical.value,
    }
    return {name: _two_sided(counts, is_called) for name, is_called in called.items()}


def _two_sided(counts: pa.Table, is_called: NDArray[np.bool_]) -> ClusteredCounts:
    """Counts at the risks 0 and 1; both are there even where nobody has one of them."""
    left, stayed = (np.append(_floats(counts, name), [0.0, 0.0]) for name in ("left", "stayed"))
    groups = np.append(counts["bucket"].to_numpy(), np.repeat(counts["bucket"].to_numpy()[:1], 2))
    return ClusteredCounts.from_columns(groups, np.append(is_called, [False, True]), left, stayed)


def _floats(counts: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(counts[name].to_numpy(), dtype=np.float64)


def _lacking(people: People) -> NoAnswer | None:
    stayed = people.customers - people.left
    if people.left == 0:
        return one_sided("Nobody left within the window.")
    return not_enough_customers(people.left, FEWEST_LEFT) if people.left < FEWEST_LEFT or stayed < 0 else None


def _ranked(found: Measured | None, lacking: NoAnswer | None, people: People) -> Outcome[Measured]:
    if lacking is not None:
        return lacking
    if found is None:
        return one_sided("Everybody left within the window.")
    if found.interval.width > 0 or found.value not in (0.0, 1.0):
        return Answer(found)
    # a perfect ranking is perfect in every draw: what is left is how few customers it rests on
    return Answer(Measured(found.value, wilson_interval(people.left * found.value, people.left), found.left, found.stayed))


def _rate(count: int, total: int, found: Measured | None, people: int, of: str) -> Outcome[Rate]:
    """A share of scores whose interval is that of the customers behind them."""
    if found is None or total == 0:
        return nothing_to_divide(f"the number of {of}")
    interval = found.interval
    if interval.width == 0 and people > 0:
        interval = wilson_interval(people * count / total, people)
        interval = Interval(min(interval.low, count / total), max(interval.high, count / total), interval.level, interval.method)
    return Answer(Rate(count, total, count / total, interval))


def _called(side: Floats) -> float:
    """How many are at the last of two risks, 0 and 1."""
    return float(side[-1])


def _precision(left: Floats, stayed: Floats) -> float:
    return share_or_nan(_called(left), _called(left) + _called(stayed))


def _recall(left: Floats, stayed: Floats) -> float:
    return share_or_nan(_called(left), float(left.sum()))


def _false_alarms(left: Floats, stayed: Floats) -> float:
    return share_or_nan(_called(stayed), float(stayed.sum()))
