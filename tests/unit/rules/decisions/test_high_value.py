"""A13: told once, at most once in 30 days, never of a first score (M7)."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.facts import CustomerStatus
from tenure.model.health import HealthStatus
from tenure.model.intents import AskDecision
from tenure.rules.card_fields import LOOP, card_profile
from tenure.rules.conditions import holds, parse_condition
from tenure.rules.decisions.high_value import WATCHES, tell

NOW = 20_514 * DAY_US


def card(**fields: Any) -> CustomerCard:
    known: dict[str, Any] = {"health_status": HealthStatus.critical, "score": 30.0, "previous_score": 75.0, "arr_cents": 1_000_000}
    return CustomerCard(customer_id="c1", as_of_us=NOW, **{**known, **fields})


def test_a13_the_chairman_is_told_with_options_and_without_waiting() -> None:
    intent = tell(card(), {}, NOW)
    assert intent is not None and isinstance(intent.wish, AskDecision)
    assert (intent.wish.kind, intent.wish.rung, intent.wish.context) == ("executive_call", "chairman", {"told": True})


@pytest.mark.parametrize(("days_ago", "told"), [(29, False), (30, True)])
def test_a13_at_most_once_in_thirty_days(days_ago: int, told: bool) -> None:
    assert (tell(card(), {"c1": NOW - days_ago * DAY_US}, NOW) is not None) is told


def test_m7_a_first_score_or_a_new_customer_is_not_told_of() -> None:
    assert tell(card(previous_score=None), {}, NOW) is None
    assert tell(card(is_new=True), {}, NOW) is None


@pytest.mark.parametrize(
    ("fields", "watches"),
    [
        ({}, {"high_value_at_risk", "high_value_critical"}),
        ({"health_status": HealthStatus.at_risk}, {"high_value_at_risk"}),
        ({"health_status": HealthStatus.healthy}, set()),
        ({"arr_cents": 999_999}, set()),
        ({"arr_cents": None}, set()),
        ({"is_new": True}, set()),
    ],
)
def test_a13_the_watches_are_about_customers_at_or_above_high_value_arr(fields: dict[str, Any], watches: set[str]) -> None:
    profile = card_profile(card(customer_status=CustomerStatus.active, **fields), NOW)
    limit = {"high_value_arr": 10_000.0}
    assert {name for name, text in WATCHES.items() if holds(parse_condition(text, LOOP, limit), profile)} == watches
