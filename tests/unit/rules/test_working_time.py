"""Clocks that respect nights and weekends (A10, K4, R7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tenure.clock import HOUR_US, from_us, to_us
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.parameters.values import QuietHours
from tenure.rules.working_time import (
    clocks_us,
    next_allowed_us,
    working_days_after_us,
    working_hours_after_us,
    zone_of,
)

QUIET = QuietHours(20, 8, weekends=True)
UTC_ZONE = zone_of("UTC")
VIENNA = zone_of("Europe/Vienna")
WORKING = WEEKDAYS[:5]


def us(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def text(moment_us: int) -> str:
    return f"{from_us(moment_us):%a %H:%M}"


def test_a10_friday_evening_makes_a_call_on_monday_at_ten_and_an_escalation_on_tuesday_at_ten() -> None:
    call, escalation = clocks_us(us("2026-03-06 18:00"), (24, 48), UTC_ZONE, QUIET)
    assert (text(call), text(escalation)) == ("Mon 10:00", "Tue 10:00")


@pytest.mark.parametrize(
    ("due", "moved"),
    [
        ("2026-03-02 19:59", "Mon 19:59"),
        ("2026-03-02 20:00", "Tue 10:00"),
        ("2026-03-03 03:00", "Tue 10:00"),
        ("2026-03-03 08:00", "Tue 08:00"),
        ("2026-03-06 20:00", "Mon 10:00"),
    ],
)
def test_a10_a_due_time_in_quiet_hours_moves_to_ten_of_the_next_allowed_day(due: str, moved: str) -> None:
    assert text(next_allowed_us(us(due), UTC_ZONE, QUIET)) == moved


def test_r7_quiet_hours_are_the_customers() -> None:
    assert text(next_allowed_us(us("2026-03-02 19:30"), VIENNA, QUIET)) == "Tue 09:00"  # 20:30 there -> 10:00 there


def test_where_ten_is_quiet_the_end_of_quiet_hours_counts_and_where_all_is_nothing_moves() -> None:
    assert text(next_allowed_us(us("2026-03-02 02:00"), UTC_ZONE, QuietHours(22, 11, weekends=False))) == "Mon 11:00"
    always = QuietHours(0, 24, weekends=True)
    assert next_allowed_us(us("2026-03-02 02:00"), UTC_ZONE, always) == us("2026-03-02 02:00")


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02 10:00", 4, "Mon 14:00"),
        ("2026-03-06 18:00", 4, "Mon 10:00"),
        ("2026-03-07 12:00", 4, "Mon 12:00"),
        ("2026-03-06 10:00", 24, "Mon 10:00"),
        ("2026-03-02 10:00", 168, "Wed 10:00"),
    ],
)
def test_k4_an_answer_is_expected_in_working_hours(start: str, hours: int, due: str) -> None:
    assert text(working_hours_after_us(us(start), hours, UTC_ZONE, WORKING, QUIET)) == due


def test_a15_working_days_skip_the_weekend_and_keep_the_hour_over_a_change_of_clocks() -> None:
    start = us("2026-03-27 09:00")  # Friday; Vienna changes its clocks on Sunday
    assert working_days_after_us(start, 1, VIENNA, WORKING) == start + 71 * HOUR_US


def test_an_unknown_zone_is_the_fallbacks() -> None:
    assert zone_of("Mars/Olympus", "Europe/Vienna").key == zone_of(None, "Europe/Vienna").key == "Europe/Vienna"


def test_A10_before_the_morning_a_clock_moves_to_ten_of_the_same_day_and_takes_the_later_ones_along() -> None:
    assert [text(one) for one in clocks_us(us("2026-03-03 03:00"), (24, 48), UTC_ZONE, QUIET)] == ["Wed 10:00", "Thu 10:00"]
    assert [text(one) for one in clocks_us(us("2026-03-03 09:00"), (24, 48), UTC_ZONE, QUIET)] == ["Wed 09:00", "Thu 09:00"]


def test_R7_the_quiet_hours_are_the_customers() -> None:
    assert [text(one) for one in clocks_us(us("2026-03-03 18:00"), (24, 48), zone_of("Asia/Tokyo"), QUIET)] == ["Thu 01:00", "Fri 01:00"]


def test_A15_five_working_days_leave_the_weekend_out() -> None:
    start = us("2026-03-05 15:00")
    assert working_days_after_us(start, 5, UTC_ZONE, WORKING) == us("2026-03-12 15:00")
    assert working_days_after_us(start, 5, UTC_ZONE, ()) == us("2026-03-10 15:00")
