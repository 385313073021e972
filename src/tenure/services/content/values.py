"""The facts templates are rendered with, of one customer and one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tenure.clock import DAY_US, from_us
from tenure.model.cards import Contact, CustomerCard, LostPoints
from tenure.model.health import HealthStatus
from tenure.model.links import MEETING, SURVEY, UNSUBSCRIBE, cta
from tenure.model.playbooks import Offer
from tenure.rules.playbooks.clocks import MONTHS

NOT_KNOWN = "not known"
SOMEBODY = "there"
SOME_CUSTOMER = "your team"
MEETING_LINK = "meeting"


class Product(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What messages say of the venture: from `[product]` in tenure.toml.

    `links` by name: `app`, `guide`, `tour`, `help`, `news`, `community`, `meeting`, and the team's own.
    """

    name: str
    team: str = ""
    reply_to: str = ""
    address: str = ""
    links: dict[str, str] = {}

    @property
    def signature(self) -> str:
        return self.team or f"The {self.name} team"


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs (P5): the customer's owner, else the team (`name` as the team signs)."""

    name: str
    reply_to: str = ""
    is_person: bool = True

    @property
    def first_name(self) -> str:
        return first_name(self.name) if self.is_person else self.name


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """The meeting a message proposes; `when` in words."""

    starts_us: int
    minutes: int
    when: str


def facts_for(
    card: CustomerCard,
    contact: Contact | None,
    sender: Sender,
    product: Product,
    *,
    currency: str,
    now_us: int,
    internal: bool,
    offer: Offer | None = None,
    meeting: Meeting | None = None,
) -> dict[str, Any]:
    """Everything a template may name. `internal`: for the team's eyes, so ids stand where names are missing."""
    facts: dict[str, Any] = {
        "customer": _customer(card, currency, now_us, internal),
        "contact": {
            "name": (contact.name if contact else None) or (NOT_KNOWN if internal else SOMEBODY),
            "first_name": first_name(contact.name if contact else None) or SOMEBODY,
            "role": (contact.role if contact else None) or "",
        },
        "owner": {"name": sender.name, "first_name": sender.first_name},
        "product": {"name": product.name, "team": product.signature},
        "link": _links(product.links),
    }
    if offer is not None:
        facts["offer"] = {"percent": f"{offer.percent:g}", "months": offer.months}
    if meeting is not None:
        facts["invitation"] = {"when": meeting.when, "minutes": meeting.minutes}
    return facts


def _customer(card: CustomerCard, currency: str, now_us: int, internal: bool) -> dict[str, Any]:
    started = card.spell_started_us
    return {
        "id": card.customer_id,
        "name": card.name or (card.customer_id if internal else SOME_CUSTOMER),
        "plan": card.plan or NOT_KNOWN,
        "industry": card.industry or NOT_KNOWN,
        "renewal_date": _day(card.renewal_us),
        "tenure_days": 0 if started is None else max(0, now_us - started) // DAY_US,
        "features_used": list(card.features_used),
        "seats": card.seats if card.seats is not None else NOT_KNOWN,
        "score": _score(card.score),
        "previous_score": _score(card.previous_score),
        "health_status": NOT_KNOWN if card.health_status is None else card.health_status.value.replace("_", " "),
        "reasons": [lost.sentence for lost in card.lost],
        "arr": NOT_KNOWN if card.arr_cents is None else f"{card.arr_cents // 100:,} {currency}",
        "open_tickets": card.open_tickets,
        "unpaid_invoice": card.unpaid_invoice,
        "last_login": "never" if card.last_login_us is None else _day(card.last_login_us),
        "active_users": card.active_users_30,
    }


def _links(links: Mapping[str, str]) -> dict[str, Any]:
    def marker(name: str) -> str:
        return cta(name) if links.get(name) else ""

    call: Callable[[str], str] = marker
    return {"unsubscribe": UNSUBSCRIBE, "survey": SURVEY, "meeting": MEETING if links.get(MEETING_LINK) else "", "cta": call}


def first_name(name: str | None) -> str:
    """The first word of a name."""
    return name.split()[0] if name and name.strip() else ""


def _score(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{value:g}"


def _day(moment_us: int | None) -> str:
    if moment_us is None:
        return NOT_KNOWN
    moment = from_us(moment_us)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


SAMPLE_NOW_US = 1_767_225_600_000_000


def sample_card() -> CustomerCard:
    """An invented customer of whom everything is known."""
    lost = LostPoints(measure="logins", component="engagement", points=20, sentence="No login for 12 days.")
    return CustomerCard(
        customer_id="acme", as_of_us=SAMPLE_NOW_US, name="Acme Ltd", plan="professional", owner="Kim Lee", industry="media",
        spell_started_us=SAMPLE_NOW_US - 200 * DAY_US, arr_cents=2_400_000, renewal_us=SAMPLE_NOW_US + 28 * DAY_US,
        term_days=365, seats=20, score=52.0, previous_score=74.0, health_status=HealthStatus.at_risk, lost=(lost,),
        last_login_us=SAMPLE_NOW_US - 12 * DAY_US, active_users_30=6, features_used=("Reports", "Alerts"), open_tickets=1,
    )  # fmt: skip


def sample_facts(*, is_rich: bool, internal: bool) -> dict[str, Any]:
    """For checks: a customer of whom all is known, or one of whom nothing but the id is."""
    everything = ("app", "guide", "tour", "help", "news", "community", MEETING_LINK)
    links = {name: f"https://example.com/{name}" for name in everything} if is_rich else {}
    product = Product(name="Tenure", links=links)
    meeting = Meeting(starts_us=SAMPLE_NOW_US, minutes=20, when="Tuesday 6 January, 10:00 (UTC)")
    if is_rich:
        contact = Contact(user_id="u1", name="Sam Doe", email="sam@example.com", role="owner")
        card, sender = sample_card(), Sender(name="Kim Lee")
    else:
        card, contact = CustomerCard(customer_id="c1", as_of_us=SAMPLE_NOW_US), Contact(user_id="u1")
        sender = Sender(name=product.signature, is_person=False)
    return facts_for(
        card, contact, sender, product, currency="USD", now_us=SAMPLE_NOW_US, internal=internal,
        offer=Offer(percent=20), meeting=meeting,
    )  # fmt: skip
