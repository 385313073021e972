"""When a task is due: calls never in the customer's night (A10), thinking in working days (A15)."""

from __future__ import annotations

from tenure.clock import HOUR_US
from tenure.model.cards import CustomerCard
from tenure.parameters import ParameterSet
from tenure.rules.team import segment_facts
from tenure.rules.working_time import next_allowed_us, working_days_after_us, zone_of

CAUSE_AND_NEXT_STEP = "cause_and_next_step"
CAUSE_DAYS = 5
"""Working days for a chain that ended below 40 (A15)."""
DETRACTOR_HOURS = 48
"""One detractor gives the owner a follow-up task (I3)."""
_OTHER_HOURS = 24


def due_us(kind: str, wanted_us: int, is_call: bool, card: CustomerCard | None, parameters: ParameterSet, now_us: int) -> int:
    """The time asked for (0: by kind); a call inside the customer's quiet hours moves to 10:00 of the next allowed day."""
    own = parameters.for_segment(segment_facts(card))
    venture_zone = own.text("venture_timezone")
    if wanted_us == 0 and kind == CAUSE_AND_NEXT_STEP:
        return working_days_after_us(now_us, CAUSE_DAYS, zone_of(venture_zone), own.names("working_days"))
    at_us = wanted_us or now_us + _OTHER_HOURS * HOUR_US
    if not is_call:
        return at_us
    return next_allowed_us(at_us, zone_of(None if card is None else card.timezone, venture_zone), own.quiet_hours())
