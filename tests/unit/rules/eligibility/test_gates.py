"""Every gate by itself, and the order they are asked in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.outreach_builder import KIM, SAM, WEDNESDAY_NOON_US, around, card, case, limits, touch

from tenure.clock import DAY_US, HOUR_US
from tenure.model.consents import EVERY, Consent
from tenure.model.incidents import (
    APPROVAL,
    CRM,
    EVERYTHING,
    OUTREACH,
    OUTREACH_BY_SCORE,
    LoopState,
    Mode,
    Pause,
)
from tenure.model.playbooks import PlaybookKind
from tenure.model.touches import ActionClass, Channel, Gate, Outcome, Purpose
from tenure.rules.eligibility.budget import Contacted
from tenure.rules.eligibility.consent import Permissions
from tenure.rules.eligibility.gates import decide, may_still_leave

NOW = WEDNESDAY_NOON_US
SATURDAY_US = NOW + 3 * DAY_US
FULL = {"u1": Contacted(left_us=(NOW - 2 * DAY_US, NOW - DAY_US))}


def paused(*scopes: str, cohort: float | None = None) -> LoopState:
    pauses = tuple(
        Pause(pause_id=i, scope=scope, since_us=1, by="kim", why="x", cohort_percent=cohort) for i, scope in enumerate(scopes)
    )
    return LoopState(mode=Mode.live, pauses=pauses)


def test_with_nothing_in_its_way_a_touch_goes_to_the_one_person() -> None:
    verdict = decide(case())
    assert (verdict.outcome, verdict.user_id) == (Outcome.allow, "u1")


EVERY_OBJECTION: dict[Gate, dict[str, Any]] = {
    Gate.mode: {"around": around(state=LoopState())},
    Gate.pause: {"around": around(state=paused(OUTREACH))},
    Gate.hands_off: {"hands_off": "ours"},
    Gate.trouble: {"a_card": card(open_urgent_tickets=1)},
    Gate.in_touch: {"in_touch_us": NOW - DAY_US},
    Gate.consent: {"permissions": Permissions(suppressed={a: frozenset({EVERY}) for a in (SAM.email or "", KIM.email or "")})},
    Gate.holdout: {"held_out": True},
    Gate.budget: {"contacted": FULL},
    Gate.cooldown: {"campaign_ended_us": NOW - DAY_US},
    Gate.quiet_hours: {"now_us": NOW + 10 * HOUR_US},
    Gate.freshness: {"around": around(stale_sources=("crm",))},
    Gate.autonomy: {"limits": limits(autonomy={"message": "assisted"})},
}
OUTCOMES = {
    Gate.mode: Outcome.refuse,
    Gate.hands_off: Outcome.withdraw,
    Gate.consent: Outcome.refuse,
    Gate.holdout: Outcome.refuse,
    Gate.autonomy: Outcome.draft,
}


@pytest.mark.parametrize("gate", EVERY_OBJECTION)
def test_A18_each_gate_has_its_outcome(gate: Gate) -> None:
    a_touch = touch(enrollment_id=None) if gate is Gate.cooldown else touch()
    verdict = decide(case(a_touch, **EVERY_OBJECTION[gate]))
    assert (verdict.gate, verdict.outcome) == (gate, OUTCOMES.get(gate, Outcome.defer))
    assert verdict.reason.startswith(f"{gate}: ")


def test_the_gates_are_asked_in_the_stated_order() -> None:
    """All obstacles at once; each one taken away shows the next."""
    everything: dict[str, Any] = {
        "around": around(state=LoopState(pauses=paused(OUTREACH).pauses), stale_sources=("crm",)),
        "hands_off": "ours",
        "a_card": card(open_urgent_tickets=1),
        "in_touch_us": NOW - DAY_US,
        "permissions": EVERY_OBJECTION[Gate.consent]["permissions"],
        "held_out": True,
        "contacted": FULL,
        "campaign_ended_us": NOW - DAY_US,
        "now_us": NOW + 10 * HOUR_US,
        "limits": limits(autonomy={"message": "assisted"}),
    }
    cleared: list[tuple[str, Any]] = [
        ("around", around(state=paused(OUTREACH), stale_sources=("crm",))),
        ("around", around(stale_sources=("crm",))),
        ("hands_off", None), ("a_card", card()), ("in_touch_us", None), ("permissions", Permissions()), ("held_out", False),
        ("contacted", {}), ("campaign_ended_us", None), ("now_us", NOW), ("around", around()),
    ]  # fmt: skip
    seen = [decide(case(touch(enrollment_id=None), **everything)).gate]
    for name, value in cleared:
        everything[name] = value
        seen.append(decide(case(touch(enrollment_id=None), **everything)).gate)
    assert seen == list(EVERY_OBJECTION)


def test_A1_in_watch_mode_nothing_customer_facing_leaves_not_even_from_a_person() -> None:
    watching = around(state=LoopState())
    assert decide(case(touch(by_person=True), around=watching)).outcome is Outcome.refuse
    assert decide(case(touch(customer_facing=False), around=watching)).outcome is Outcome.allow


def test_A21_the_kill_switch_stops_a_person_too_but_no_internal_alert() -> None:
    killed = around(state=paused(EVERYTHING))
    assert decide(case(around=killed)).gate is Gate.pause
    assert decide(case(touch(by_person=True), around=killed)).gate is Gate.pause
    assert decide(case(touch(customer_facing=False, purpose=Purpose.internal), around=killed)).outcome is Outcome.allow


def test_A21_writing_to_the_crm_stops_with_its_pauses() -> None:
    to_crm = touch(customer_facing=False, channel=Channel.crm_task)
    for scope in (CRM, EVERYTHING):
        assert decide(case(to_crm, around=around(state=paused(scope)))).outcome is Outcome.defer
    assert decide(case(to_crm)).outcome is Outcome.allow


@pytest.mark.parametrize(
    ("scope", "kind", "stopped"),
    [
        ("playbook:at_risk", PlaybookKind.at_risk, True),
        ("playbook:win_back", PlaybookKind.at_risk, False),
        (OUTREACH_BY_SCORE, PlaybookKind.at_risk, True),
        (OUTREACH_BY_SCORE, PlaybookKind.onboarding, False),
    ],
)
def test_a_narrow_pause_stops_what_is_its_own(scope: str, kind: PlaybookKind, stopped: bool) -> None:
    verdict = decide(case(touch(kind=kind.value), around=around(state=paused(scope))))
    assert (verdict.gate is Gate.pause) is stopped


def test_a_paused_scope_acts_again_for_its_small_cohort_only() -> None:
    def acting(percent: float) -> int:
        state = paused("playbook:at_risk", cohort=percent)
        who = [touch(customer_id=f"c{i}") for i in range(400)]
        return sum(decide(case(one, card(one.customer_id or ""), around=around(state=state))).outcome is Outcome.allow for one in who)

    assert acting(0) == 0
    assert 20 <= acting(10) <= 60
    assert acting(100) == 400


def test_DayOne_1_hands_off_stops_automation_and_no_person() -> None:
    assert decide(case(hands_off="ours")).outcome is Outcome.withdraw
    mine = decide(case(touch(by_person=True), hands_off="ours"))
    assert mine.outcome is Outcome.allow and any(one.startswith("hands_off") for one in mine.warnings)


@pytest.mark.parametrize(
    "trouble",
    [{"open_urgent_tickets": 1}, {"open_tickets": 1, "oldest_open_ticket_us": NOW - 3 * DAY_US - 1}, {"unpaid_invoice": True}],
)
def test_DayOne_2_in_trouble_only_people_talk(trouble: dict[str, Any]) -> None:
    assert decide(case(a_card=card(**trouble))).gate is Gate.trouble
    assert decide(case(touch(by_person=True), card(**trouble))).outcome is Outcome.allow
    assert decide(case(touch(purpose=Purpose.transactional), card(**trouble))).outcome is Outcome.allow


@pytest.mark.parametrize("kind", [ActionClass.message, ActionClass.survey, ActionClass.offer])
def test_day_one_2_journeys_surveys_and_offers_wait_and_a_persons_reply_goes(kind: ActionClass) -> None:
    about = card(open_urgent_tickets=1)
    assert decide(case(touch(action_class=kind), about)).gate is Gate.trouble
    assert decide(case(touch(action_class=kind, by_person=True), about)).outcome is Outcome.allow


def test_DayOne_2_a_young_ordinary_ticket_is_no_trouble() -> None:
    young = card(open_tickets=2, oldest_open_ticket_us=NOW - 3 * DAY_US)
    assert decide(case(a_card=young)).outcome is Outcome.allow


def test_DayOne_11_automated_touches_wait_three_days_after_a_person_was_in_touch() -> None:
    verdict = decide(case(in_touch_us=NOW - DAY_US))
    assert (verdict.gate, verdict.until_us) == (Gate.in_touch, NOW + 2 * DAY_US)
    assert decide(case(in_touch_us=NOW - 3 * DAY_US)).outcome is Outcome.allow


def test_A7_the_budget_refuses_nothing_of_a_person_or_of_the_critical_playbook() -> None:
    assert decide(case(contacted=FULL)).gate is Gate.budget
    assert decide(case(touch(by_person=True), contacted=FULL)).outcome is Outcome.allow
    assert decide(case(touch(kind="critical"), contacted=FULL)).outcome is Outcome.allow
    assert decide(case(touch(purpose=Purpose.transactional), contacted=FULL)).outcome is Outcome.allow
    assert decide(case(touch(kind="cancelling"), contacted=FULL)).outcome is Outcome.allow, "P2: who is cancelling is in the critical playbook"


def test_A7_a_survey_counts_like_everything_else() -> None:
    assert decide(case(touch(action_class=ActionClass.survey, channel=Channel.survey), contacted=FULL)).gate is Gate.budget


def test_A7_what_waits_in_the_outbox_is_spent_already() -> None:
    verdict = decide(case(contacted={"u1": Contacted(waiting=2)}))
    assert (verdict.gate, verdict.until_us) == (Gate.budget, NOW + HOUR_US)


def test_A7_the_budget_is_free_again_when_the_oldest_is_seven_days_old() -> None:
    contacted = {"u1": Contacted(left_us=(NOW - 6 * DAY_US, NOW - DAY_US))}
    assert decide(case(contacted=contacted)).until_us == NOW + DAY_US


def test_A5_steps_of_an_enrollment_know_no_cooldown() -> None:
    assert decide(case(touch(enrollment_id=7), campaign_ended_us=NOW - DAY_US)).outcome is Outcome.allow
    outside = touch(enrollment_id=None)
    assert decide(case(outside, campaign_ended_us=NOW - DAY_US)).gate is Gate.cooldown
    assert decide(case(outside, campaign_ended_us=NOW - 7 * DAY_US)).outcome is Outcome.allow


def test_A5_nothing_delays_the_critical_playbook() -> None:
    critical = touch(enrollment_id=None, kind="critical")
    assert decide(case(critical, campaign_ended_us=NOW - DAY_US)).outcome is Outcome.allow


def test_A10_a_touch_in_quiet_hours_moves_to_ten_of_the_next_allowed_day() -> None:
    saturday = decide(case(touch(due_us=SATURDAY_US), now_us=SATURDAY_US))
    assert (saturday.gate, saturday.until_us) == (Gate.quiet_hours, SATURDAY_US + 2 * DAY_US - 2 * HOUR_US)


def test_A10_later_clocks_move_with_it_so_expiry_counts_from_monday() -> None:
    a_case = case(touch(due_us=SATURDAY_US), now_us=SATURDAY_US)
    assert a_case.expires_us == SATURDAY_US + 5 * DAY_US - 2 * HOUR_US


def test_R7_quiet_hours_are_those_of_the_customers_zone_else_the_ventures() -> None:
    tokyo_night = NOW  # 21:00 there
    assert decide(case(a_card=card(timezone="Asia/Tokyo"), now_us=tokyo_night)).gate is Gate.quiet_hours
    assert decide(case(around=around(venture_zone="Asia/Tokyo"))).gate is Gate.quiet_hours
    assert decide(case(a_card=card(timezone="Europe/Berlin"), around=around(venture_zone="Asia/Tokyo"))).outcome is Outcome.allow
    assert decide(case(a_card=card(timezone="Not/AZone"))).outcome is Outcome.allow


def test_M17_no_outreach_on_stale_sources_or_thin_coverage() -> None:
    assert decide(case(around=around(stale_sources=("product",)))).gate is Gate.freshness
    assert decide(case(a_card=card(coverage=0.4))).gate is Gate.freshness
    assert decide(case(a_card=card(coverage=0.5))).outcome is Outcome.allow
    assert decide(case(a_card=card(coverage=None))).gate is Gate.freshness
    assert decide(case(touch(kind="onboarding"), card(coverage=None))).outcome is Outcome.allow


@pytest.mark.parametrize(("level", "outcome"), [("manual", Outcome.advise), ("assisted", Outcome.draft), ("auto", Outcome.allow)])
def test_A9_autonomy_says_what_becomes_of_an_eligible_touch(level: str, outcome: Outcome) -> None:
    assert decide(case(limits=limits(autonomy={"message": level}))).outcome is outcome


def test_A9_customers_of_high_value_are_at_most_assisted() -> None:
    assert decide(case(a_card=card(arr_cents=1_000_000))).outcome is Outcome.draft
    assert decide(case(a_card=card(arr_cents=999_999))).outcome is Outcome.allow
    manual = limits(autonomy={"message": "manual"})
    assert decide(case(a_card=card(arr_cents=1_000_000), limits=manual)).outcome is Outcome.advise


def test_R5_unknown_arr_is_below_high_value() -> None:
    assert decide(case(a_card=card(arr_cents=None))).outcome is Outcome.allow


def test_A9_an_approved_draft_goes_and_internal_touches_always_do() -> None:
    assisted = limits(autonomy={"message": "assisted"})
    assert decide(case(touch(approved_by="Robin"), limits=assisted)).outcome is Outcome.allow
    assert decide(case(touch(customer_facing=False, action_class=ActionClass.internal), limits=assisted)).outcome is Outcome.allow


def test_while_nps_is_under_review_new_outreach_needs_approval() -> None:
    assert decide(case(around=around(state=paused(APPROVAL)))).outcome is Outcome.draft


def test_A18_a_person_passes_consent_and_is_only_warned_about_the_rest() -> None:
    at_night = case(touch(by_person=True), contacted=FULL, now_us=NOW + 10 * HOUR_US, in_touch_us=NOW)
    verdict = decide(at_night)
    assert verdict.outcome is Outcome.allow
    assert {one.partition(":")[0] for one in verdict.warnings} >= {"quiet_hours", "in_touch", "budget"}
    refused = case(touch(by_person=True), **EVERY_OBJECTION[Gate.consent])
    assert decide(refused).outcome is Outcome.refuse


def test_A18_what_waited_too_long_is_skipped_with_what_it_waited_for() -> None:
    late = touch(due_us=NOW - DAY_US, reason="budget: 2 of 2 touches in 7 days are used")
    verdict = decide(case(late, now_us=NOW + 2 * DAY_US))
    assert (verdict.outcome, verdict.gate) == (Outcome.skip, Gate.expiry)
    assert "budget" in verdict.reason


def test_A18_nothing_is_put_off_beyond_its_expiry() -> None:
    friday_us = NOW + 2 * DAY_US
    almost = touch(due_us=NOW - DAY_US + HOUR_US)
    assert decide(case(almost, now_us=friday_us, in_touch_us=friday_us)).until_us == friday_us + HOUR_US


def test_A19_asked_again_before_sending_a_late_no_still_counts() -> None:
    assert may_still_leave(case()) is None
    said_no = Permissions(consents=[Consent(customer_id="c1", given=False, source="person", at_us=2)])
    assert (objection := may_still_leave(case(permissions=said_no))) is not None and objection.gate is Gate.consent


def test_asked_again_before_sending_quiet_hours_still_count_and_the_budget_does_not() -> None:
    night = may_still_leave(case(now_us=NOW + 10 * HOUR_US))
    assert night is not None and night.gate is Gate.quiet_hours
    assert may_still_leave(case(contacted=FULL)) is None


def test_A8_surveys_and_exempt_kinds_are_never_withheld() -> None:
    survey = touch(action_class=ActionClass.survey, channel=Channel.survey, kind="win_back")
    assert decide(case(survey, held_out=True)).outcome is Outcome.allow
    for kind in ("onboarding", "renewal", "cancelling"):
        assert decide(case(touch(kind=kind), held_out=True)).outcome is Outcome.allow
    assert decide(case(touch(by_person=True), held_out=True)).outcome is Outcome.allow


def test_a_customer_nobody_knows_yet_waits() -> None:
    unknown = msgspec.structs.replace(case(), card=None)
    assert decide(unknown).gate is Gate.freshness



def test_what_only_new_facts_can_lift_is_asked_again_when_there_are_some() -> None:
    in_trouble = card(open_urgent_tickets=1)
    assert decide(case(a_card=in_trouble)).until_us == NOW + HOUR_US
    assert decide(case(a_card=in_trouble, around=around(next_facts_us=NOW + DAY_US))).until_us == NOW + DAY_US
