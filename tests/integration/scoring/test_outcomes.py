"""What became of customers, as the kept scores and the facts tell it (M12, M13)."""

from __future__ import annotations

from tests.integration.scoring.house import House, at, customer, feature, login

from tenure.clock import HOUR_US
from tenure.model.facts import CustomerStatus
from tenure.model.health import HealthStatus
from tenure.parameters import resolve
from tenure.ports.effect import AskedCase, Became
from tenure.warehouse.loop.outcomes import WarehouseHistory, left_us

CRITICAL, AT_RISK, HEALTHY = HealthStatus.critical, HealthStatus.at_risk, HealthStatus.healthy


def became(house: House, day: float, *names: str, start: float = 0.5, end: float = 30.0) -> dict[str, Became]:
    history = WarehouseHistory(
        house.warehouse.engine,
        lambda now_us, keys: house.warehouse.accumulated_view(now_us, house.mapping, keys),
        lambda: house.mapping,
    )
    asked = [
        AskedCase(case_id=number, customer_id=name, start_us=at(start), end_us=at(end), wants_login=True)
        for number, name in enumerate(names)
    ]
    found = history.became(asked, at(day) + HOUR_US)
    return {names[number]: one for number, one in found.items()}


def bands(found: Became) -> set[HealthStatus]:
    return {status for _, status in found.days}


def test_M12_each_daily_refresh_within_the_horizon_shows_its_status(house: House) -> None:
    house.say(customer("up"), customer("still"))
    house.refresh(0.4, full=True)
    house.say(login("up", 3.5), feature("up", "export", 3.5), feature("up", "alerts", 3.6))
    for day in (4, 5, 12):
        house.refresh(day, full=True)
    found = became(house, 13, "up", "still", "nobody")
    assert set(found) == {"up", "still"}
    assert bands(found["still"]) == {CRITICAL}
    assert set(found["up"].days) == {(at(4), HEALTHY), (at(5), HEALTHY), (at(12), AT_RISK)}
    early = became(house, 13, "up", end=3.9)
    assert early["up"].days == ()


def test_a_refresh_of_touched_customers_is_no_daily_one(house: House) -> None:
    house.say(customer("up"))
    house.refresh(0.4, full=True)
    house.say(login("up", 3.5), feature("up", "export", 3.5), feature("up", "alerts", 3.6))
    house.refresh(3.7, touched_only=True)
    assert became(house, 4, "up")["up"].days == ()


def test_M12_what_only_configuration_brought_about_does_not_count(house: House) -> None:
    house.say(customer("points"), login("points", 0.2), feature("points", "export", 0.2))
    house.say(customer("limit"), login("limit", 0.2))
    house.refresh(3, full=True)
    assert house.scores() == {"points": 65.0, "limit": 60.0}
    house.parameters = resolve({"points_per_feature": 10, "healthy_threshold": 60})
    house.refresh(4, full=True)
    assert {one.status for one in house.store.health.each(house.venture_id)} == {HEALTHY}
    found = became(house, 5, "points", "limit", start=3.5)
    assert bands(found["points"]) == bands(found["limit"]) == {AT_RISK}
    house.say(feature("points", "alerts", 4.5))
    house.refresh(5, full=True)
    assert became(house, 6, "points", start=3.5)["points"].days[-1] == (at(5), HEALTHY)


def test_M12_an_override_makes_nobody_recover_but_may_say_they_did_not(house: House) -> None:
    house.say(customer("low"), customer("high"), login("high", 0.3))
    house.refresh(0.4, full=True)
    for name, status in (("low", HEALTHY), ("high", CRITICAL)):
        house.store.overrides.add(
            house.venture_id, name, score=None, status=status, reason="r", person="kim", from_us=at(0.5), until_us=at(20), now_us=at(0.5)
        )
    house.refresh(1, full=True)
    shown = {one.customer_id: one.status for one in house.store.health.each(house.venture_id)}
    found = became(house, 2, "low", "high")
    assert shown == {"low": HEALTHY, "high": CRITICAL}
    assert bands(found["low"]) == {CRITICAL}
    assert bands(found["high"]) == {CRITICAL}


def test_who_left_and_who_came_back_is_told_from_the_facts(house: House) -> None:
    left = {"status": CustomerStatus.churned, "churned_us": at(10), "created_us": at(0)}
    house.say(customer("stays"), customer("left"), customer("back"), login("back", 0.1))
    house.refresh(0.4, full=True)
    house.say(customer("left", 10, **left))
    house.say(customer("back", 10, **left))
    house.refresh(11, full=True)
    house.say(customer("back", 20, status=CustomerStatus.active, created_us=at(0)), login("back", 21))
    house.refresh(22, full=True)
    found = became(house, 40, "stays", "left", "back")
    assert {name: one.left_us for name, one in found.items()} == {"stays": None, "left": at(10), "back": None}
    assert found["back"].back_us is not None and found["back"].back_us >= at(10)
    assert (found["back"].login_us, found["stays"].login_us) == (at(21), None)
    assert became(house, 40, "back", end=15)["back"].left_us == at(10)


def test_between_two_spells_nobody_is_a_customer() -> None:
    spells = [(None, 10), (30, 50)]
    assert [left_us(spells, moment) for moment in (5, 10, 29, 30, 49, 50, 60)] == [None, 10, 10, None, None, 50, 50]
