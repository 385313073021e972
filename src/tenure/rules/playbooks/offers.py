"""Offers (A23): who is eligible, and whether a standing budget lets one go without a decision."""

from __future__ import annotations

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.playbooks import Offer
from tenure.parameters import ParameterSet
from tenure.rules.playbooks.people import opted_out

MONTHS_BETWEEN_US = 365 * DAY_US


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What the venture gave away in offers since the month began, and when this customer got its last one."""

    month_cents: int = 0
    last_offer_us: int | None = None


def cost_cents(offer: Offer, card: CustomerCard) -> int:
    """What the discount takes off, rounded up: percent of the monthly amount (or a twelfth of ARR) for its months."""
    monthly = card.monthly_cents or (card.arr_cents or 0) // 12
    return -(-round(monthly * offer.months * offer.percent) // 100)


def why_not_eligible(card: CustomerCard, spent: Spent, now_us: int) -> str | None:
    """The reason a customer gets no offer, or None."""
    if not card.was_paying:
        return "never paid"
    if spent.last_offer_us is not None and now_us - spent.last_offer_us < MONTHS_BETWEEN_US:
        return "had an offer in the last 12 months"
    if card.unpaid_invoice:
        return "an invoice is unpaid"
    if card.open_urgent_tickets:
        return "an urgent ticket is open"
    return "opted out" if opted_out(card) else None


def needs_decision(offer: Offer, cost: int, spent: Spent, parameters: ParameterSet) -> bool:
    """Beyond the standing budget the chairman set; a budget of 0 means every offer is decided."""
    budget_cents = parameters.integer("offer_budget_per_month") * 100
    return offer.percent > parameters.number("offer_max_percent") or spent.month_cents + cost > budget_cents
