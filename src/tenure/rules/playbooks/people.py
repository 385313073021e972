"""To whom a touch goes (P5): one named person, never all users of an account."""

from __future__ import annotations

from collections.abc import Collection

from tenure.model.cards import Contact, CustomerCard
from tenure.model.touches import Channel, Purpose

DECIDING_ROLES = ("owner", "admin")
_ADDRESS = {Channel.email: "email", Channel.sms: "phone", Channel.call: "phone"}


def recipient(
    card: CustomerCard, channel: Channel, purpose: Purpose, blocked: Collection[str] = ()
) -> Contact | None:
    """The primary contact, else a user with role owner or admin, else the most active of 30 days; None: nobody may be.

    Args:
        blocked: ids of users who may not be contacted (suppressed, bounced, opted out): outreach knows.
    """
    reachable = [one for one in people_of(card) if is_reachable(one, channel, purpose, blocked)]
    primary = [one for one in reachable if one.user_id == card.primary_contact]
    deciding = sorted((one for one in reachable if _role(one) in DECIDING_ROLES), key=_by_role_and_use)
    return next(iter([*primary, *deciding, *sorted(reachable, key=_by_use)]), None)


def people_of(card: CustomerCard) -> tuple[Contact, ...]:
    """Its users; where none are known (B2C) the customer is its own contact."""
    if card.contacts:
        return card.contacts
    own = Contact(user_id=card.customer_id, name=card.name, email=card.email, phone=card.phone)
    return (own,) if card.email or card.phone else ()


def is_reachable(one: Contact, channel: Channel, purpose: Purpose, blocked: Collection[str]) -> bool:
    """Still there, with an address for the channel, and nothing recorded against it.

    A primary contact who said no is passed over in silence: the next person of the list is asked (A19).
    """
    if one.deactivated_us is not None or one.user_id in blocked:
        return False
    if channel in _ADDRESS and not getattr(one, _ADDRESS[channel]):
        return False
    said = one.consent or {}
    if said.get(channel.value) is False or said.get(purpose.value) is False:
        return False
    return purpose is not Purpose.marketing or not _opted_out(said)


def opted_out(card: CustomerCard) -> bool:
    """Somebody whom an offer would go to has said no to marketing (A23)."""
    people = people_of(card)
    return bool(people) and all(_opted_out(one.consent or {}) for one in people)


def _opted_out(said: dict[str, bool]) -> bool:
    return said.get(Purpose.marketing.value) is False or said.get("all") is False


def _role(one: Contact) -> str:
    return (one.role or "").strip().lower()


def _by_use(one: Contact) -> tuple[int, int, str]:
    return -one.active_days_30, -(one.last_active_us or 0), one.user_id


def _by_role_and_use(one: Contact) -> tuple[int, int, int, str]:
    return DECIDING_ROLES.index(_role(one)), *_by_use(one)
