"""Random facts of every kind as inbox rows: late, early, out of order, repeated, users moving between customers."""

from __future__ import annotations

import random
from collections.abc import Callable

from tenure.clock import DAY_US, HOUR_US
from tenure.model.facts import (
    Alias,
    Answer,
    Customer,
    CustomerStatus,
    Event,
    InboxRow,
    Movement,
    MovementKind,
    Record,
    Ticket,
    TicketStatus,
    User,
)
from tenure.model.mapping import FactMapping
from tenure.testing.warehouse import inbox_row

FROM_US = 1_767_225_600_000_000  # 2026-01-01
DAYS = 60
NOW_US = FROM_US + DAYS * DAY_US
CUSTOMERS = 30


class Stream:
    """An endless stream of facts; every row is new unless it is said to be a repetition."""

    def __init__(self, seed: int, venture_id: int) -> None:
        self._rng = random.Random(seed)
        self._venture_id = venture_id
        self._count = 0
        self._sent: list[InboxRow] = []

    def rows(self, count: int, now_us: int, kinds: int = 7, repeated: float = 0.1) -> list[InboxRow]:
        """So many rows received at `now_us`, of the first `kinds` kinds; a share was sent before, word for word."""
        fresh = count if not self._sent else sum(self._rng.random() >= repeated for _ in range(count))
        rows = [self._again() for _ in range(count - fresh)] + [self._new(now_us, kinds) for _ in range(fresh)]
        self._rng.shuffle(rows)
        return rows

    def _again(self) -> InboxRow:
        return self._rng.choice(self._sent)

    def _new(self, now_us: int, kinds: int) -> InboxRow:
        self._count += 1
        make = self._rng.choices(_MAKERS[:kinds], _SHARES[:kinds])[0]
        record = make(self._rng, self._count, now_us)
        row = inbox_row(record, str(self._count), received_us=now_us, mapping=FactMapping(), venture_id=self._venture_id)
        self._sent.append(row)
        return row


def _at(rng: random.Random, now_us: int) -> int:
    """Mostly the last days, often long ago, sometimes still to come."""
    return now_us - int(rng.choice([-6 * HOUR_US, 2 * DAY_US, DAYS * DAY_US]) * rng.random())


def _customer_id(rng: random.Random) -> str:
    return f"customer-{rng.randrange(CUSTOMERS)}"


def _user_id(rng: random.Random) -> str:
    return f"user-{rng.randrange(CUSTOMERS * 3)}"


def _event(rng: random.Random, count: int, now_us: int) -> Record:
    name = rng.choice(["login", "login", "feature_adopted", "Report Exported"])
    properties = {"feature": rng.choice("abcdef")} if name == "feature_adopted" else None
    customer_id = _customer_id(rng) if rng.random() < 0.3 else None
    return Event(name=name, occurred_us=_at(rng, now_us), customer_id=customer_id, user_id=_user_id(rng), properties=properties)


def _customer(rng: random.Random, count: int, now_us: int) -> Record:
    return Customer(
        customer_id=_customer_id(rng),
        stated_us=_at(rng, now_us),
        created_us=FROM_US - rng.randrange(30) * DAY_US,
        status=rng.choice([None, CustomerStatus.active, CustomerStatus.active, CustomerStatus.churned]),
        name=f"Company {count}",
        arr_cents=rng.randrange(1_000_000),
    )


def _user(rng: random.Random, count: int, now_us: int) -> Record:
    """Users join, and now and then move to another customer."""
    return User(user_id=_user_id(rng), stated_us=_at(rng, now_us), customer_id=_customer_id(rng), name=f"Person {count}")


def _ticket(rng: random.Random, count: int, now_us: int) -> Record:
    at_us = _at(rng, now_us)
    status = rng.choice([TicketStatus.open, TicketStatus.solved])
    return Ticket(
        ticket_id=f"ticket-{rng.randrange(200)}",
        stated_us=at_us,
        customer_id=_customer_id(rng),
        status=status,
        created_us=at_us - DAY_US,
        resolved_us=at_us if status is TicketStatus.solved else None,
        subject=f"Question {count}",
    )


def _movement(rng: random.Random, count: int, now_us: int) -> Record:
    kind = rng.choice(list(MovementKind))
    return Movement(customer_id=_customer_id(rng), occurred_us=_at(rng, now_us), kind=kind, monthly_cents=rng.randrange(100_000))


def _answer(rng: random.Random, count: int, now_us: int) -> Record:
    return Answer(survey="nps", score=rng.randrange(11), answered_us=_at(rng, now_us), user_id=_user_id(rng))


def _alias(rng: random.Random, count: int, now_us: int) -> Record:
    return Alias(previous_id=f"device-{rng.randrange(50)}", user_id=_user_id(rng), stated_us=_at(rng, now_us))


_MAKERS: list[Callable[[random.Random, int, int], Record]] = [_event, _movement, _answer, _customer, _ticket, _user, _alias]
_SHARES = [75, 5, 5, 4, 5, 4, 2]
