"""Journey stage of a customer (P8): days since the start of the current spell, or a renewal that is near."""

from __future__ import annotations

from tenure.clock import DAY_US

ONBOARDING_DAYS = 15
ACTIVATION_DAYS = 31
ENGAGEMENT_DAYS = 91
SHORTEST_RENEWED_TERM_DAYS = 90
DEFAULT_NOTICE_DAYS = 30
STAGES = ("onboarding", "activation", "engagement", "renewal")


def journey_stage(
    now_us: int,
    spell_started_us: int,
    renewal_us: int | None,
    term_days: int | None,
    notice_days: int = DEFAULT_NOTICE_DAYS,
) -> str:
    """The stage at `now_us`. A term nobody stated counts as long: only monthly plans must not live in renewal."""
    age_us = now_us - spell_started_us
    if age_us < ONBOARDING_DAYS * DAY_US:
        return "onboarding"
    long_term = term_days is None or term_days >= SHORTEST_RENEWED_TERM_DAYS
    if long_term and renewal_us is not None and now_us <= renewal_us <= now_us + notice_days * DAY_US:
        return "renewal"
    if age_us < ACTIVATION_DAYS * DAY_US:
        return "activation"
    return "engagement" if age_us < ENGAGEMENT_DAYS * DAY_US else "renewal"
