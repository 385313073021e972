"""When the emergency review is: within 24 hours, in working time where there is any."""

from __future__ import annotations

from tenure.clock import HOUR_US
from tenure.parameters import ParameterSet
from tenure.rules.safety.incidents import REVIEW_WITHIN_HOURS
from tenure.rules.working_time import is_working, zone_of

_NOTICE_HOURS = 2
"""So that people can come."""


def review_us(now_us: int, parameters: ParameterSet) -> int:
    """The first full working hour at least two hours away and at most 24; on a weekend two hours away."""
    zone = zone_of(parameters.text("venture_timezone"))
    first_us = now_us + _NOTICE_HOURS * HOUR_US
    first_us += -first_us % HOUR_US
    last_us = now_us + REVIEW_WITHIN_HOURS * HOUR_US
    days, quiet = parameters.names("working_days"), parameters.quiet_hours()
    for at_us in range(first_us, last_us + 1, HOUR_US):
        if is_working(at_us, zone, days, quiet):
            return at_us
    return first_us
