"""Clocks that respect nights and weekends: due times out of quiet hours (A10), working days (A15), answers in working hours (K4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tenure.clock import DAY_US, HOUR_US, from_us, to_us
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.parameters.values import QuietHours

RESUME_HOUR = 10
"""Moved due times land at 10:00: not the first minute of the day (A10)."""
_SATURDAY = 5
_DAYS_SEARCHED = 8
_FARTHEST_DAYS = 14


@lru_cache(maxsize=1024)
def zone_of(name: str | None, fallback: str = "UTC") -> ZoneInfo:
    """The zone of that name, where it is missing or unknown the fallback's, else UTC (R7)."""
    for one in (name, fallback):
        if one:
            try:
                return ZoneInfo(one)
            except (ValueError, OSError, KeyError):
                continue
    return ZoneInfo("UTC")


def local(moment_us: int, zone: ZoneInfo) -> datetime:
    return from_us(moment_us).astimezone(zone)


def local_day(moment_us: int, zone: ZoneInfo) -> str:
    """The date there, `2026-03-02`: part of keys that hold once a day."""
    return local(moment_us, zone).date().isoformat()


def at_hour_us(moment_us: int, zone: ZoneInfo, hour: int) -> int:
    """That hour of the same day there."""
    return to_us(local(moment_us, zone).replace(hour=hour, minute=0, second=0, microsecond=0))


@lru_cache(maxsize=65_536)
def is_quiet(at_us: int, zone: ZoneInfo, quiet: QuietHours) -> bool:
    """Whether nothing customer-facing may leave at this time."""
    local = from_us(at_us).astimezone(zone)
    return quiet.covers(local.hour, weekend=local.weekday() >= _SATURDAY)


@lru_cache(maxsize=65_536)
def next_allowed_us(at_us: int, zone: ZoneInfo, quiet: QuietHours) -> int:
    """The time itself when it is not quiet, else 10:00 of the next allowed day in that zone (A10).

    "Next allowed day" may be the same one, for a time before its morning. Where 10:00 is itself always quiet the first
    hour that is not counts instead; where every hour is quiet nothing moves.
    """
    if not is_quiet(at_us, zone, quiet):
        return at_us
    today = from_us(at_us).astimezone(zone).date()
    for ahead in range(_DAYS_SEARCHED + 1):
        morning = datetime.combine(today + timedelta(days=ahead), time(RESUME_HOUR), zone)
        # a day or hour that a change of the clock leaves out lands elsewhere: asked again as an instant
        candidate = to_us(morning.astimezone(UTC))
        if candidate > at_us and not is_quiet(candidate, zone, quiet):
            return candidate
    return _next_hour_us(at_us, zone, quiet)


def _next_hour_us(at_us: int, zone: ZoneInfo, quiet: QuietHours) -> int:
    quarter = HOUR_US // 4  # zones are whole quarters of an hour apart, so no allowed hour is stepped over
    first = (at_us // quarter + 1) * quarter
    for candidate in range(first, first + _DAYS_SEARCHED * DAY_US, quarter):
        if not is_quiet(candidate, zone, quiet):
            return candidate
    return at_us


def clocks_us(start_us: int, hours: Sequence[float], zone: ZoneInfo, quiet: QuietHours) -> tuple[int, ...]:
    """Due times of several clocks in elapsed hours from `start_us`, in order; one that moves takes the later ones along.

    A10: an alert on Friday 18:00 makes the call (24 h) due on Monday 10:00 and the escalation (48 h) on Tuesday 10:00.
    """
    found: list[int] = []
    at_us, passed = start_us, 0.0
    for one in hours:
        at_us = next_allowed_us(at_us + round((one - passed) * HOUR_US), zone, quiet)
        passed = one
        found.append(at_us)
    return tuple(found)


def is_working(moment_us: int, zone: ZoneInfo, working_days: Collection[str], quiet: QuietHours) -> bool:
    moment = local(moment_us, zone)
    return WEEKDAYS[moment.weekday()] in working_days and not quiet.covers(moment.hour, weekend=False)


def working_days_after_us(start_us: int, days: int, zone: ZoneInfo, working_days: Collection[str]) -> int:
    """The same hour, so many working days later; without any working day, calendar days."""
    moment = local(start_us, zone)
    left = days
    while left > 0:
        moment += timedelta(days=1)
        if not working_days or WEEKDAYS[moment.weekday()] in working_days:
            left -= 1
    return to_us(moment)


def working_hours_after_us(
    start_us: int, hours: int, zone: ZoneInfo, working_days: Collection[str], quiet: QuietHours
) -> int:
    """K4: an answer expected in so many hours of working time; 24 hours are one working day.

    The clock starts at the next working hour, counts whole working days first and then hours outside quiet hours.
    """
    at_us = _next_working_us(start_us, zone, working_days, quiet)
    days, left = divmod(hours, 24)
    at_us = working_days_after_us(at_us, days, zone, working_days)
    while left > 0:
        at_us += HOUR_US
        if is_working(at_us - 1, zone, working_days, quiet):
            left -= 1
    return at_us


def _next_working_us(start_us: int, zone: ZoneInfo, working_days: Collection[str], quiet: QuietHours) -> int:
    """`start_us`, or the beginning of the next working hour."""
    at_us = start_us
    for _ in range(24 * _FARTHEST_DAYS):
        if is_working(at_us, zone, working_days, quiet):
            return at_us
        at_us += HOUR_US - at_us % HOUR_US
    return start_us
