"""When something falls due: out of the customer's quiet hours (A10), on working days (A17), in the right zone (R7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tenure.clock import from_us, to_us
from tenure.model.cards import CustomerCard
from tenure.parameters import ParameterSet

MORNING_HOUR = 10
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LONGEST_QUIET_DAYS = 14


def zone_of(card: CustomerCard | None, parameters: ParameterSet) -> ZoneInfo:
    """The customer's zone, else the venture's."""
    own = _zone(card.timezone) if card is not None and card.timezone else None
    return own or _zone(parameters.text("venture_timezone")) or ZoneInfo("UTC")


def out_of_quiet_hours(at_us: int, card: CustomerCard | None, parameters: ParameterSet) -> int:
    """A due time as it is, or moved to 10:00 of the next allowed day when it lies in the customer's quiet hours (A10)."""
    quiet, zone = parameters.quiet_hours(), zone_of(card, parameters)
    local = from_us(at_us).astimezone(zone)
    if not quiet.covers(local.hour, weekend=local.weekday() >= 5):
        return at_us
    for days in range(_LONGEST_QUIET_DAYS):
        morning = _at_hour(local + timedelta(days=days), MORNING_HOUR)
        allowed = not quiet.covers(MORNING_HOUR, weekend=morning.weekday() >= 5)
        if allowed and to_us(morning) > at_us:
            return to_us(morning)
    return at_us


def is_working_day(at_us: int, parameters: ParameterSet) -> bool:
    """Whether the venture works on the day of this time."""
    local = from_us(at_us).astimezone(zone_of(None, parameters))
    return WEEKDAYS[local.weekday()] in parameters.names("working_days")


def next_day_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's next day."""
    local = from_us(at_us).astimezone(zone_of(None, parameters))
    return to_us(_at_hour(local + timedelta(days=1), 0))


def day_start_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's day."""
    return to_us(_at_hour(from_us(at_us).astimezone(zone_of(None, parameters)), 0))


def month_start_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's calendar month."""
    return to_us(_at_hour(from_us(at_us).astimezone(zone_of(None, parameters)).replace(day=1), 0))


def meeting_us(at_us: int, in_days: int, card: CustomerCard, parameters: ParameterSet) -> int:
    """A meeting to propose: 10:00 of the first allowed day so many days ahead, in the customer's zone."""
    ahead = from_us(at_us).astimezone(zone_of(card, parameters)) + timedelta(days=in_days)
    return out_of_quiet_hours(to_us(_at_hour(ahead, MORNING_HOUR)), card, parameters)


def in_words(at_us: int, card: CustomerCard, parameters: ParameterSet) -> str:
    """`Tuesday 6 January, 10:00 (Europe/Vienna)`."""
    zone = zone_of(card, parameters)
    local = from_us(at_us).astimezone(zone)
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}, {local:%H:%M} ({zone.key})"


def _at_hour(local: datetime, hour: int) -> datetime:
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
