"""Accounts with more than 5 users are looked at by active users per seat (Day one, 12)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.scoring.house import House, at, customer, feature, login

from tenure.model.facts import Event, User
from tenure.model.health import HealthStatus, SeatUse
from tenure.parameters import resolve
from tenure.parameters.presets import preset
from tenure.warehouse.seats import seat_uses


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.say(customer("large", seats=20), customer("busy", seats=6), customer("small", seats=3), customer("unsaid"))
    for name in ("large", "busy", "small"):
        made.say(login(name, 9.5), feature(name, "a", 9), feature(name, "b", 9), feature(name, "c", 9))
    made.say(*(Event(name="saved", occurred_us=at(9.6), user_id=f"busy-{n}", customer_id="busy") for n in range(4)))
    made.say(*(User(user_id=f"unsaid-{n}", customer_id="unsaid", stated_us=at(1)) for n in range(7)))
    yield made
    made.close()


def test_day_one_12_with_the_enterprise_preset_one_login_of_twenty_seats_is_not_healthy(house: House) -> None:
    house.refresh(10)
    assert house.store.health.get(house.venture_id, "large").status is HealthStatus.healthy
    house.parameters = resolve(dict(preset("enterprise B2B").values))
    house.refresh(10.1)
    found = {name: house.store.health.get(house.venture_id, name) for name in ("large", "busy", "small")}
    assert {name: one.scorecard_version.partition("@")[0] for name, one in found.items()} == {
        "large": "seats", "busy": "seats", "small": "default",
    }  # fmt: skip
    assert found["large"].status is HealthStatus.at_risk
    assert (found["busy"].status, found["small"].status) == (HealthStatus.healthy, HealthStatus.healthy)
    assert "5 % of seats in use" in " ".join(one.sentence for one in house.service.explain("large").health.readings)


def test_day_one_12_the_page_says_active_users_per_seat_of_accounts_with_more_than_five_users(house: House) -> None:
    house.service.drain(at(10))
    view = house.warehouse.accumulated_view(at(10), house.mapping)
    found = seat_uses(view, ["large", "busy", "small", "unsaid", "nobody"])
    assert found == {
        "large": SeatUse(seats=20, active_users=1),
        "busy": SeatUse(seats=6, active_users=5),
        "unsaid": SeatUse(seats=7, active_users=0, are_bought=False),
    }
    assert found["large"].sentence == "1 of 20 seats active in 30 days (5 %)"
    assert found["unsaid"].sentence == "0 of 7 known users active in 30 days (0 %)"
