"""The crew tells owners of champions who left: once, only since going live, in one task (Day one, 10)."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import DAY_US
from tenure.crew.health_monitoring_specialist import HealthMonitoringSpecialist
from tenure.crew.rooms import Rooms
from tenure.model.cards import Contact, CustomerCard
from tenure.model.champions import Departure, Gone
from tenure.model.incidents import Mode
from tenure.model.intents import CreateTask, Intent
from tenure.model.touches import Channel

NOW_US = MONDAY_10_US


class Senses:
    """Two people of one customer left, and what was asked is remembered."""

    def __init__(self, card: CustomerCard) -> None:
        self.card = card
        self.since: list[int] = []
        self.subjects = self

    def departures(self, since_us: int, now_us: int) -> Sequence[Departure]:
        self.since.append(since_us)
        made = {"customer_id": "c1", "at_us": NOW_US - 2 * DAY_US, "is_primary": True, "is_main": True}
        return [Departure(user_id="u1", how=how, **made) for how in (Gone.deactivated, Gone.bounced)]  # type: ignore[arg-type]

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        return [self.card] if customer_ids else []


def specialist(house: House, senses: Senses) -> HealthMonitoringSpecialist:
    return HealthMonitoringSpecialist(cast(Rooms, SimpleNamespace(stores=house.store, own=house.own, senses=senses)))


def account(house: House) -> CustomerCard:
    people = (
        Contact(user_id="u1", name="Pat", email="pat@example.com", deactivated_us=1),
        Contact(user_id="u2", name="Sue", email="sue@example.com", role="admin", active_days_30=3),
        Contact(user_id="u3", name="Lou", email="lou@example.com", active_days_30=9),
    )
    return house.card(contacts=people)


def test_day_one_10_the_owner_is_told_once_per_person_and_event_since_going_live(house: House) -> None:
    senses = Senses(account(house))
    crew = specialist(house, senses)
    assert crew.champions(NOW_US) == {"told": 0}
    assert not senses.since  # a venture that only watches is told nothing (A1)
    house.store.controls.switch(house.own, Mode.live, by="kim", why="go", now_us=NOW_US - DAY_US)
    assert crew.champions(NOW_US) == {"told": 2}
    assert crew.champions(NOW_US + DAY_US) == {"told": 0}
    assert senses.since == [NOW_US - DAY_US] * 2  # late facts are looked for again, never those of before going live
    pending: list[Intent] = list(house.store.intents.pending(house.own, "create_task", now_us=NOW_US))
    house.tasks.carry_out(pending, NOW_US)
    tasks = house.store.tasks.list(house.own)
    assert {one.assignee for one in tasks} == {"ola@example.com"}
    assert all("speak to Sue" in one.title for one in tasks)


def test_day_one_10_a_suppressed_contact_is_not_named(house: House) -> None:
    senses = Senses(account(house))
    house.store.controls.switch(house.own, Mode.live, by="kim", why="go", now_us=NOW_US - DAY_US)
    house.store.suppressions.add(house.own, ["sue@example.com"], Channel.email, reason="bounced", by="test", now_us=1)
    specialist(house, senses).champions(NOW_US)
    wishes: list[Any] = [one for one in house.pending("create_task") if isinstance(one, CreateTask)]
    assert wishes and all("speak to Lou" in one.title for one in wishes)
