"""The facts Tenure reads, as frozen records: typed, checked at the door, times in microseconds UTC, money in cents.

A customer, user or ticket record is a *statement*: what a source said at `stated_us`. A field left None was not
stated and changes nothing; later statements win field by field. Events, movements and answers happen once.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

import msgspec


class FactKind(IntEnum):
    """Kinds of fact, by the number they carry in the inbox."""

    customer = 1
    user = 2
    event = 3
    ticket = 4
    movement = 5
    answer = 6
    alias = 7

    @property
    def plural(self) -> str:
        """The name of the file, table and count of this kind (`revenue` for movements)."""
        return _PLURALS[self]


_PLURALS = {
    FactKind.customer: "customers",
    FactKind.user: "users",
    FactKind.event: "events",
    FactKind.ticket: "tickets",
    FactKind.movement: "revenue",
    FactKind.answer: "answers",
    FactKind.alias: "aliases",
}


class CustomerStatus(StrEnum):
    """What the record says of a customer (I6); dormant and new are derived, never stated."""

    trial = "trial"
    active = "active"
    cancelling = "cancelling"
    paused = "paused"
    churned = "churned"


class TicketStatus(StrEnum):
    open = "open"
    pending = "pending"
    solved = "solved"
    closed = "closed"


class MovementKind(StrEnum):
    new = "new"
    expansion = "expansion"
    contraction = "contraction"
    churn = "churn"
    reactivation = "reactivation"


class InvoiceState(StrEnum):
    paid = "paid"
    past_due = "past_due"
    failed = "failed"


class Goal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something the customer wants from the product, and when it was reached."""

    name: str
    reached_us: int | None = None


class Customer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source stated of one customer (P6). Dates are midnight UTC of their day."""

    customer_id: str
    stated_us: int
    created_us: int | None = None
    status: CustomerStatus | None = None
    name: str | None = None
    email: str | None = None
    plan: str | None = None
    arr_cents: int | None = None
    currency: str | None = None
    industry: str | None = None
    owner: str | None = None
    renewal_us: int | None = None
    term_days: int | None = None
    onboarded_us: int | None = None
    cancel_requested_us: int | None = None
    churned_us: int | None = None
    timezone: str | None = None
    language: str | None = None
    phone: str | None = None
    primary_contact: str | None = None
    parent_id: str | None = None
    seats: int | None = None
    internal: bool | None = None
    goals: tuple[Goal, ...] | None = None
    traits: dict[str, Any] | None = None


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source stated of one person who uses the product; `customer_id` None when not stated."""

    user_id: str
    stated_us: int
    customer_id: str | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None
    created_us: int | None = None
    deactivated_us: int | None = None
    consent: dict[str, bool] | None = None
    traits: dict[str, Any] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing somebody did. `customer_id` only when the event itself named it; else the user tells.

    `anonymous` means `user_id` is a device id nobody has been linked to yet (see Alias).
    `feature` is stated by the source itself and wins over the venture's mapping, whatever becomes of its rules.
    """

    name: str
    occurred_us: int
    user_id: str | None = None
    customer_id: str | None = None
    anonymous: bool = False
    feature: str | None = None
    properties: dict[str, Any] | None = None


class Ticket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A state of one support ticket as received; `satisfaction_hundredths` is CSAT x 100."""

    ticket_id: str
    stated_us: int
    customer_id: str | None = None
    user_id: str | None = None
    status: TicketStatus | None = None
    created_us: int | None = None
    resolved_us: int | None = None
    first_reply_us: int | None = None
    priority: str | None = None
    subject: str | None = None
    category: str | None = None
    satisfaction_hundredths: int | None = None


class Movement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of monthly recurring revenue.

    `monthly_cents` is the size of the change, never negative: the kind tells the direction. None on a churn
    means all that was left.
    """

    customer_id: str
    occurred_us: int
    kind: MovementKind
    monthly_cents: int | None = None
    currency: str | None = None
    plan: str | None = None
    invoice_state: InvoiceState | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One survey answer; `survey` is its kind or name (nps, csat, ces, exit, ...)."""

    survey: str
    score: int
    answered_us: int
    customer_id: str | None = None
    user_id: str | None = None
    comment: str | None = None


class Alias(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two ids of one person: everything of `previous_id` belongs to `user_id` from now on, past included."""

    previous_id: str
    user_id: str
    stated_us: int


Record = Customer | User | Event | Ticket | Movement | Answer | Alias

RECORD_OF_KIND: dict[FactKind, type[msgspec.Struct]] = {
    FactKind.customer: Customer,
    FactKind.user: User,
    FactKind.event: Event,
    FactKind.ticket: Ticket,
    FactKind.movement: Movement,
    FactKind.answer: Answer,
    FactKind.alias: Alias,
}


OWN_SOURCE = "tenure"
"""The source of facts Tenure makes itself: answers on its survey pages. Nobody delivers it, so it never goes stale (M17)."""

ANONYMOUS, EXPLICIT_FEATURE = 1, 2
"""Bits of `InboxRow.anonymous`."""


def event_bits(event: Event) -> int:
    """`InboxRow.anonymous` of an event."""
    return (ANONYMOUS if event.anonymous else 0) | (EXPLICIT_FEATURE if event.feature else 0)


class InboxRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted fact, flat, as the inbox keeps it (the columns of the inbox table, in order, without `seq`).

    For an event the columns say everything and `body` holds only its properties as JSON (or None). For any other
    kind `body` is the whole record as JSON (msgspec of the record struct) and the columns repeat what routes it.
    `occurred_us` is the event / movement / answer time, or `stated_us`. `user_id` of an anonymous event
    carries the device id and `anonymous` has the bit `ANONYMOUS`; `EXPLICIT_FEATURE` says that the source itself named the
    feature: changed feature rules do not touch it.
    """

    venture_id: int
    kind: int
    key_hi: int
    key_lo: int
    source: str
    occurred_us: int
    received_us: int
    customer_id: str | None = None
    user_id: str | None = None
    anonymous: int = 0
    name: str | None = None
    feature: str | None = None
    body: str | None = None


def subject_id(record: Record) -> str:
    """The id that makes this record itself: what `fact_key` hashes for statements is this plus its time."""
    if isinstance(record, Ticket):
        return record.ticket_id
    if isinstance(record, User | Alias | Event):
        return record.user_id or ""
    return record.customer_id or ""
