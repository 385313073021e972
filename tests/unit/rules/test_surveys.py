"""Whose turn it is to be asked (C7, I4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.facts import CustomerStatus
from tenure.parameters import DEFAULTS
from tenure.rules.surveys import Asked, Asking, first_turn_us, milestone_condition, needs_reminder, turn_of

NOW = 20_000 * DAY_US
LIVE = NOW - 200 * DAY_US


def card(**others: Any) -> CustomerCard:
    return CustomerCard(**({"customer_id": "c1", "as_of_us": NOW} | others))


def asked(days_ago: int, **others: Any) -> Asked:
    return Asked(customer_id="c1", survey="nps", deployed_us=NOW - days_ago * DAY_US, **others)


def turn(last: Asked | None, before: bool = False, live_us: int = LIVE, **others: Any) -> Asking:
    return turn_of(card(**others), last, live_us, before, DEFAULTS, NOW)


def test_C7_asked_at_the_milestone_then_every_interval() -> None:
    assert turn(None) is Asking.milestone
    assert turn(asked(89)) is Asking.nobody
    assert turn(asked(90)) is Asking.interval


def test_C7_the_milestones_are_conditions() -> None:
    assert milestone_condition("first_value_realization") == "days_since_first_value is known"
    assert milestone_condition("onboarding_complete") == "tenure_days >= 14"
    assert milestone_condition("60_day_checkpoint") == "tenure_days >= 60"


def test_P2_who_is_leaving_or_gone_is_not_asked_for_a_recommendation() -> None:
    for status in (CustomerStatus.cancelling, CustomerStatus.churned, CustomerStatus.paused):
        assert turn(None, customer_status=status) is Asking.nobody
    assert turn(None, internal=True) is Asking.nobody


def test_customers_from_before_going_live_are_asked_over_the_first_interval() -> None:
    assert turn(None, before=True, live_us=NOW - 90 * DAY_US) is Asking.milestone
    days = Counter((first_turn_us(f"c{number}", LIVE, 90 * DAY_US) - LIVE) // DAY_US for number in range(9_000))
    assert set(days) == set(range(90))
    assert max(days.values()) < 160


def test_I4_one_reminder_after_four_days_and_none_for_old_ones() -> None:
    assert not needs_reminder(asked(3), NOW)
    assert needs_reminder(asked(4), NOW)
    assert not needs_reminder(asked(5, reminded_us=NOW), NOW)
    assert not needs_reminder(asked(5, answered_us=NOW), NOW)
    assert not needs_reminder(asked(30), NOW)
