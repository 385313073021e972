"""What an alert says (A27): an alert without a cause costs ten minutes each."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tenure.model.cards import CustomerCard
from tenure.model.tasks import LastContact
from tenure.rules.notices import Notice
from tenure.rules.wording import day, moment, money

TRAINING, PRIORITY_SUPPORT, OFFER, EXECUTIVE_CALL = "training", "priority support", "offer", "executive call"
_CAUSES = 3


def next_step(card: CustomerCard, high_value: bool) -> str:
    """The step that matches the likely cause: support trouble, payment, then who the customer is, else training."""
    component = card.lost[0].component if card.lost else ""
    if card.open_urgent_tickets or component == "support":
        return PRIORITY_SUPPORT
    if card.unpaid_invoice or card.cancel_requested_us is not None:
        return EXECUTIVE_CALL if high_value else OFFER
    return EXECUTIVE_CALL if high_value else TRAINING


def likely_cause(card: CustomerCard) -> str:
    """The main lost points, and an unpaid invoice, in the words of the scorecard."""
    said = [one.sentence for one in card.lost[:_CAUSES]]
    if card.unpaid_invoice:
        said.append("An invoice is unpaid")
    if card.cancel_requested_us is not None:
        said.append("Cancellation was requested")
    return "; ".join(said) or "unknown: no points were lost that have a name"


def score_words(card: CustomerCard) -> str:
    before = "none" if card.previous_score is None else f"{card.previous_score:g}"
    return f"{before} -> {'none' if card.score is None else f'{card.score:g}'}"


def customer_notice(
    title: str,
    card: CustomerCard,
    contact: LastContact | None,
    owner: str,
    *,
    high_value: bool,
    currency: str,
    zone: ZoneInfo,
    footer: str = "",
) -> Notice:
    """Customer, score before and now, likely cause, last activity, ARR, renewal, owner, tickets, last contact, next step."""
    urgent = f" ({card.open_urgent_tickets} urgent)" if card.open_urgent_tickets else ""
    last = "never" if contact is None else f"{moment(contact.at_us, zone)} ({contact.how})"
    facts = (
        ("Customer", card.name or card.customer_id),
        ("Score", score_words(card)),
        ("Likely cause", likely_cause(card)),
        ("Last activity", moment(card.last_event_us or card.last_login_us, zone)),
        ("ARR", money(card.arr_cents, currency)),
        ("Renewal", day(card.renewal_us, zone)),
        ("Owner", owner or "nobody"),
        ("Open tickets", f"{card.open_tickets}{urgent}"),
        ("Last contact", last),
        ("Next step", next_step(card, high_value)),
    )
    return Notice(title=title, facts=facts, footer=footer)


def list_line(card: CustomerCard | None, customer_id: str | None, currency: str) -> str:
    """One line of a message with many customers."""
    if card is None:
        return customer_id or "?"
    return f"{card.name or card.customer_id}: {score_words(card)}, {money(card.arr_cents, currency)} a year, {likely_cause(card)}"
