"""The gates: pass, not yet or fail, with evidence."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.clock import DAY_US
from tenure.rules.gates import GateFacts, Verdict, exit_passed, judge_gates

NOW = 20_000 * DAY_US


def verdicts(**facts: Any) -> dict[str, Verdict]:
    return {one.gate: one.verdict for one in judge_gates(GateFacts(now_us=NOW, **facts))}


def test_a_new_venture_passes_nothing_and_every_gate_says_why() -> None:
    results = judge_gates(GateFacts(now_us=NOW))
    assert {one.verdict for one in results} == {Verdict.not_yet}
    assert all(one.evidence.endswith((".", "")) for one in results)
    assert not exit_passed(results)


def test_C1_no_crm_completes_the_gate_once_somebody_chose_it() -> None:
    assert verdicts(crm_platform="none")["CRM configured"] is Verdict.passed
    assert verdicts(crm_platform="")["CRM configured"] is Verdict.not_yet
    assert verdicts(crm_platform="hubspot")["CRM configured"] is Verdict.not_yet
    assert verdicts(crm_platform="hubspot", crm_last_success_us=NOW, crm_fields_filled=True)["CRM configured"] is Verdict.passed


def test_C3_the_first_set_up_needs_an_escalation_drill() -> None:
    assert verdicts()["escalation drill"] is Verdict.not_yet
    assert verdicts(drill_done_us=NOW)["escalation drill"] is Verdict.passed


def test_C4_data_flows_without_tickets_only_where_an_admin_declared_it() -> None:
    fresh = {"events_fresh": True, "customers_fresh": True}
    assert verdicts(**fresh)["data flowing"] is Verdict.not_yet
    assert verdicts(**fresh, no_ticket_system=True)["data flowing"] is Verdict.passed
    assert verdicts(**fresh, tickets_fresh=True)["data flowing"] is Verdict.passed
    assert verdicts(events_fresh=True, customers_fresh=False, tickets_fresh=True)["data flowing"] is Verdict.not_yet


@pytest.mark.parametrize(
    ("days", "step", "alert", "expected"),
    [(7, 1, 1, Verdict.passed), (6, 1, 1, Verdict.not_yet), (7, 31, 1, Verdict.not_yet), (7, 1, 31, Verdict.not_yet)],
)
def test_C5_active_is_seven_days_a_step_and_an_acknowledged_alert(days: int, step: int, alert: int, expected: Verdict) -> None:
    facts = {"components_active_days": days, "last_step_us": NOW - step * DAY_US, "last_acknowledged_us": NOW - alert * DAY_US}
    assert verdicts(**facts)["success system active"] is expected


def test_a_team_is_trained_when_everybody_confirmed() -> None:
    assert verdicts(team=3, trained=2)["team trained"] is Verdict.not_yet
    assert verdicts(team=3, trained=3)["team trained"] is Verdict.passed
    assert verdicts(team=0, trained=0)["team trained"] is Verdict.not_yet


def test_the_exit_needs_all_three() -> None:
    facts = GateFacts(
        now_us=NOW,
        components_active_days=9,
        last_step_us=NOW,
        last_acknowledged_us=NOW,
        improving=Verdict.passed,
        improving_text="better.",
        nps=Verdict.passed,
        nps_text="12.",
    )
    assert exit_passed(judge_gates(facts))
    failed = GateFacts(now_us=NOW, improving=Verdict.failed, improving_text="worse.")
    assert not exit_passed(judge_gates(failed))
