"""No cheer during trouble (Day one, 2): while something is on fire only people speak to the customer."""

from __future__ import annotations

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard

PATIENCE_DAYS = 3


def trouble_of(card: CustomerCard, now_us: int) -> str | None:
    """What is wrong, in a few words: an open urgent ticket, one older than 3 days, an unpaid invoice; None: nothing."""
    if card.open_urgent_tickets:
        return "an urgent ticket is open"
    if card.open_tickets and card.oldest_open_ticket_us is not None and now_us - card.oldest_open_ticket_us > PATIENCE_DAYS * DAY_US:
        return f"a ticket is open for more than {PATIENCE_DAYS} days"
    return "an invoice is unpaid" if card.unpaid_invoice else None
