"""One alert for a family: its parent's owner is told, the children are named (Day one, 8)."""

from __future__ import annotations

from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import DAY_US, HOUR_US
from tenure.model.intents import Intent, RaiseAlert
from tenure.rules.families import FAMILY

NOW = MONDAY_10_US


def critical(house: House, customer_id: str) -> Intent:
    return house.intent(RaiseAlert(kind="critical_customer", title=f"{customer_id} is critical", customer_id=customer_id))


def family(house: House) -> None:
    """A parent of Lee's with two children whose records name Ola."""
    house.card("top", name="Acme Group", owner="lee@example.com", score=80.0)
    for one in ("north", "south"):
        house.card(one, name=f"Acme {one.capitalize()}", parent_id="top", owner="ola@example.com")


def test_day_one_8_a_family_has_one_alert_told_to_the_parents_owner_with_the_children_named(house: House) -> None:
    family(house)
    house.alerts.carry_out([critical(house, "north"), critical(house, "south")], NOW)
    (told,) = house.touches.to("lee@example.com")
    assert house.touches.to("ola@example.com") == []
    text = str(told.content["text"])
    assert "Family: Acme Group" in text and "Also critical in this family" in text and "Acme South" in text
    joined = [one for one in house.store.alerts.list(house.own) if one.delivery.startswith(FAMILY)]
    assert [(one.customer_id, one.answer_due_us) for one in joined] == [("south", None)]
    assert house.alerts.escalate(NOW + 3 * DAY_US) == 1  # one alert, one escalation


def test_day_one_8_a_child_that_follows_within_a_day_is_added_to_the_open_alert(house: House) -> None:
    family(house)
    first, second = critical(house, "north"), critical(house, "south")
    house.alerts.carry_out([first], NOW)
    before = len(house.touches.wanted)
    for _ in range(2):  # killed in between, the same again
        house.alerts.carry_out([second], NOW + HOUR_US)
    assert len(house.touches.wanted) == before
    assert "Acme South" in str(house.touches.to("lee@example.com")[0].content["text"])
    house.alerts.carry_out([critical(house, "south")], NOW + 2 * DAY_US)
    assert len(house.touches.wanted) > before  # another day, another alert


def test_day_one_8_a_customer_without_family_is_told_as_ever(house: House) -> None:
    house.card("c1")
    house.alerts.carry_out([critical(house, "c1")], NOW)
    (told,) = house.touches.to("ola@example.com")
    assert "Family" not in str(told.content["text"])
