"""What an offer gives away. Whether it may be made, and whether the standing budget covers it, decisions say (A23)."""

from __future__ import annotations

from tenure.model.cards import CustomerCard
from tenure.model.playbooks import Offer


def cost_cents(offer: Offer, card: CustomerCard) -> int:
    """What the discount takes off, rounded up: percent of the monthly amount (or a twelfth of ARR) for its months."""
    monthly = card.monthly_cents or (card.arr_cents or 0) // 12
    return -(-round(monthly * offer.months * offer.percent) // 100)
