"""Who of the people customers depend on left, found for all customers at once (Day one, 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.integration.scoring.house import House, at, customer

from tenure.model.champions import Gone
from tenure.model.facts import Event, Record, User
from tenure.warehouse.loop.champions import Bounce, departures

SILENT_DAYS = 30


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def user(user_id: str, customer_id: str = "acme", **said: object) -> User:
    return User(user_id=user_id, customer_id=customer_id, stated_us=at(0.5), email=f"{user_id}@example.com", **said)  # type: ignore[arg-type]


def works(user_id: str, days: Sequence[float], customer_id: str = "acme") -> list[Record]:
    return [Event(name="saved", occurred_us=at(one), user_id=user_id, customer_id=customer_id) for one in days]


def gone(house: House, since: float, now: float, *bounces: Bounce) -> list[tuple[str, str, str, bool, bool]]:
    house.service.drain(at(now))
    view = house.warehouse.accumulated_view(at(now), house.mapping)
    found = departures(view, at(since), SILENT_DAYS, bounces)
    return [(one.customer_id, one.user_id, one.how.value, one.is_primary, one.is_main) for one in found]


def test_day_one_10_the_main_user_who_falls_silent_is_found_on_that_day_and_not_the_rest(house: House) -> None:
    house.say(customer("acme"), user("main"), user("other"), user("rare"))
    house.say(*works("main", range(1, 20)), *works("other", range(1, 60, 8)), *works("rare", [3]))
    assert gone(house, 47, 48) == []
    assert gone(house, 48, 49) == [("acme", "main", "silent", False, True)]
    assert gone(house, 49, 50) == []


def test_day_one_10_an_account_that_is_silent_altogether_is_healths_matter(house: House) -> None:
    house.say(customer("acme"), user("main"), user("other"))
    house.say(*works("main", range(1, 20)), *works("other", range(1, 11)))
    assert gone(house, 40, 60) == []


def test_day_one_10_the_silence_of_an_only_person_and_of_churned_or_internal_customers_is_no_news(house: House) -> None:
    house.say(customer("alone"), user("one", "alone"), customer("ours", internal=True), user("a", "ours"), user("b", "ours"))
    house.say(*works("one", range(1, 20), "alone"), *works("a", range(1, 20), "ours"), *works("b", range(1, 60), "ours"))
    assert gone(house, 40, 60) == []


def test_day_one_10_a_deactivated_primary_contact_or_main_user_is_found_however_it_is_named(house: House) -> None:
    house.say(customer("acme", primary_contact="BOSS@example.com"), user("boss", deactivated_us=at(10)))
    house.say(user("main", deactivated_us=at(11)), user("rare", deactivated_us=at(11)), user("stays"), *works("main", range(1, 10)), *works("rare", [2]))
    assert gone(house, 9, 12) == [("acme", "boss", "deactivated", True, False), ("acme", "main", "deactivated", False, True)]


def test_day_one_10_a_bounce_counts_for_who_matters_only(house: House) -> None:
    house.say(customer("acme", primary_contact="boss"), user("boss"), user("rare"), user("main"), *works("main", range(1, 10)))
    bounces = [("acme", name, at(9.5)) for name in ("boss", "rare", "main", "nobody")]
    assert gone(house, 9, 10, *bounces) == [
        ("acme", "boss", Gone.bounced.value, True, False),
        ("acme", "main", Gone.bounced.value, False, True),
    ]
