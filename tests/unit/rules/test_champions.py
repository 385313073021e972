"""The champion left: what the owner is told, and who is the next best contact (Day one, 10)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.playbook_house import card, day, person

from tenure.model.cards import CustomerCard
from tenure.model.champions import Departure, Gone
from tenure.model.facts import CustomerStatus
from tenure.model.intents import CreateTask
from tenure.rules.champions import (
    champion_task,
    has_good_role,
    is_bare_address,
    lost_addresses,
    next_best_contact,
)
from tenure.rules.eligibility.consent import NOTHING_KNOWN, Permissions

NOW_US = day(0)
BUSY = person("busy", active_days_30=20)
LEAD = person("lead", active_days_30=8, role="Team lead", name="Lee Roe")
LOST = person("lost", active_days_30=0, name="Ann Doe")


def account(*people: Any) -> CustomerCard:
    return card(contacts=people or (LOST, BUSY, LEAD))


def lost(**said: Any) -> Departure:
    plain: dict[str, Any] = {"customer_id": "acme", "user_id": "lost", "how": Gone.silent, "at_us": day(-31), "is_primary": True, "is_main": False}
    return Departure(**(plain | said))


def best(*people: Any, permissions: Permissions = NOTHING_KNOWN) -> str | None:
    found = next_best_contact(account(*people), "lost", permissions)
    return None if found is None else found.user_id


def test_day_one_10_a_good_role_goes_before_more_activity() -> None:
    assert best() == "lead"
    assert best(LOST, BUSY, person("calm", active_days_30=3)) == "busy"


def test_day_one_10_nobody_silent_deactivated_suppressed_or_without_address_is_named() -> None:
    assert best(LOST, person("idle", active_days_30=0), person("gone", deactivated_us=1), person("mute", email=None)) is None
    assert best(permissions=Permissions(suppressed={"lead@example.com": frozenset({"email"})})) == "busy"


@pytest.mark.parametrize(("role", "good"), [("VP Sales", True), ("Co-founder", True), ("admin", True), ("Leading hand", False), (None, False)])
def test_day_one_10_good_roles_are_whole_words(role: str | None, good: bool) -> None:
    assert has_good_role(person(role=role)) is good


def test_day_one_10_the_owner_is_told_who_left_and_whom_to_speak_to() -> None:
    told = champion_task(lost(), account(), NOTHING_KNOWN, NOW_US)
    wish = told.wish
    assert isinstance(wish, CreateTask)
    assert (wish.kind, wish.assignee, wish.customer_id) == ("champion_left", "owner", "acme")
    assert wish.title == "The primary contact of Acme Ltd has fallen silent: speak to Lee Roe"
    assert "Ann Doe" in wish.script and "Lee Roe, Team lead, active on 8 of the last 30 days" in wish.script
    assert "lost" not in told.key and "Ann" not in told.key


def test_day_one_10_once_per_person_and_event() -> None:
    def key(**said: Any) -> str:
        return champion_task(lost(**said), account(), NOTHING_KNOWN, NOW_US).key

    assert key() == key(is_main=True)
    assert key() != key(at_us=day(40))  # came back, and fell silent again
    assert key() != key(how=Gone.deactivated)
    assert key(how=Gone.bounced) == key(how=Gone.bounced, at_us=day(3))  # every later bounce is the same


def test_day_one_10_a_primary_contact_may_be_an_address_alone() -> None:
    assert is_bare_address(card(primary_contact="boss@example.com"))
    assert not is_bare_address(card(primary_contact="u1@example.com"))
    assert not is_bare_address(card(primary_contact="u1"))


def test_day_one_10_a_bounced_address_of_a_customer_without_users_is_told() -> None:
    alone = card(email="hello@example.com", contacts=(), primary_contact=None)
    (told,) = lost_addresses([("acme", "acme", day(-1)), ("nobody", "nobody", day(-1))], [alone])
    assert (told.customer_id, told.user_id, told.how, told.is_primary) == ("acme", "", Gone.bounced, True)
    wish = champion_task(told, alone, NOTHING_KNOWN, NOW_US).wish
    assert isinstance(wish, CreateTask)
    assert wish.title == "The primary contact of Acme Ltd cannot be reached by mail any more: find another contact"
    assert wish.script.startswith("hello@example.com, ")


@pytest.mark.parametrize("said", [{"internal": True}, {"customer_status": CustomerStatus.churned}, {"contacts": (LOST,)}])
def test_day_one_10_no_bounce_of_internal_or_churned_customers_nor_of_users_is_an_address(said: dict[str, Any]) -> None:
    assert not list(lost_addresses([("acme", "acme", 1), ("acme", "", 1)], [card(**({"contacts": (), "primary_contact": None} | said))]))
