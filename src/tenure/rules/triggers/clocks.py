"""Clocks of chains: elapsed time from the alert, out of the customer's quiet hours (A10); working days (A15)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from tenure.clock import HOUR_US, from_us, to_us
from tenure.parameters.declarations.alerts import WEEKDAYS
from tenure.parameters.values import QuietHours
from tenure.rules.eligibility.quiet import next_allowed


def moved_clocks(start_us: int, hours: Sequence[float], zone: ZoneInfo, quiet: QuietHours) -> tuple[int, ...]:
    """When each of several clocks, in hours from the alert and rising, is due.

    A due time in quiet hours moves to 10:00 of the next allowed day, and the later ones move with it: from Friday 18:00 the
    call (24 h) is due on Monday 10:00, the escalation (48 h) on Tuesday 10:00.
    """
    due, shift_us = [], 0
    for each in hours:
        wanted_us = start_us + round(each * HOUR_US) + shift_us
        at_us = next_allowed(wanted_us, zone, quiet)
        shift_us += at_us - wanted_us
        due.append(at_us)
    return tuple(due)


def working_days_later(now_us: int, days: int, working_days: Collection[str], zone: ZoneInfo) -> int:
    """The same local hour so many working days later; without any working day, calendar days."""
    moment = from_us(now_us).astimezone(zone)
    left = days
    while left > 0:
        moment += timedelta(days=1)
        if not working_days or WEEKDAYS[moment.weekday()] in working_days:
            left -= 1
    return to_us(moment)
