"""Who may enter a playbook: decisions P2-P4, M7, A5, A6, A16, A17, Day one 1 and 2, one customer at a time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.playbook_house import card, day, definition, enrollment, parameters

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.cause import CauseKind
from tenure.model.facts import CustomerStatus
from tenure.model.playbooks import Enrollment, EnrollmentState
from tenure.rules.playbooks.entering import NEVER_ENTERED, History, Outcome, Verdict, may_enter

NOW_US = day(0)


def enters(key: str, about: CustomerCard, *before: Enrollment, now_us: int = NOW_US, **more: Any) -> Verdict:
    history = History(enrollments=before, **{k: more.pop(k) for k in ("chain_is_open", "hands_off", "paused", "payments_are_known") if k in more})
    return may_enter(about, definition(key), history, parameters(), now_us, **more)


def ended(key: str, *, entered: float, ended: float, state: EnrollmentState = EnrollmentState.completed, **fields: Any) -> Enrollment:
    return enrollment(key, entered_us=day(entered), state=state, ended_us=day(ended), due_us=None, **fields)


CHURNED = {"customer_status": CustomerStatus.churned, "churned_us": day(-1), "score": None}
RENEWING = {"score": 80.0, "renewal_us": day(20), "term_days": 365}
FALLING = {"score": 80.0, "active_days_30": 5, "active_days_30_before": 12}


def test_A17_at_risk_waits_for_confirmation_before_it_enters() -> None:
    assert enters("at_risk", card()).outcome is Outcome.confirms
    assert enters("at_risk", card(), is_confirmed=True).outcome is Outcome.enters


@pytest.mark.parametrize("previous", [35.0, 60.0, None])
def test_A17_at_risk_enters_only_downward_from_healthy(previous: float | None) -> None:
    assert enters("at_risk", card(previous_score=previous)).outcome is Outcome.refused


def test_P2_cancelling_enters_at_once_whatever_the_score_and_takes_over_from_everything() -> None:
    about = card(score=90.0, customer_status=CustomerStatus.cancelling, cancel_requested_us=NOW_US)
    for key in ("critical", "renewal", "at_risk", "onboarding"):
        verdict = enters("cancelling", about, enrollment(key))
        assert verdict.outcome is Outcome.enters
        assert verdict.supersedes is not None and verdict.supersedes.playbook == key


def test_P2_a_second_cancellation_is_a_new_entry_the_same_one_is_not() -> None:
    about = card(customer_status=CustomerStatus.cancelling, cancel_requested_us=NOW_US)
    first = ended("cancelling", entered=0, ended=1, entry_key=f"cancellation:{NOW_US // DAY_US}")
    assert enters("cancelling", about, first).outcome is Outcome.refused
    later = msgspec.structs.replace(about, cancel_requested_us=day(5))
    assert enters("cancelling", later, first, now_us=day(5)).outcome is Outcome.enters


def test_P2_win_back_does_not_take_who_still_has_paid_time() -> None:
    about = card(customer_status=CustomerStatus.cancelling, last_login_us=day(-60))
    assert enters("win_back", about).outcome is Outcome.waits


def test_P3_a_trial_that_ended_unpaid_is_not_won_back() -> None:
    about = card(**(CHURNED | {"was_paying": False}))
    assert enters("win_back", about).outcome is Outcome.refused
    assert enters("win_back", about, payments_are_known=False).outcome is Outcome.enters


def test_day_one_9_win_back_takes_nobody_whose_payment_failed() -> None:
    about = card(**CHURNED, left_involuntarily=True)
    assert enters("win_back", about).outcome is Outcome.refused
    assert enters("win_back", about, by=CauseKind.trigger).outcome is Outcome.refused
    assert enters("win_back", card(**CHURNED)).outcome is Outcome.enters
    silent = card(score=80.0, days_since_login=60, last_login_us=day(-60), unpaid_invoice=True)
    assert enters("win_back", silent).outcome is Outcome.waits


def test_day_one_9_a_failed_payment_takes_its_own_path_beside_whatever_has_the_customer() -> None:
    about = card(unpaid_invoice=True, unpaid_since_us=day(-1))
    for key in ("critical", "renewal", "engagement"):
        verdict = enters("failed_payment", about, enrollment(key))
        assert (verdict.outcome, verdict.supersedes) == (Outcome.enters, None)
    beside = enters("critical", msgspec.structs.replace(about, score=20.0), enrollment("failed_payment"), by=CauseKind.trigger)
    assert (beside.outcome, beside.supersedes) == (Outcome.enters, None)


def test_day_one_9_each_failed_payment_is_met_once() -> None:
    about = card(unpaid_invoice=True, unpaid_since_us=day(-1))
    first = ended("failed_payment", entered=0, ended=5, entry_key=f"payment:{day(-1) // DAY_US}")
    assert enters("failed_payment", about, first).outcome is Outcome.refused
    again = msgspec.structs.replace(about, unpaid_since_us=day(30))
    assert enters("failed_payment", again, first, now_us=day(31)).outcome is Outcome.enters


def test_day_one_9_who_left_by_choice_is_no_payment_case() -> None:
    assert enters("payment_ended", card(**CHURNED)).outcome is not Outcome.enters
    assert enters("payment_ended", card(**CHURNED, left_involuntarily=True)).outcome is Outcome.enters


def test_M7_a_new_customer_belongs_to_onboarding() -> None:
    about = card(is_new=True, first_value_us=None, second_feature_us=None, spell_started_us=day(-5), stage="onboarding")
    assert enters("onboarding", about).outcome is Outcome.enters
    assert enters("at_risk", about).outcome is Outcome.waits
    assert enters("activation", msgspec.structs.replace(about, first_value_us=day(-9))).outcome is Outcome.waits


def test_internal_customers_are_in_no_playbook_even_by_a_persons_word() -> None:
    assert enters("critical", card(internal=True), by=CauseKind.person).outcome is Outcome.refused


def test_A5_another_campaign_waits_seven_days_from_the_end_of_the_last() -> None:
    about = card(**CHURNED)
    assert enters("win_back", about, ended("at_risk", entered=-20, ended=-6)).outcome is Outcome.waits
    assert enters("win_back", about, ended("at_risk", entered=-20, ended=-7)).outcome is Outcome.enters


def test_A5_a_lower_campaign_never_delays_the_critical_playbook() -> None:
    about = card(score=30.0)
    assert enters("critical", about, ended("at_risk", entered=-9, ended=0), by=CauseKind.trigger).outcome is Outcome.enters


def test_A5_what_never_entered_leaves_no_cooldown() -> None:
    gone = ended("at_risk", entered=-2, ended=-1, state=EnrollmentState.exited, reason=NEVER_ENTERED)
    assert enters("win_back", card(**CHURNED), gone).outcome is Outcome.enters


@pytest.mark.parametrize(
    ("higher", "lower", "about"),
    [("critical", "renewal", {"score": 30.0}), ("renewal", "at_risk", RENEWING), ("renewal", "engagement", RENEWING)],
)
def test_A6_a_higher_playbook_ends_the_lower(higher: str, lower: str, about: dict[str, Any]) -> None:
    by = CauseKind.trigger if higher == "critical" else CauseKind.playbook
    verdict = enters(higher, card(**about), enrollment(lower), by=by)
    assert verdict.outcome is Outcome.enters
    assert verdict.supersedes == enrollment(lower)


@pytest.mark.parametrize(("lower", "about"), [("engagement", FALLING), ("renewal", RENEWING)])
def test_A6_a_lower_one_waits_and_is_looked_at_again(lower: str, about: dict[str, Any]) -> None:
    assert enters(lower, card(**about), enrollment("critical")).outcome is Outcome.waits
    assert enters(lower, card(**about)).outcome is Outcome.enters


def test_A6_a_held_out_customer_is_taken_too() -> None:
    assert enters("engagement", card(**FALLING), enrollment("at_risk", state=EnrollmentState.held_out)).outcome is Outcome.waits


def test_A6_the_critical_playbook_does_not_take_a_cancelling_customer_away() -> None:
    assert enters("critical", card(score=30.0), enrollment("cancelling"), by=CauseKind.trigger).outcome is Outcome.refused


def test_A6_win_back_takes_dormant_customers_only_when_no_chain_is_open() -> None:
    about = card(score=30.0, last_login_us=day(-40), days_since_login=40)
    assert enters("win_back", about, chain_is_open=True).outcome is Outcome.waits
    assert enters("win_back", about).outcome is Outcome.enters
    assert enters("win_back", card(**CHURNED), chain_is_open=True).outcome is Outcome.enters


def test_A16_the_same_playbook_does_not_take_the_same_customer_twice_in_90_days() -> None:
    about = card(**FALLING)
    assert enters("engagement", about, ended("engagement", entered=-89, ended=-60)).outcome is Outcome.refused
    assert enters("engagement", about, ended("engagement", entered=-90, ended=-60)).outcome is Outcome.enters


def test_A16_onboarding_takes_a_customer_once_per_spell() -> None:
    fields = {"is_new": True, "first_value_us": None, "second_feature_us": None, "spell_started_us": day(-4)}
    this_spell = ended("onboarding", entered=-1, ended=0)
    last_spell = ended("onboarding", entered=-200, ended=-190, entry_key="spell:1")
    assert enters("onboarding", card(**fields), this_spell).outcome is Outcome.refused
    assert enters("onboarding", card(**fields), last_spell).outcome is Outcome.enters


def test_A16_renewal_takes_a_customer_once_per_renewal_date() -> None:
    about = card(**RENEWING)
    first = enters("renewal", about)
    before = ended("renewal", entered=-1, ended=0, entry_key=first.entry_key)
    assert enters("renewal", about, before).outcome is Outcome.refused
    moved = msgspec.structs.replace(about, renewal_us=day(25))
    assert enters("renewal", moved, before).outcome is Outcome.enters


def test_A16_critical_is_bound_by_the_triggers_cooldown_only() -> None:
    before = ended("critical", entered=-8, ended=-2)
    assert enters("critical", card(score=30.0), before, by=CauseKind.trigger, entry_key="execution:2").outcome is Outcome.enters


def test_the_same_order_of_a_trigger_twice_is_one_entry() -> None:
    before = ended("critical", entered=-1, ended=0, entry_key="execution:2")
    assert enters("critical", card(score=30.0), before, by=CauseKind.trigger, entry_key="execution:2").outcome is Outcome.refused


def test_day_one_1_hands_off_lets_nobody_in() -> None:
    assert enters("at_risk", card(), hands_off="on leave").outcome is Outcome.waits
    assert enters("critical", card(score=30.0), hands_off="on leave", by=CauseKind.trigger).outcome is Outcome.refused


@pytest.mark.parametrize(
    "trouble",
    [
        {"open_tickets": 1, "open_urgent_tickets": 1},
        {"open_tickets": 1, "oldest_open_ticket_us": day(-4)},
        {"unpaid_invoice": True},
    ],
)
def test_day_one_2_journeys_wait_during_trouble_rescues_do_not(trouble: dict[str, Any]) -> None:
    assert enters("engagement", card(**FALLING, **trouble)).outcome is Outcome.waits
    assert enters("critical", card(**({"score": 30.0} | trouble)), by=CauseKind.trigger).outcome is Outcome.enters


def test_a_paused_playbook_takes_nobody_but_rescues_go_on() -> None:
    assert enters("engagement", card(**FALLING), paused="too many complaints").outcome is Outcome.waits
    assert enters("critical", card(score=30.0), paused="x", by=CauseKind.trigger).outcome is Outcome.enters


def test_P8_monthly_plans_never_enter_renewal() -> None:
    about = card(**(RENEWING | {"term_days": 30}))
    assert enters("renewal", about).outcome is Outcome.waits
