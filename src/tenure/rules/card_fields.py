"""What the conditions of triggers and playbooks may look at: a customer's fields, health, use and trouble, from its card.

`tenure.warehouse.loop` works the same fields out for all customers at once; a test holds both equal.
"""

from __future__ import annotations

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.rules.conditions import CUSTOMER, Profile, Vocabulary, trait_values

HEALTH_TEXTS = ("health_status",)
CARD_NUMBERS = (
    "score",
    "previous_score",
    "coverage",
    "days_since_login",
    "active_days_30",
    "active_days_30_before",
    "active_users_30",
    "features",
    "open_tickets",
    "open_urgent_tickets",
    "days_since_first_value",
    "days_since_second_feature",
    "days_since_cancel_request",
    "days_since_churn",
    "oldest_open_ticket_days",
)
CARD_FLAGS = ("is_new", "activated", "onboarded", "was_paying", "unpaid_invoice", "left_involuntarily", "falling_trend")
LOOP = Vocabulary(
    texts=(*CUSTOMER.texts, *HEALTH_TEXTS),
    numbers=(*CUSTOMER.numbers, *CARD_NUMBERS),
    flags=(*CUSTOMER.flags, *CARD_FLAGS),
)
"""`status` is the customer's (active, churned, ...), `health_status` the band of its score (I6)."""

FALLING_LEAST_BEFORE = 5
URGENT_PRIORITIES = ("urgent", "critical")
"""Priorities of tickets, in any case, that make an open one urgent."""


def is_falling(active_days_30: int, active_days_30_before: int) -> bool:
    """A17: at least 30 % fewer active days than in the 30 days before, with at least 5 then."""
    enough = active_days_30_before >= FALLING_LEAST_BEFORE
    return enough and 10 * active_days_30 <= 7 * active_days_30_before


def card_profile(card: CustomerCard, now_us: int) -> Profile:
    """The fields of LOOP as of `now_us`, as far as they are known; days count whole."""

    def days_since(at_us: int | None) -> float | None:
        return None if at_us is None or at_us > now_us else float((now_us - at_us) // DAY_US)

    ahead = card.renewal_us is not None and card.renewal_us >= now_us
    return {
        **trait_values(card.traits),
        "customer_id": card.customer_id,
        "status": card.customer_status.value,
        "journey_stage": card.stage,
        "name": card.name,
        "email": card.email,
        "plan": card.plan,
        "currency": card.currency,
        "industry": card.industry,
        "owner": card.owner,
        "timezone": card.timezone,
        "language": card.language,
        "primary_contact": card.primary_contact,
        "parent_id": card.parent_id,
        "health_status": None if card.health_status is None else card.health_status.value,
        "arr": None if card.arr_cents is None else card.arr_cents / 100,
        "monthly_amount": card.monthly_cents / 100,
        "seats": card.seats,
        "term_days": card.term_days,
        "tenure_days": days_since(card.spell_started_us),
        "days_to_renewal": (card.renewal_us - now_us) / DAY_US if ahead and card.renewal_us is not None else None,
        "score": card.score,
        "previous_score": card.previous_score,
        "coverage": card.coverage,
        "days_since_login": days_since(card.last_login_us),
        "active_days_30": card.active_days_30,
        "active_days_30_before": card.active_days_30_before,
        "active_users_30": card.active_users_30,
        "features": card.features,
        "open_tickets": card.open_tickets,
        "open_urgent_tickets": card.open_urgent_tickets,
        "days_since_first_value": days_since(card.first_value_us),
        "days_since_second_feature": days_since(card.second_feature_us),
        "days_since_cancel_request": days_since(card.cancel_requested_us),
        "days_since_churn": days_since(card.churned_us),
        "oldest_open_ticket_days": days_since(card.oldest_open_ticket_us),
        "internal": card.internal,
        "implicit": card.implicit,
        "is_new": card.is_new,
        "activated": card.activated_us is not None and card.activated_us <= now_us,
        "onboarded": card.onboarded_us is not None and card.onboarded_us <= now_us,
        "was_paying": card.was_paying,
        "unpaid_invoice": card.unpaid_invoice,
        "left_involuntarily": card.left_involuntarily,
        "falling_trend": is_falling(card.active_days_30, card.active_days_30_before),
    }
