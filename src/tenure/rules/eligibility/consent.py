"""To whom a touch goes (P5) and whether that person may be contacted (A19): suppression wins over everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tenure.model.cards import Contact, CustomerCard
from tenure.model.consents import EVERY, Consent
from tenure.model.touches import Channel, Purpose

_BY_MAIL = frozenset({Channel.email, Channel.survey})
_BY_PHONE = frozenset({Channel.sms, Channel.call})
_DECIDERS = frozenset({"owner", "admin"})
_BILLING_WORDS = (
    "billing", "financ", "accounting", "accountant", "payable", "bookkeep", "invoic", "controller", "comptroller", "treasur", "bursar",
)  # fmt: skip
"""A role with a word that begins so is a billing contact (Day one, 9)."""


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about contacting the people of one customer.

    `suppressed`: by address as the card writes it, the channels it is suppressed on (`*`: all). `consents`: the log of
    this customer, oldest first; the last word on (person, purpose, channel) counts, `*` as any of them.
    """

    suppressed: Mapping[str, frozenset[str]] = {}
    consents: Sequence[Consent] = ()


NOTHING_KNOWN = Permissions()


def permissions_of(
    cards: Mapping[str, CustomerCard], log: Mapping[str, Sequence[Consent]], suppressed: Mapping[str, frozenset[str]]
) -> dict[str, Permissions]:
    """By customer, from what `Consents.of` and `Suppressions.of` answer for many at once."""
    return {
        customer_id: Permissions(
            suppressed={one: suppressed[one] for one in addresses_of(card) if one in suppressed}, consents=log.get(customer_id, ())
        )
        for customer_id, card in cards.items()
    }


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """The one person a touch goes to, and where."""

    contact: Contact
    address: str


def recipient_of(
    card: CustomerCard, channel: Channel, purpose: Purpose, permissions: Permissions, user_id: str | None = None
) -> Recipient | str:
    """The first of the customer's people who may be contacted, or why none may.

    In order: the person named by `user_id`, and nobody else; of transactional mail the billing contact; the primary
    contact; a user with role owner or admin; the most active user of the last 30 days (P5).
    """
    why = "no contact with an address for this channel"
    for contact in candidates(card, user_id, billing=purpose is Purpose.transactional):
        address = address_for(channel, contact)
        if address is None:
            continue
        refusal = refusal_of(channel, purpose, contact, permissions)
        if refusal is None:
            return Recipient(contact=contact, address=address)
        why = refusal
    return why


def candidates(card: CustomerCard, user_id: str | None = None, *, billing: bool = False) -> Iterator[Contact]:
    """The people a touch may go to, best first; deactivated ones never. `billing`: who looks after invoices goes first."""
    people = [one for one in people_of(card) if one.deactivated_us is None]
    if user_id:
        yield from (one for one in people if one.user_id == user_id)
        return
    payers = [one for one in people if billing and is_billing_contact(one)]
    yield from payers
    people = [one for one in people if one not in payers]
    primary = _primary(card, people)
    if primary is not None:
        yield primary
    others = [one for one in people if one is not primary]
    by_use = sorted(others, key=lambda one: (-one.active_days_30, -(one.last_active_us or 0), one.user_id))
    yield from (one for one in by_use if (one.role or "").casefold() in _DECIDERS)
    others = [one for one in by_use if (one.role or "").casefold() not in _DECIDERS]
    yield from (one for one in others if one.active_days_30 > 0 or not card.contacts)


def is_billing_contact(contact: Contact) -> bool:
    """Whether the role says so."""
    words = "".join(letter if letter.isalnum() else " " for letter in (contact.role or "").casefold()).split()
    return any(word.startswith(_BILLING_WORDS) for word in words)


def people_of(card: CustomerCard) -> tuple[Contact, ...]:
    """Its users; where none are known the customer is its own contact."""
    if card.contacts or not (card.email or card.phone):
        return card.contacts
    return (Contact(user_id=card.customer_id, name=card.name, email=card.email, phone=card.phone),)


def _primary(card: CustomerCard, people: Sequence[Contact]) -> Contact | None:
    """The primary contact as the source names it: a user id, a mail address or a name."""
    named = card.primary_contact
    if not named:
        return None
    folded = named.strip().casefold()
    for one in people:
        if folded in (one.user_id.casefold(), (one.email or "").casefold(), (one.name or "").casefold()):
            return one
    known = any(folded in (one.user_id.casefold(), (one.email or "").casefold()) for one in card.contacts)
    return Contact(user_id="", email=named.strip()) if "@" in named and not known else None


def address_for(channel: Channel, contact: Contact) -> str | None:
    """Where this channel reaches that person; None: it does not."""
    if channel in _BY_MAIL:
        return contact.email or None
    if channel in _BY_PHONE:
        return contact.phone or None
    return contact.user_id or contact.email or None


def addresses_of(card: CustomerCard) -> list[str]:
    """Every address on a card, for one look into the suppression list."""
    known = [card.email, card.phone, *(value for one in card.contacts for value in (one.email, one.phone))]
    if card.primary_contact and "@" in card.primary_contact:
        known.append(card.primary_contact.strip())
    return sorted({value for value in known if value})


def refusal_of(channel: Channel, purpose: Purpose, contact: Contact, permissions: Permissions) -> str | None:
    """Why this person may not get such a touch; None: may. Reasons name rules, never people."""
    for address in (contact.email, contact.phone):
        channels = permissions.suppressed.get(address or "", frozenset())
        if EVERY in channels:
            return "suppressed: do not contact"
        if channel.value in channels and address == address_for(channel, contact):
            return f"suppressed on {channel.value}"
    said = _last_words(contact, permissions.consents)
    if said.get((EVERY, EVERY)) is False:
        return "do not contact"
    if said.get((EVERY, channel.value)) is False:
        return f"opted out of {channel.value}"
    given = _first_said(said, channel, purpose)
    if given is False:
        return f"opted out of {purpose.value} messages"
    if purpose is Purpose.marketing and given is not True:
        return "marketing without consent or a recorded legal basis"
    return None


def _first_said(said: Mapping[tuple[str, str], bool], channel: Channel, purpose: Purpose) -> bool | None:
    """Consent to this purpose: what was said of this channel wins over what was said of all."""
    on_channel = said.get((purpose.value, channel.value))
    return on_channel if on_channel is not None else said.get((purpose.value, EVERY))


def _last_words(contact: Contact, log: Sequence[Consent]) -> dict[tuple[str, str], bool]:
    """By (purpose, channel), the last word: first what the source states, then the log, which knows more.

    An entry without a person is about everybody at the customer.
    """
    said: dict[tuple[str, str], bool] = {}
    for name, given in (contact.consent or {}).items():
        said[_subject(name)] = given if name not in _REFUSALS else not given
    for line in log:
        if line.user_id in ("", contact.user_id):
            said[line.purpose, line.channel] = line.given
    return said


_REFUSALS = frozenset({"do_not_contact", "unsubscribed", "opted_out"})


def _subject(name: str) -> tuple[str, str]:
    """A source states consent by purpose or by channel (P6); what is neither is about everything."""
    name = name.strip().casefold()
    if name in Channel.__members__:
        return EVERY, name
    if name in Purpose.__members__:
        return name, EVERY
    return (EVERY, EVERY) if name in _REFUSALS or name in ("*", "all", "contact") else (name, EVERY)
