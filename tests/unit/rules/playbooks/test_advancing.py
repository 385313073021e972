"""What a running enrollment does next: delays, conditions, exits, answers; decisions A8-A10, A14, A15, A17, A18, A23, A28."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.playbook_house import MONDAY_US, card, day, definition, enrollment, parameters

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.facts import CustomerStatus
from tenure.model.playbooks import Enrollment, EnrollmentState, StepDone, StepOutcome
from tenure.model.touches import Response, ResponseKind
from tenure.parameters import ParameterSet
from tenure.rules.playbooks.advancing import Advance, Situation, Way, next_acts

CANCELLING = {"customer_status": CustomerStatus.cancelling}
CHURNED = {"customer_status": CustomerStatus.churned, "churned_us": day(-1), "score": None}
FRIDAY_18_US = MONDAY_US + 4 * DAY_US + 18 * HOUR_US


def acts(
    one: Enrollment, about: CustomerCard, now_us: int, own: ParameterSet | None = None, **situation: Any
) -> Advance:
    return next_acts(one, definition(one.playbook), Situation(card=about, parameters=own or parameters(), **situation), now_us)


def steps(found: Advance) -> list[str]:
    return [deed.step.step for deed in found.deeds]


def done(step: str, at_us: int, outcome: StepOutcome = StepOutcome.wanted) -> StepDone:
    return StepDone(enrollment_id=7, customer_id="acme", step=step, repeat=0, outcome=outcome, at_us=at_us, due_us=at_us)


def said(kind: ResponseKind, at_us: int) -> Response:
    return Response(key=f"r{at_us}", kind=kind, occurred_us=at_us, customer_id="acme")


def test_at_risk_writes_on_day_0_3_and_7() -> None:
    first = acts(enrollment("at_risk"), card(), day(0))
    assert steps(first) == ["personal_email"]
    assert first.after.due_us == day(3)
    second = acts(first.after, card(), day(3))
    assert steps(second) == ["feature_guide"]
    third = acts(second.after, card(), day(7))
    assert steps(third) == ["call_invitation", "check_in_call"]
    assert third.after.state is EnrollmentState.running


def test_the_days_of_steps_follow_their_parameters() -> None:
    own = parameters(at_risk_guide_delay_days=5)
    first = acts(enrollment("at_risk"), card(), day(0), own)
    assert first.after.due_us == day(5)


def test_the_same_moment_again_wants_nothing() -> None:
    first = acts(enrollment("at_risk"), card(), day(0))
    again = acts(first.after, card(), day(0), log=first.log)
    assert again.after == first.after and not again.deeds and not again.log


def test_A17_a_step_leaves_silently_when_the_entry_condition_no_longer_holds() -> None:
    one = enrollment("at_risk", next_step=1, due_us=day(3))
    found = acts(one, card(score=35.0), day(3))
    assert found.after.state is EnrollmentState.exited
    assert not found.deeds and not found.log and not found.asks_if_helped


def test_A18_a_skipped_step_never_blocks_the_next() -> None:
    found = acts(enrollment("critical"), card(score=30.0, arr_cents=0), day(0))
    assert [(line.step, line.outcome.value) for line in found.log] == [("alert", "skipped"), ("call", "skipped"), ("letter", "wanted")]
    assert all(line.reason for line in found.log if line.outcome is StepOutcome.skipped)


def test_R6_a_customer_known_to_pay_nothing_gets_a_letter_and_neither_call_nor_escalation() -> None:
    first = acts(enrollment("critical"), card(score=30.0, arr_cents=0), day(0))
    later = acts(first.after, card(score=30.0, arr_cents=0), day(5), log=first.log)
    assert steps(first) == ["letter"] and steps(later) == []


def test_unknown_arr_is_not_zero() -> None:
    assert steps(acts(enrollment("critical"), card(score=30.0, arr_cents=None), day(0))) == ["alert", "call"]


def test_A11_alert_and_escalation_of_a_chain_are_left_to_the_chain() -> None:
    one = enrollment("critical", execution_id=3)
    first = acts(one, card(score=30.0), day(0))
    later = acts(first.after, card(score=30.0), day(5), log=first.log)
    assert steps(first) == ["call"] and steps(later) == []
    assert "chain" in first.log[0].reason


def test_A10_a_friday_evening_is_called_on_monday_and_escalated_on_tuesday() -> None:
    one = enrollment("critical", entered_us=FRIDAY_18_US)
    found = acts(one, card(score=30.0), FRIDAY_18_US)
    call = next(deed for deed in found.deeds if deed.step.step == "call")
    monday_10_us = MONDAY_US + 7 * DAY_US + 10 * HOUR_US
    assert call.task_due_us == monday_10_us
    assert found.after.due_us == monday_10_us + DAY_US


def test_A10_the_hours_are_the_customers_own() -> None:
    one = enrollment("critical", entered_us=MONDAY_US + 3 * HOUR_US)
    found = acts(one, card(score=30.0, timezone="Asia/Tokyo"), MONDAY_US + 3 * HOUR_US)
    assert next(deed for deed in found.deeds if deed.step.step == "call").task_due_us == MONDAY_US + 27 * HOUR_US


def test_A14_an_answer_ends_a_campaign_and_stops_its_escalation() -> None:
    first = acts(enrollment("critical"), card(score=30.0), day(0))
    found = acts(first.after, card(score=30.0), day(2.1), log=first.log, responses=[said(ResponseKind.replied, day(1))])
    assert found.after.state is EnrollmentState.completed and found.after.responded_us == day(1)
    assert not found.deeds


@pytest.mark.parametrize("kind", [ResponseKind.login, ResponseKind.key_event, ResponseKind.opened, ResponseKind.scanner_click,
                                  ResponseKind.auto_reply, ResponseKind.not_reached])  # fmt: skip
def test_A14_logins_opens_and_calls_not_reached_stop_nothing(kind: ResponseKind) -> None:
    first = acts(enrollment("critical"), card(score=30.0), day(0))
    found = acts(first.after, card(score=30.0), day(2.1), log=first.log, responses=[said(kind, day(1))])
    assert found.after.responded_us is None
    assert steps(found) == ["escalation"]


def test_A14_an_answer_after_the_window_is_none() -> None:
    one = enrollment("win_back", next_step=3, due_us=day(90), entered_us=day(0))
    late = [said(ResponseKind.replied, day(30))]
    assert acts(one, card(**CHURNED), day(31), log=[done("exit_survey", day(0))], responses=late).after.responded_us is None
    assert acts(one, card(**CHURNED), day(31), log=[done("offer", day(20))], responses=late).after.responded_us == day(30)


def test_a_journey_goes_on_after_an_answer_but_spares_the_rest_of_its_reminders() -> None:
    fields = {"is_new": True, "first_value_us": None, "second_feature_us": None, "spell_started_us": day(-4), "score": 60.0}
    first = acts(enrollment("onboarding"), card(**fields), day(0))
    later = acts(first.after, card(**fields), day(7), log=first.log, responses=[said(ResponseKind.clicked, day(1))])
    assert steps(later) == ["product_tour"]
    assert [line.step for line in later.log if line.outcome is StepOutcome.skipped] == ["a_hand", "setup_call"]


def test_the_goal_reached_ends_it_as_converted_before_the_next_step_is_due() -> None:
    first = acts(enrollment("at_risk"), card(), day(0))
    found = acts(first.after, card(score=71.0), day(1), log=first.log)
    assert found.after.state is EnrollmentState.converted


def test_P4_a_returned_customer_ends_win_back_as_converted() -> None:
    one = enrollment("win_back", entered_us=day(0), next_step=3, due_us=day(90))
    back = card(now_us=day(20), spell_started_us=day(19), last_login_us=day(-50))
    assert acts(one, back, day(20)).after.state is EnrollmentState.converted


def test_P4_a_new_spell_ends_every_other_playbook_too() -> None:
    assert acts(enrollment("engagement"), card(spell_started_us=day(3)), day(4)).after.state is EnrollmentState.exited


def test_P2_a_withdrawn_cancellation_is_the_goal_and_the_end_date_hands_over_to_win_back() -> None:
    one = enrollment("cancelling")
    assert acts(one, card(customer_status=CustomerStatus.active), day(1)).after.state is EnrollmentState.converted
    assert acts(one, card(**CHURNED), day(1)).after.state is EnrollmentState.exited


def test_P2_the_exit_survey_goes_at_the_request() -> None:
    first = acts(enrollment("cancelling"), card(**CANCELLING), day(0))
    assert steps(first) == ["exit_survey", "alert", "call"]
    asked = card(**(CHURNED | {"cancel_requested_us": day(-40)}))
    assert "exit_survey" not in steps(acts(enrollment("win_back"), asked, day(0)))
    assert "exit_survey" in steps(acts(enrollment("win_back"), card(**CHURNED), day(0)))


def test_P1_a_dormant_customer_is_never_asked_why_it_left() -> None:
    dormant = card(score=30.0, last_login_us=day(-40))
    first = acts(enrollment("win_back"), dormant, day(0))
    assert steps(first) == ["quiet_letter"]
    assert steps(acts(first.after, dormant, day(7), log=first.log)) == []


def test_A23_an_offer_is_asked_for_with_its_cost() -> None:
    one = enrollment("win_back", next_step=2, due_us=day(7))
    found = acts(one, card(**CHURNED), day(7))
    assert [(deed.step.step, deed.way) for deed in found.deeds] == [("offer", Way.by_decision)]
    assert found.deeds[0].cost_cents == 41_600 * 3 * 20 // 100


def test_A23_nobody_to_write_to_is_no_offer() -> None:
    one = enrollment("win_back", next_step=2, due_us=day(7))
    found = acts(one, card(**CHURNED), day(7), nobody="opted out of marketing messages")
    assert not found.deeds and "opted out" in found.log[0].reason


def test_A15_check_ins_come_every_90_days_and_at_most_so_many_times() -> None:
    one, about, seen = enrollment("win_back", next_step=3, due_us=day(90)), card(**CHURNED), []
    for number in range(0, 600, 10):
        found = acts(one, about, day(number))
        seen += [number for _ in found.deeds]
        one = found.after
        if one.state.is_over:
            break
    assert seen == [90, 180, 270, 360]
    assert one.state is EnrollmentState.completed and one.ended_us == day(390)


def test_A15_no_check_ins_when_the_parameter_says_none() -> None:
    one = enrollment("win_back", next_step=3, due_us=day(90))
    found = acts(one, card(**CHURNED), day(90), parameters(win_back_max_check_ins=0))
    assert not found.deeds


def test_A8_a_holdout_withholds_messages_but_not_surveys_or_calls() -> None:
    one = enrollment("at_risk", state=EnrollmentState.held_out, next_step=2, due_us=day(7))
    found = acts(one, card(), day(7))
    assert [(deed.step.step, deed.way) for deed in found.deeds] == [("call_invitation", Way.held_out), ("check_in_call", Way.as_said)]
    survey = acts(enrollment("win_back", state=EnrollmentState.held_out), card(**CHURNED), day(0))
    assert [(deed.step.step, deed.way) for deed in survey.deeds] == [("exit_survey", Way.as_said)]


def test_A8_a_held_out_enrollment_keeps_the_days_of_its_steps() -> None:
    going = acts(enrollment("at_risk"), card(), day(0))
    left = acts(enrollment("at_risk", state=EnrollmentState.held_out), card(), day(0))
    assert (left.after.next_step, left.after.due_us) == (going.after.next_step, going.after.due_us)


def test_A6_nobody_who_is_not_healthy_is_sold_anything() -> None:
    one = enrollment("renewal", next_step=3, due_us=day(14))
    soon = {"renewal_us": day(25), "term_days": 365}
    assert steps(acts(one, card(score=80.0, **soon), day(14))) == ["expansion_talk"]
    assert steps(acts(one, card(score=60.0, **soon), day(14))) == []


def test_A28_whoever_answered_or_recovered_is_asked_whether_it_helped() -> None:
    first = acts(enrollment("at_risk"), card(), day(0))
    recovered = acts(first.after, card(score=75.0), day(1), log=first.log)
    answered = acts(first.after, card(), day(1), log=first.log, responses=[said(ResponseKind.replied, day(0.5))])
    assert recovered.asks_if_helped and answered.asks_if_helped


def test_A28_nobody_is_asked_who_was_left_alone_or_whose_chain_asks() -> None:
    held = msgspec.structs.replace(enrollment("at_risk"), state=EnrollmentState.held_out)
    assert not acts(held, card(score=75.0), day(1)).asks_if_helped
    assert not acts(enrollment("critical", execution_id=3), card(score=75.0), day(1)).asks_if_helped


def test_day_one_1_hands_off_withdraws_it() -> None:
    found = acts(enrollment("at_risk"), card(), day(0), hands_off="on leave")
    assert found.after.state is EnrollmentState.withdrawn and not found.deeds


def test_a_playbook_whose_steps_are_done_waits_for_an_answer_and_is_then_complete() -> None:
    one = enrollment("at_risk", next_step=4, due_us=day(21))
    assert acts(one, card(), day(20)).after.state is EnrollmentState.running
    assert acts(one, card(), day(21)).after.state is EnrollmentState.completed


def test_a_long_absence_does_the_overdue_steps_in_order() -> None:
    found = acts(enrollment("at_risk"), card(), day(8))
    assert steps(found) == ["personal_email", "feature_guide", "call_invitation", "check_in_call"]
    assert [deed.due_us for deed in found.deeds] == [day(0), day(3), day(7), day(7)]
