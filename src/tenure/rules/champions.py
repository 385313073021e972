"""The champion left: the owner is told once per person and event, with the next best contact (Day one, 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from tenure.clock import DAY_US
from tenure.model.cards import Contact, CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.champions import Bounce, Departure, Gone
from tenure.model.facts import CustomerStatus
from tenure.model.intents import CreateTask, Intent
from tenure.model.touches import Channel, Purpose
from tenure.rules.eligibility.consent import Permissions, address_for, refusal_of

KIND = "champion_left"
_HAPPENED = {
    Gone.deactivated: "was deactivated",
    Gone.bounced: "cannot be reached by mail any more",
    Gone.silent: "has fallen silent",
}
_GOOD_ROLES = (
    "owner", "admin", "manager", "lead", "head", "director", "founder", "chief", "president", "vp", "ceo", "cto", "coo", "cfo",
)  # fmt: skip


def has_good_role(contact: Contact) -> bool:
    """Whether the role says that this person decides something: one of its words is one of those."""
    words = "".join(letter if letter.isalnum() else " " for letter in (contact.role or "").casefold()).split()
    return any(word in _GOOD_ROLES for word in words)


def is_bare_address(card: CustomerCard) -> bool:
    """Whether the primary contact is an address that belongs to no user."""
    named = (card.primary_contact or "").strip().casefold()
    return "@" in named and all(named not in (one.user_id.casefold(), (one.email or "").casefold()) for one in card.contacts)


def lost_addresses(bounces: Sequence[Bounce], cards: Iterable[CustomerCard]) -> Iterator[Departure]:
    """Bounced addresses that belong to no user: a primary contact that is an address, or a customer without users (P5)."""
    by_customer = {one.customer_id: one for one in cards}
    for customer_id, user_id, at_us in sorted(bounces):
        card = by_customer.get(customer_id)
        if card is None or card.internal or card.customer_status is CustomerStatus.churned:
            continue
        is_own = user_id == customer_id and not card.contacts
        if is_own or (not user_id and is_bare_address(card)):
            yield Departure(customer_id=customer_id, user_id="", how=Gone.bounced, at_us=at_us, is_primary=True, is_main=False)


def next_best_contact(card: CustomerCard, lost_user_id: str, permissions: Permissions) -> Contact | None:
    """The most active user of the last 30 days with a good role, else the most active; None: nobody who may be written to."""
    possible = [
        one
        for one in card.contacts
        if one.user_id != lost_user_id
        and one.deactivated_us is None
        and one.active_days_30 > 0
        and address_for(Channel.email, one) is not None
        and refusal_of(Channel.email, Purpose.service, one, permissions) is None
    ]
    return min(possible, key=lambda one: (not has_good_role(one), -one.active_days_30, one.user_id), default=None)


def champion_task(lost: Departure, card: CustomerCard, permissions: Permissions, now_us: int) -> Intent:
    """What the owner is told; its key holds once per person and event, and names nobody."""
    who = "primary contact" if lost.is_primary else "main user"
    best = next_best_contact(card, lost.user_id, permissions)
    wish = CreateTask(
        kind=KIND,
        title=f"The {who} of {card.name or card.customer_id} {_HAPPENED[lost.how]}: {_next(best)}",
        due_us=now_us + DAY_US,
        customer_id=lost.customer_id,
        priority="high" if lost.is_primary and lost.is_main else "normal",
        script=_script(lost, card, best, who),
        details={
            "how": lost.how.value,
            "user_id": lost.user_id,
            "is_primary": lost.is_primary,
            "is_main": lost.is_main,
            "next_contact": None if best is None else best.user_id,
        },
    )
    return Intent(key=_key(lost), wish=wish, cause=Cause(kind=CauseKind.schedule, reason="champion left (Day one, 10)"))


def _key(lost: Departure) -> str:
    """An address bounces once and for all; who came back may be deactivated or fall silent again."""
    person = sha256(f"{lost.customer_id}\x1f{lost.user_id}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
    when = "" if lost.how is Gone.bounced else f":{lost.at_us // DAY_US}"
    return f"champion:{lost.how.value}:{person}{when}"


def _next(best: Contact | None) -> str:
    return "find another contact" if best is None else f"speak to {best.name or best.user_id}"


def _script(lost: Departure, card: CustomerCard, best: Contact | None, who: str) -> str:
    gone = next((one for one in card.contacts if one.user_id == lost.user_id), None)
    name = (gone.name if gone is not None else None) or lost.user_id or card.primary_contact or card.email or "unknown"
    lines = [f"{name}, the {who} of {card.name or card.customer_id}, {_HAPPENED[lost.how]}."]
    if best is None:
        lines.append("Nobody else with an address was active in the last 30 days: ask for an introduction, or call.")
    else:
        role = f", {best.role}" if best.role else ""
        lines.append(f"Next best contact: {best.name or best.user_id}{role}, active on {best.active_days_30} of the last 30 days.")
    lines += [
        "Ask who decides now, what that person wants from us, and whether what was agreed still stands.",
        "Then put the new primary contact into the customer record.",
    ]
    return "\n".join(lines)
