"""A whole fleet falling at once is a broken pipe (A4)."""

from __future__ import annotations

from tenure.clock import DAY_US, HOUR_US
from tenure.rules.triggers.fleet import Falls, FleetDrop, fleet_drop

NOW = 20_514 * DAY_US


def drop(falls: list[Falls], scored: int = 1_000, first_us: int = 0) -> FleetDrop | None:
    return fleet_drop(falls, scored, NOW, percent=20, least_customers=20, first_us=first_us)


def fell(count: int, hours_ago: float, run: int = 1) -> Falls:
    return Falls(run_id=run, as_of_us=NOW - round(hours_ago * HOUR_US), fallen=count)


def test_A4_more_than_20_percent_of_all_scored_customers_trip_it() -> None:
    assert drop([fell(200, 1)]) is None
    assert drop([fell(201, 1)]) == FleetDrop(fallen=201, usual=0.0, scored=1_000, worst_run=1)


def test_A4_falls_are_added_over_a_rolling_24_hours() -> None:
    assert drop([fell(150, 23, run=7), fell(60, 1, run=8)]) == FleetDrop(fallen=210, usual=0.0, scored=1_000, worst_run=7)
    assert drop([fell(150, 24, run=7), fell(60, 1, run=8)]) is None


def test_A4_fewer_than_20_customers_never_do() -> None:
    assert drop([fell(19, 1)], scored=19) is None
    assert drop([fell(20, 1)], scored=20) is not None


def test_A4_three_touched_and_one_changed_is_no_third_of_the_venture() -> None:
    assert drop([fell(1, 0)], scored=500) is None


def test_A4_what_is_usual_on_that_weekday_is_taken_off() -> None:
    weeks = [fell(count, 24 * 7 * week + 3) for week, count in enumerate((100, 50, 60, 500), start=1)]
    assert drop([*weeks, fell(280, 1, run=9)]) is None, "280 less the median 80 is 200"
    assert drop([*weeks, fell(281, 1, run=9)]) == FleetDrop(fallen=281, usual=80.0, scored=1_000, worst_run=9)


def test_A4_weeks_before_the_first_run_are_not_compared() -> None:
    assert drop([fell(100, 24 * 7 + 3), fell(290, 1)], first_us=NOW - 9 * DAY_US) is None
    assert drop([fell(100, 24 * 7 + 3), fell(301, 1)], first_us=NOW - 9 * DAY_US) is not None
