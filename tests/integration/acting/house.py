"""A venture with a team, a ledger of wanted touches in memory, and the services of decisions, alerts, tasks and safety."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from msgspec import structs

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import Contact, CustomerCard, LostPoints
from tenure.model.cause import Cause, CauseKind
from tenure.model.health import HealthStatus
from tenure.model.intents import Intent, Wish
from tenure.model.touches import Touch
from tenure.model.ventures import Role, Venture
from tenure.parameters.resolving import resolve
from tenure.ports.touches import WantedTouch
from tenure.services.alerts.service import AlertService
from tenure.services.decisions.links import DecisionLinks
from tenure.services.decisions.service import DecisionService
from tenure.services.tasks.service import TaskService
from tenure.store import Store
from tenure.store.loop_tables import recursion_executions
from tenure.store.statements import new_id

MONDAY_10_US = 20_514 * DAY_US + 10 * HOUR_US
"""2 March 2026, 10:00 UTC, a Monday."""
_numbers = count(1)


class MemoryTouches:
    """The part of the ledger that is asked for here; keys make a touch one."""

    def __init__(self) -> None:
        self.wanted: dict[str, WantedTouch] = {}
        self.withdrawn: list[dict[str, Any]] = []
        self.revised: list[str] = []

    def want(self, venture_id: int, wanted: Sequence[WantedTouch], *, now_us: int) -> int:
        new = [one for one in wanted if one.key not in self.wanted]
        self.wanted.update((one.key, one) for one in new)
        return len(new)

    def revise(self, venture_id: int, key: str, content: dict[str, object], *, now_us: int) -> bool:
        if key not in self.wanted:
            return False
        self.wanted[key] = structs.replace(self.wanted[key], content=content)
        self.revised.append(key)
        return True

    def by_keys(self, venture_id: int, keys: Sequence[str]) -> Sequence[Touch]:
        return []

    def of_enrollments(self, venture_id: int, enrollment_ids: Sequence[int]) -> Sequence[Touch]:
        return []

    def withdraw(self, venture_id: int, **which: Any) -> int:
        self.withdrawn.append(which)
        return 1

    def to(self, place: str) -> list[WantedTouch]:
        return [one for one in self.wanted.values() if one.to == place]


class House:
    """One venture and everything its services need; `values` are parameters it set."""

    def __init__(self, store: Store, values: dict[str, object] | None = None) -> None:
        self.store, self.touches = store, MemoryTouches()
        key = f"house{next(_numbers)}"
        self.venture: Venture = store.ventures.ensure(key, name="Acme", currency="USD", timezone="UTC", now_us=1)
        self.own = self.venture.venture_id
        self.parameters = resolve(values or {})
        for name, role in (("Cleo", Role.chairman), ("Lee", Role.lead), ("Ola", Role.csm), ("Ada", Role.admin)):
            store.people.add(self.own, name=name, email=f"{name.lower()}@example.com", role=role, now_us=1)
        self.links = DecisionLinks(lambda: store.secrets.signing_key("decision"), key, "https://tenure.example.com")
        self.alerts = AlertService(store, self.touches, self.venture, lambda: self.parameters)
        self.tasks = TaskService(store, self.touches, self.venture, lambda: self.parameters)
        self.decisions = DecisionService(store, self.touches, self.venture, lambda: self.parameters, self.links)

    def card(self, customer_id: str = "c1", **fields: Any) -> CustomerCard:
        """Keep a critical customer's card and give it."""
        known: dict[str, Any] = {
            "as_of_us": MONDAY_10_US,
            "name": f"Customer {customer_id}",
            "owner": "ola@example.com",
            "arr_cents": 500_000,
            "monthly_cents": 41_667,
            "was_paying": True,
            "score": 32.0,
            "previous_score": 55.0,
            "health_status": HealthStatus.critical,
            "renewal_us": MONDAY_10_US + 60 * DAY_US,
            "last_login_us": MONDAY_10_US - 12 * DAY_US,
            "open_tickets": 2,
            "lost": (LostPoints(measure="login", component="engagement", points=25.0, sentence="No login for 12 days"),),
            "primary_contact": "u1",
            "contacts": (Contact(user_id="u1", name="Pat", email="pat@example.com"),),
        }
        card = CustomerCard(customer_id=customer_id, **{**known, **fields})
        self.store.cards.put(self.own, [card])
        return card

    def intent(self, wish: Wish, key: str = "", **cause: Any) -> Intent:
        made = Cause(kind=CauseKind.trigger, trigger="RETENTION-001", trigger_version=1, **cause)
        return Intent(key=key or f"k{next(_numbers)}", wish=wish, cause=made)

    def pending(self, kind: str, now_us: int = 10**18) -> list[Any]:
        return [one.wish for one in self.store.intents.pending(self.own, kind, now_us=now_us)]


def ended_chain(house: House, customer_id: str, *, reason: str, ended_us: int) -> int:
    """A chain that is over, straight into its table: its own room writes it in production."""
    values = {"trigger_id": "RETENTION-001", "trigger_version": 1, "subject": customer_id, "firing_key": f"f{next(_numbers)}"}
    times = {"opened_us": MONDAY_10_US - DAY_US, "terminated_us": ended_us}
    others = {"state": "terminated", "reason": reason, "iteration": 1, "actions": 0, "cause": {}, "outcome": {}}
    with house.store._database.writing() as connection:
        return new_id(connection, recursion_executions, venture_id=house.own, **values, **times, **others)
