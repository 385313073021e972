"""Quiet hours in every zone there is, changes of the clock included (R7, A10)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.clock import DAY_US, HOUR_US, MINUTE_US, from_us, to_us
from tenure.parameters.values import QuietHours
from tenure.rules.working_time import RESUME_HOUR, is_quiet, next_allowed_us

ZONES = sorted(available_timezones())
FIRST, LAST = to_us(datetime(2000, 1, 1, tzinfo=UTC)), to_us(datetime(2045, 1, 1, tzinfo=UTC))
HOURS = st.integers(0, 23)
QUIET = st.builds(QuietHours, HOURS, HOURS, st.booleans()).filter(lambda q: q.start_hour != q.end_hour or q.start_hour == 0)
USUAL = QuietHours(20, 8, weekends=True)


@settings(max_examples=500)
@given(zone=st.sampled_from(ZONES), at_us=st.integers(FIRST, LAST), quiet=QUIET)
def test_R7_what_is_allowed_is_never_quiet(zone: str, at_us: int, quiet: QuietHours) -> None:
    where = ZoneInfo(zone)
    moved = next_allowed_us(at_us, where, quiet)
    local = from_us(moved).astimezone(where)
    assert moved >= at_us
    assert not quiet.covers(local.hour, weekend=local.weekday() >= 5)
    assert (moved == at_us) == (not is_quiet(at_us, where, quiet))
    assert next_allowed_us(moved, where, quiet) == moved


@settings(max_examples=500)
@given(zone=st.sampled_from(ZONES), at_us=st.integers(FIRST, LAST))
def test_A10_a_moved_time_is_ten_in_the_morning_and_within_four_days(zone: str, at_us: int) -> None:
    where = ZoneInfo(zone)
    moved = next_allowed_us(at_us, where, USUAL)
    if moved != at_us:
        assert from_us(moved).astimezone(where).hour in (RESUME_HOUR, RESUME_HOUR + 1)  # a skipped hour lands after it
        assert moved - at_us <= 4 * DAY_US


def test_the_nights_in_which_clocks_change_are_quiet_to_the_minute() -> None:
    where = ZoneInfo("Europe/Berlin")
    for night in (datetime(2026, 3, 29, tzinfo=where), datetime(2026, 10, 25, tzinfo=where)):
        start = to_us(night.astimezone(UTC))
        for at_us in range(start, start + 26 * HOUR_US, 10 * MINUTE_US):
            local = from_us(at_us).astimezone(where)
            expected = local.hour >= 20 or local.hour < 8
            assert is_quiet(at_us, where, QuietHours(20, 8, weekends=False)) is expected


def test_a_day_that_a_zone_skipped_is_not_waited_for() -> None:
    """Samoa had no 30 December 2011 (a Friday); the night before it ends on Monday."""
    where = ZoneInfo("Pacific/Apia")
    thursday_evening = to_us(datetime(2011, 12, 29, 21, tzinfo=where).astimezone(UTC))
    moved = from_us(next_allowed_us(thursday_evening, where, USUAL)).astimezone(where)
    assert (moved.year, moved.month, moved.day, moved.hour) == (2012, 1, 2, 10)
