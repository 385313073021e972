"""What followed each band of scores, and how early the warning was."""

from __future__ import annotations

from typing import Any

from tenure.clock import DAY_US
from tenure.services.backtest.following import calibration_out_of_time, days_of_warning, score_bands
from tenure.stats.result import Answer, NoAnswer, Reason


def row(day: int, band: int, left: int, stayed: int) -> dict[str, Any]:
    return {"at_us": day * DAY_US, "band": band, "left": left, "stayed": stayed}


def warned(border: str, days: int | None, customers: int) -> dict[str, Any]:
    return {"border": border, "days": days, "customers": customers}


def test_bands_add_up_over_dates() -> None:
    bands = score_bands([row(0, 3, 1, 9), row(14, 3, 2, 8), row(14, 9, 0, 5)])
    assert len(bands) == 10
    assert (bands[3].low, bands[3].high, bands[3].left, bands[3].stayed) == (30, 40, 3, 17)
    assert (bands[9].left, bands[9].stayed) == (0, 5)


def test_what_is_expected_comes_only_from_windows_that_were_over() -> None:
    """Day 20 is before the later half, but its window ends after the later half began: it must not be used."""
    rows = [row(0, 3, 10, 90), row(20, 3, 50, 50), row(30, 3, 20, 80), row(60, 3, 20, 80)]
    found = calibration_out_of_time(rows, within_days=28)
    assert isinstance(found, Answer)
    assert [(one.expected, one.observed.value) for one in found.value.bins] == [(0.1, 0.2)]
    assert found.value.expected_calibration_error == 0.1


def test_a_band_nobody_was_in_before_is_expected_to_leave_like_everybody() -> None:
    found = calibration_out_of_time([row(0, 3, 10, 90), row(40, 7, 5, 95)], within_days=28)
    assert isinstance(found, Answer)
    assert found.value.bins[0].expected == 0.1


def test_calibration_without_a_past_is_no_answer_by_name() -> None:
    one_date = calibration_out_of_time([row(0, 3, 1, 9)], 28)
    too_near = calibration_out_of_time([row(0, 3, 1, 9), row(14, 3, 1, 9)], 28)
    nobody_left = calibration_out_of_time([row(0, 3, 0, 9), row(40, 3, 1, 9)], 28)
    reasons = [found.reason for found in (one_date, too_near, nobody_left) if isinstance(found, NoAnswer)]
    assert reasons == [Reason.NOT_MATURE_YET, Reason.NOT_MATURE_YET, Reason.ONE_SIDED]


def test_the_middle_of_the_days_of_warning_counts_customers() -> None:
    rows = [warned("critical", 3, 5), warned("critical", 40, 1), warned("critical", None, 4), warned("at_risk", 10, 1)]
    at_risk, critical = days_of_warning(rows)
    assert (at_risk.border, critical.border) == ("at_risk", "critical")
    assert (critical.left, critical.median_days) == (10, Answer(3.0))
    assert isinstance(critical.warned, Answer)
    assert (critical.warned.value.count, critical.warned.value.total) == (6, 10)


def test_an_even_number_of_warnings_takes_the_mean_of_the_two_in_the_middle() -> None:
    _, critical = days_of_warning([warned("critical", 4, 1), warned("critical", 7, 1)])
    assert critical.median_days == Answer(5.5)


def test_nobody_who_left_is_no_answer() -> None:
    for found in days_of_warning([]):
        assert isinstance(found.warned, NoAnswer)
        assert isinstance(found.median_days, NoAnswer)
