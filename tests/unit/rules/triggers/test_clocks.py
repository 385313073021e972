from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tenure.clock import from_us, to_us
from tenure.parameters.values import QuietHours
from tenure.rules.triggers.clocks import moved_clocks, working_days_later

QUIET = QuietHours(20, 8, weekends=True)
UTC_ZONE = ZoneInfo("UTC")
WORKING = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def clocks(day: int, hour: int, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    start = to_us(datetime(2026, 3, day, hour, tzinfo=UTC))
    return [f"{from_us(one):%a %d %H:%M}" for one in moved_clocks(start, (24, 48), zone, QUIET)]


def test_A10_friday_evening_calls_on_monday_and_escalates_on_tuesday() -> None:
    assert clocks(6, 18) == ["Mon 09 10:00", "Tue 10 10:00"]


def test_A10_in_working_hours_the_clocks_run_in_elapsed_time() -> None:
    assert clocks(3, 9) == ["Wed 04 09:00", "Thu 05 09:00"]


def test_A10_a_time_before_the_morning_moves_to_ten_of_the_same_day() -> None:
    assert clocks(3, 3) == ["Wed 04 10:00", "Thu 05 10:00"]


def test_R7_the_quiet_hours_are_the_customers() -> None:
    assert clocks(3, 18, ZoneInfo("Asia/Tokyo")) == ["Thu 05 01:00", "Fri 06 01:00"]


def test_A15_five_working_days_leave_the_weekend_out() -> None:
    start = to_us(datetime(2026, 3, 5, 15, tzinfo=UTC))
    assert from_us(working_days_later(start, 5, WORKING, UTC_ZONE)) == datetime(2026, 3, 12, 15, tzinfo=UTC)
    assert from_us(working_days_later(start, 5, (), UTC_ZONE)) == datetime(2026, 3, 10, 15, tzinfo=UTC)
