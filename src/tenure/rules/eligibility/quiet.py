"""Quiet hours in the customer's own zone (R7), and where a due time inside them moves to (A10)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tenure.clock import DAY_US, HOUR_US, from_us, to_us
from tenure.parameters.values import QuietHours

RESUME_HOUR = 10
"""Moved due times land at 10:00: not the first minute of the day (A10)."""
_DAYS_SEARCHED = 8


@lru_cache(maxsize=1024)
def zone_of(customer_zone: str | None, venture_zone: str) -> ZoneInfo:
    """The customer's zone, else the venture's, where the customer's is missing or unknown."""
    for name in (customer_zone, venture_zone):
        if name:
            try:
                return ZoneInfo(name)
            except (ValueError, OSError, KeyError):
                continue
    return ZoneInfo("UTC")


@lru_cache(maxsize=65_536)
def is_quiet(at_us: int, zone: ZoneInfo, quiet: QuietHours) -> bool:
    """Whether nothing customer-facing may leave at this time."""
    local = from_us(at_us).astimezone(zone)
    return quiet.covers(local.hour, weekend=local.weekday() >= 5)


@lru_cache(maxsize=65_536)
def next_allowed(at_us: int, zone: ZoneInfo, quiet: QuietHours) -> int:
    """The time itself when it is not quiet, else 10:00 of the next allowed day in that zone (A10).

    "Next allowed day" may be the same one, for a time before its morning. Where 10:00 is itself always quiet the first
    hour that is not counts instead.
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
    return _next_hour(at_us, zone, quiet)


def _next_hour(at_us: int, zone: ZoneInfo, quiet: QuietHours) -> int:
    quarter = HOUR_US // 4  # zones are whole quarters of an hour apart, so no allowed hour is stepped over
    first = (at_us // quarter + 1) * quarter
    for candidate in range(first, first + _DAYS_SEARCHED * DAY_US, quarter):
        if not is_quiet(candidate, zone, quiet):
            return candidate
    return first + _DAYS_SEARCHED * DAY_US
