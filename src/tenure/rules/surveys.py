"""Who is asked, and when (C7, I4, A24): one milestone, then an interval; one reminder; some surveys are exempt.

Customers who had passed the milestone before Tenure went live were never asked: they are asked within the first interval,
each on a day of their own (stable hash), so that going live does not mail everybody on one morning.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.facts import CustomerStatus
from tenure.parameters import ParameterSet

REMINDER_DAYS = 4
NPS, EXIT, ROOT_CAUSE, HELPED, CSAT = "nps", "exit", "root_cause", "did_this_help", "csat"
EXEMPT_FROM_INTERVAL = frozenset({EXIT, ROOT_CAUSE, HELPED})
"""Asked once per cancellation, answer or chain, whatever was asked before (A24, A28)."""
AGAIN_AFTER_US = {"failed": DAY_US, "refused": 14 * DAY_US, "skipped": 14 * DAY_US, "withdrawn": 14 * DAY_US}
"""How long after a message that never left the customer is asked again: nobody was asked, so no interval began."""
_CHECKPOINT_DAYS = {"onboarding_complete": 14, "30_day_checkpoint": 30, "60_day_checkpoint": 60, "90_day_checkpoint": 90}


class Asking(StrEnum):
    """What a customer's turn is."""

    nobody = "nobody"
    milestone = "milestone"
    interval = "interval"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The last time a customer was asked a survey, and whether the answer came.

    `lost`: what became of a message that never left (failed, refused, skipped, withdrawn); None: it left, or may still.
    """

    customer_id: str
    survey: str
    deployed_us: int
    reminded_us: int | None = None
    answered_us: int | None = None
    lost: str | None = None


def milestone_condition(milestone: str) -> str:
    """The milestone as a condition on a customer (M5: first value where no core feature is named is any first value)."""
    if milestone == "first_value_realization":
        return "days_since_first_value is known"
    return f"tenure_days >= {_CHECKPOINT_DAYS[milestone]}"


def is_askable(card: CustomerCard) -> bool:
    """Customers in a trial or subscription; who is leaving gets the exit survey instead (P2)."""
    return not card.internal and card.customer_status in (CustomerStatus.active, CustomerStatus.trial)


def turn_of(
    card: CustomerCard, last: Asked | None, live_since_us: int, passed_before_live: bool, parameters: ParameterSet, now_us: int
) -> Asking:
    """Is it this customer's turn for NPS?

    Args:
        last: when it was last asked, None: never.
        live_since_us: when the venture went live.
        passed_before_live: the milestone lay before that.
        parameters: of the customer's segment.
    """
    if not is_askable(card):
        return Asking.nobody
    interval_us = parameters.integer("nps_survey_interval_days") * DAY_US
    if last is not None:
        wait_us = interval_us if last.lost is None else AGAIN_AFTER_US[last.lost]
        return Asking.interval if now_us - last.deployed_us >= wait_us else Asking.nobody
    if not passed_before_live:
        return Asking.milestone
    return Asking.milestone if now_us >= first_turn_us(card.customer_id, live_since_us, interval_us) else Asking.nobody


def first_turn_us(customer_id: str, live_since_us: int, interval_us: int) -> int:
    """The customer's own day within the first interval after going live (SHA-256 of the id)."""
    drawn = int.from_bytes(hashlib.sha256(f"nps\x1f{customer_id}".encode()).digest()[:8], "big")
    return live_since_us + drawn % max(1, interval_us // DAY_US) * DAY_US


def lost_before_us(now_us: int) -> dict[str, int]:
    """By what became of a message that never left: who was asked at that time or before is asked again."""
    return {state: now_us - wait_us for state, wait_us in AGAIN_AFTER_US.items()}


def needs_reminder(one: Asked, now_us: int) -> bool:
    """I4: one reminder after four days, for the same survey, to whoever has not answered; not for older ones."""
    age_us = now_us - one.deployed_us
    waited = REMINDER_DAYS * DAY_US <= age_us < 3 * REMINDER_DAYS * DAY_US
    return waited and one.reminded_us is None and one.answered_us is None


def is_detractor(score: int) -> bool:
    """0-6 on the scale of 0-10 (I3: the owner gets a follow-up task)."""
    return score <= 6


