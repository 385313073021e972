"""When something falls due: out of the customer's quiet hours (A10), on working days (A17), in the right zone (R7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenure.clock import from_us, to_us
from tenure.model.cards import CustomerCard
from tenure.parameters import ParameterSet
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.rules.eligibility.quiet import RESUME_HOUR, next_allowed, zone_of

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def customer_zone(card: CustomerCard, parameters: ParameterSet) -> ZoneInfo:
    """The customer's zone, else the venture's."""
    return zone_of(card.timezone, parameters.text("venture_timezone"))


def venture_zone(parameters: ParameterSet) -> ZoneInfo:
    """The zone of working days, months and digests."""
    return zone_of(None, parameters.text("venture_timezone"))


def out_of_quiet_hours(at_us: int, card: CustomerCard, parameters: ParameterSet) -> int:
    """A due time as it is, or moved to 10:00 of the next allowed day when it lies in the customer's quiet hours (A10)."""
    return next_allowed(at_us, customer_zone(card, parameters), parameters.quiet_hours())


def is_working_day(at_us: int, parameters: ParameterSet) -> bool:
    """Whether the venture works on the day of this time."""
    return WEEKDAYS[_local(at_us, parameters).weekday()] in parameters.names("working_days")


def day_start_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's day."""
    return to_us(_at_hour(_local(at_us, parameters), 0))


def next_day_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's next day."""
    return to_us(_at_hour(_local(at_us, parameters) + timedelta(days=1), 0))


def month_start_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's calendar month."""
    return to_us(_at_hour(_local(at_us, parameters).replace(day=1), 0))


def meeting_us(at_us: int, in_days: int, card: CustomerCard, parameters: ParameterSet) -> int:
    """A meeting to propose: 10:00 of the first allowed day so many days ahead, in the customer's zone."""
    ahead = from_us(at_us).astimezone(customer_zone(card, parameters)) + timedelta(days=in_days)
    return out_of_quiet_hours(to_us(_at_hour(ahead, RESUME_HOUR)), card, parameters)


def in_words(at_us: int, card: CustomerCard, parameters: ParameterSet) -> str:
    """`Tuesday 6 January, 10:00 (Europe/Vienna)`."""
    zone = customer_zone(card, parameters)
    local = from_us(at_us).astimezone(zone)
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}, {local:%H:%M} ({zone.key})"


def _local(at_us: int, parameters: ParameterSet) -> datetime:
    return from_us(at_us).astimezone(venture_zone(parameters))


def _at_hour(local: datetime, hour: int) -> datetime:
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)
