"""A warehouse full of everything at once: trials, churn and returns, currencies, failed invoices, answers, internals."""

from __future__ import annotations

import random

from tests.unit.warehouse_metrics.table_view import status_of, us

from tenure.clock import DAY_US
from tenure.model.facts import (
    Answer,
    Customer,
    CustomerStatus,
    Event,
    InvoiceState,
    Movement,
    MovementKind,
    Record,
    User,
)

NOW_US = us("2026-11-15T05:00")
PLANS = ("basic", "professional", "enterprise/eu", None)
ScoreList = list[tuple[str, float]]


def mixed_records(seed: int, customers: int = 260) -> tuple[list[Record], ScoreList]:
    """Records and published scores; most customers log in, two in three pay, one in four leaves."""
    chance = random.Random(seed)
    records: list[Record] = []
    scores: ScoreList = []
    for place in range(customers):
        life = _Life(chance, f"c-{place:04d}")
        records += life.records()
        if chance.random() < 0.9:
            scores.append((life.customer_id, chance.randint(0, 1000) / 10))
    return records, scores


class _Life:
    def __init__(self, chance: random.Random, customer_id: str) -> None:
        self.chance = chance
        self.customer_id = customer_id
        self.created_us = NOW_US - chance.randint(1, 500) * DAY_US - chance.randint(0, DAY_US)
        self.ended_us = NOW_US - chance.randint(1, 200) * DAY_US if chance.random() < 0.25 else None
        if self.ended_us is not None and self.ended_us <= self.created_us:
            self.ended_us = None
        self.user_ids = [f"u-{customer_id}-{n}" for n in range(chance.randint(1, 3))]

    def records(self) -> list[Record]:
        pays = self.chance.random() < 0.65
        found: list[Record] = [self.customer(pays), *self.users(), *self.logins(), *self.answers()]
        return [*found, *self.movements()] if pays else found

    def customer(self, pays: bool) -> Customer:
        chance = self.chance
        trial = not pays and chance.random() < 0.2
        left = self.ended_us is not None and not pays
        cancelling = chance.random() < 0.1
        status = CustomerStatus.trial if trial else CustomerStatus.cancelling if cancelling else CustomerStatus.active
        return Customer(
            customer_id=self.customer_id,
            stated_us=NOW_US - 1,
            created_us=self.created_us,
            status=CustomerStatus.churned if left else status,
            churned_us=self.ended_us if left else None,
            cancel_requested_us=None if self.ended_us is None or chance.random() < 0.5 else self.ended_us - 5 * DAY_US,
            plan=chance.choice(PLANS),
            owner=chance.choice(("ann@example.com", "ben@example.com", None)),
            industry=chance.choice(("games", "health", None)),
            seats=chance.choice((3, 25, 120, 5000, None)),
            arr_cents=chance.choice((None, 0, 120_000, 4_800_000)),
            currency=chance.choice((None, "USD", "EUR", "XAU")),
            renewal_us=NOW_US + chance.randint(-30, 200) * DAY_US if chance.random() < 0.6 else None,
            term_days=chance.choice((30, 365, None)),
            internal=chance.random() < 0.05,
        )

    def users(self) -> list[Record]:
        return [User(user_id=one, stated_us=self.created_us, customer_id=self.customer_id) for one in self.user_ids]

    def moment(self) -> int:
        return self.chance.randint(self.created_us, NOW_US - 1)

    def logins(self) -> list[Record]:
        names = ("login", "login", "Signed In", "report_exported")
        return [
            Event(name=self.chance.choice(names), user_id=self.chance.choice(self.user_ids), occurred_us=self.moment())
            for _ in range(self.chance.randint(0, 12))
        ]

    def answers(self) -> list[Record]:
        kinds = (("nps", 0, 10), ("NPS", -1, 12), ("csat", 1, 5), ("ces", 1, 7))
        found: list[Record] = []
        for _ in range(self.chance.randint(0, 5)):
            survey, low, high = self.chance.choice(kinds)
            answered_us = NOW_US - self.chance.randint(1, 70) * DAY_US
            user_id = self.chance.choice((*self.user_ids, None))
            found.append(
                Answer(
                    survey=survey,
                    score=self.chance.randint(low, high),
                    answered_us=answered_us,
                    customer_id=self.customer_id,
                    user_id=user_id,
                )
            )
        return found

    def movements(self) -> list[Record]:
        currency = self.chance.choice((None, "USD", "EUR", "XAU"))
        moments = sorted(self.moment() for _ in range(self.chance.randint(0, 5)))
        found: list[Record] = [self.movement(MovementKind.new, moments[0] if moments else self.created_us, currency)]
        for moment_us in moments[1:]:
            kind = self.chance.choice((MovementKind.expansion, MovementKind.contraction, MovementKind.reactivation))
            found.append(self.movement(kind, moment_us, currency))
        if self.ended_us is not None:
            found.append(self.end(self.ended_us))
            if self.chance.random() < 0.3:
                found.append(self.movement(MovementKind.reactivation, self.ended_us + DAY_US // 2, currency))
        return found

    def movement(self, kind: MovementKind, moment_us: int, currency: str | None) -> Movement:
        state = self.chance.choice((None, InvoiceState.paid, InvoiceState.failed))
        cents = self.chance.randint(1, 90_000)
        return Movement(
            customer_id=self.customer_id,
            occurred_us=moment_us,
            kind=kind,
            monthly_cents=cents,
            currency=currency,
            invoice_state=state,
        )

    def end(self, moment_us: int) -> Movement:
        """All that was left, in no currency: the movements before it named one."""
        return Movement(customer_id=self.customer_id, occurred_us=moment_us, kind=MovementKind.churn)


__all__ = ["NOW_US", "mixed_records", "status_of"]
