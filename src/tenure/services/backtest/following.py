"""What followed each band of scores: observed rates, calibration out of time, and days of warning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tenure.clock import DAY_US
from tenure.model.health import HealthStatus
from tenure.services.backtest.results import ScoreBand, Warned
from tenure.stats.calibration import Calibration, calibration, equal_count_edges
from tenure.stats.proportions import rate
from tenure.stats.ranking import RiskCounts
from tenure.stats.result import Answer, Outcome, not_enough_customers, not_mature_yet, one_sided

BAND_WIDTH = 10
Row = dict[str, Any]


def score_bands(rows: Iterable[Row]) -> tuple[ScoreBand, ...]:
    """All dates together, every band from 0-10 to 90-100."""
    left, stayed = [0] * 10, [0] * 10
    for row in rows:
        left[row["band"]] += row["left"]
        stayed[row["band"]] += row["stayed"]
    return tuple(ScoreBand(BAND_WIDTH * i, BAND_WIDTH * (i + 1), left[i], stayed[i]) for i in range(10))


def calibration_out_of_time(rows: Sequence[Row], within_days: int) -> Outcome[Calibration]:
    """Expected: how many of a band left in the earlier half of the dates. Observed: how many did in the later half.

    Only earlier dates count whose window was over when the later half began, so nothing is foreseen. A band nobody
    was in before is expected to leave like everybody before.
    """
    dates = sorted({row["at_us"] for row in rows})
    if len(dates) < 2:
        return not_mature_yet("Calibration needs at least two dates: one to expect from, one to observe.")
    first_later_us = dates[(len(dates) + 1) // 2]
    over_us = first_later_us - within_days * DAY_US
    earlier = score_bands(row for row in rows if row["at_us"] <= over_us)
    later = score_bands(row for row in rows if row["at_us"] >= first_later_us)
    before_left = sum(band.left for band in earlier)
    if not any(band.left + band.stayed for band in earlier):
        return not_mature_yet("No earlier date has a window that was over when the later half of the dates began.")
    if before_left == 0:
        return one_sided("Nobody left in the earlier half of the dates, so nothing can be expected.")
    overall = before_left / sum(band.left + band.stayed for band in earlier)
    expected = [band.left / (band.left + band.stayed) if band.left + band.stayed else overall for band in earlier]
    counts = RiskCounts.from_counts(expected, [band.left for band in later], [band.stayed for band in later])
    return calibration(counts, equal_count_edges(counts))


def days_of_warning(rows: Sequence[Row]) -> tuple[Warned, ...]:
    """By border: of those who left, how many were below it when last scored, and for how long."""
    return tuple(
        _warned(border.value, [row for row in rows if row["border"] == border.value])
        for border in (HealthStatus.at_risk, HealthStatus.critical)
    )


def _warned(border: str, rows: Sequence[Row]) -> Warned:
    left = sum(row["customers"] for row in rows)
    days = sorted((row["days"], row["customers"]) for row in rows if row["days"] is not None)
    warned = sum(customers for _, customers in days)
    middle = _median(days, warned)
    return Warned(
        border=border,
        left=left,
        warned=rate(warned, left, of="the number of customers who left"),
        median_days=not_enough_customers(0, 1) if middle is None else Answer(middle),
    )


def _median(days: Sequence[tuple[int, int]], total: int) -> float | None:
    """Of sorted (value, how often): the middle one, or the mean of the two middle ones."""
    if total == 0:
        return None
    places = ((total - 1) // 2, total // 2)
    found = [_at_place(days, place) for place in places]
    return sum(found) / 2


def _at_place(days: Sequence[tuple[int, int]], place: int) -> int:
    seen = 0
    for value, customers in days:
        seen += customers
        if place < seen:
            return value
    raise IndexError(place)
