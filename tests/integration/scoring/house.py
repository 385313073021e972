"""A venture with a real store and a real warehouse, fed with records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tenure.clock import DAY_US, HOUR_US, FixedClock
from tenure.model.facts import Customer, Event, Record, Ticket, TicketStatus
from tenure.model.mapping import FactMapping
from tenure.parameters import ParameterSet, resolve
from tenure.ports.scoring import ScoringWarehouse
from tenure.scorecards import default_scorecard
from tenure.services.scoring import RefreshResult, ScoringService
from tenure.store import Store
from tenure.testing.warehouse import inbox_rows
from tenure.warehouse.engine import WarehouseFile
from tenure.warehouse.scoring.keeper import ScoreKeeper
from tenure.warehouse.warehouse import DuckWarehouse

START_US = 20_000 * DAY_US


def at(day: float) -> int:
    """Microseconds of a day of the story."""
    return START_US + int(day * DAY_US)


def customer(customer_id: str, day: float = 0, **said: Any) -> Customer:
    return Customer(
        customer_id=customer_id, stated_us=at(day), created_us=said.pop("created_us", at(day)), **said
    )


def login(customer_id: str, day: float) -> Event:
    return Event(name="login", occurred_us=at(day), user_id=f"user-of-{customer_id}", customer_id=customer_id)


def feature(customer_id: str, name: str, day: float) -> Event:
    return Event(
        name="feature_adopted",
        occurred_us=at(day),
        user_id=f"user-of-{customer_id}",
        customer_id=customer_id,
        properties={"feature": name},
    )


def ticket(ticket_id: str, customer_id: str, day: float, status: str = "open") -> Ticket:
    return Ticket(
        ticket_id=ticket_id,
        customer_id=customer_id,
        stated_us=at(day),
        created_us=at(day) if status == "open" else None,
        status=TicketStatus(status),
    )


class House:
    """Store, warehouse and service of one venture; `say` is the door."""

    def __init__(self, folder: Path, location: str | Path | None = None) -> None:
        self.clock = FixedClock(START_US)
        self.store = Store.open(location or folder / "state")
        self.venture_id = self.store.ventures.ensure(
            "main", name="Main", currency="USD", timezone="UTC", now_us=START_US
        ).venture_id
        self.warehouse = DuckWarehouse(WarehouseFile.open(folder / "facts.duckdb", threads=2), self.clock)
        self.parameters: ParameterSet = resolve()
        self.mapping = FactMapping()
        self.keeper: ScoringWarehouse = ScoreKeeper(self.warehouse.engine)
        self._said = 0

    @property
    def service(self) -> ScoringService:
        return ScoringService(
            self.store,
            self.warehouse,
            self.keeper,
            venture_id=self.venture_id,
            parameters=lambda: self.parameters,
            mapping=self.mapping,
            default_scorecard=default_scorecard(),
            clock=self.clock,
            segments={"big": "arr >= 10000"},
        )

    def say(self, *records: Record) -> None:
        """Accept facts, as a door does."""
        rows = inbox_rows(records, first_place=self._said + 1, mapping=self.mapping)
        self._said += len(rows)
        self.store.inbox.append(rows)

    def refresh(self, day: float, **how: bool) -> RefreshResult:
        self.clock = FixedClock(at(day) + HOUR_US)
        return self.service.refresh(at(day), **how)

    def scores(self) -> dict[str, float]:
        """What lists show."""
        return {one.customer_id: one.score for one in self.store.health.each(self.venture_id)}

    def close(self) -> None:
        self.warehouse.close()
        self.store.close()
