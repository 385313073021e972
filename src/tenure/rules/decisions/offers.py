"""Who may be offered something, and when that needs a decision (A23)."""

from __future__ import annotations

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.parameters import ParameterSet

BETWEEN_OFFERS_DAYS = 365


def not_eligible_because(
    card: CustomerCard | None, last_offer_us: int | None, opted_out: bool, now_us: int
) -> str | None:
    """Why this customer gets no offer; None when it may: was paying, no offer in 12 months, no unpaid invoice, no open
    urgent ticket, not opted out."""
    if card is None:
        return "nothing is known of the customer"
    if not (card.was_paying or card.monthly_cents > 0):
        return "it was never paying"
    if last_offer_us is not None and now_us - last_offer_us < BETWEEN_OFFERS_DAYS * DAY_US:
        return "it had an offer in the last 12 months"
    if card.unpaid_invoice:
        return "an invoice is unpaid"
    if card.open_urgent_tickets > 0:
        return "an urgent ticket is open"
    return "it opted out" if opted_out else None


def within_budget(percent: float, cost_cents: int, spent_cents: int, parameters: ParameterSet) -> bool:
    """Inside the standing budget the chairman set: it goes without a decision. `spent_cents`: this month, so far."""
    most_percent, month = parameters.number("offer_max_percent"), 100 * parameters.integer("offer_budget_per_month")
    return 0 < percent <= most_percent and cost_cents > 0 and spent_cents + cost_cents <= month
