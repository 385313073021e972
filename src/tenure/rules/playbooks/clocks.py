"""When something falls due: out of the customer's quiet hours (A10), on working days (A17), in the right zone (R7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenure.clock import to_us
from tenure.model.cards import CustomerCard
from tenure.parameters import ParameterSet
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.rules.working_time import RESUME_HOUR, at_hour_us, local, next_allowed_us, zone_of

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def customer_zone(card: CustomerCard, parameters: ParameterSet) -> ZoneInfo:
    """The customer's zone, else the venture's."""
    return zone_of(card.timezone, parameters.text("venture_timezone"))


def venture_zone(parameters: ParameterSet) -> ZoneInfo:
    """The zone of working days, months and digests."""
    return zone_of(parameters.text("venture_timezone"))


def out_of_quiet_hours(at_us: int, card: CustomerCard, parameters: ParameterSet) -> int:
    """A due time as it is, or moved to 10:00 of the next allowed day when it lies in the customer's quiet hours (A10)."""
    return next_allowed_us(at_us, customer_zone(card, parameters), parameters.quiet_hours())


def is_working_day(at_us: int, parameters: ParameterSet) -> bool:
    """Whether the venture works on the day of this time."""
    return WEEKDAYS[local(at_us, venture_zone(parameters)).weekday()] in parameters.names("working_days")


def day_start_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's day."""
    return at_hour_us(at_us, venture_zone(parameters), 0)


def next_day_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's next day."""
    return to_us(_midnight(local(at_us, venture_zone(parameters)) + timedelta(days=1)))


def month_start_us(at_us: int, parameters: ParameterSet) -> int:
    """The beginning of the venture's calendar month."""
    return to_us(_midnight(local(at_us, venture_zone(parameters)).replace(day=1)))


def meeting_us(at_us: int, in_days: int, card: CustomerCard, parameters: ParameterSet) -> int:
    """A meeting to propose: 10:00 of the first allowed day so many days ahead, in the customer's zone."""
    ahead = local(at_us, customer_zone(card, parameters)) + timedelta(days=in_days)
    return out_of_quiet_hours(to_us(_midnight(ahead).replace(hour=RESUME_HOUR)), card, parameters)


def in_words(at_us: int, card: CustomerCard, parameters: ParameterSet) -> str:
    """`Tuesday 6 January, 10:00 (Europe/Vienna)`."""
    zone = customer_zone(card, parameters)
    moment = local(at_us, zone)
    return f"{WEEKDAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]}, {moment:%H:%M} ({zone.key})"


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
