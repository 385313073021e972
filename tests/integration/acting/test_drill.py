"""C3: the escalation drill goes the whole way, is marked as one, counts in no metric and reaches no customer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.cli.main import main
from tenure.clock import DAY_US, HOUR_US
from tenure.errors import Refused
from tenure.model.decisions import DecisionState
from tenure.model.drills import MARK, MOCK_CUSTOMER
from tenure.model.intents import AskDecision, RaiseAlert
from tenure.model.tasks import TaskOutcome
from tenure.rules.gates import GateFacts, Verdict, judge_gates
from tenure.services.decisions.drill import DrillState, EscalationDrill, drill_sentence

NOW = MONDAY_10_US
ESCALATED = NOW + 48 * HOUR_US


@pytest.fixture
def drill(house: House) -> EscalationDrill:
    return EscalationDrill(house.store, house.venture, lambda: house.parameters)


def dispatch(house: House, now_us: int) -> None:
    """What a tick does with the intents of these kinds."""
    for service, kind in ((house.alerts, "raise_alert"), (house.decisions, "ask_decision"), (house.tasks, "create_task")):
        intents = house.store.intents.pending(house.own, kind, now_us=now_us)
        house.store.intents.done(house.own, service.carry_out(intents, now_us), now_us=now_us)


def passed(house: House, drill: EscalationDrill, answer: str = "approve") -> DrillState:
    """The whole way, as people and ticks go it."""
    drill.start(NOW, by="Lee")
    dispatch(house, NOW)
    (alert,) = house.store.alerts.list(house.own)
    house.alerts.acknowledge(alert.alert_id, by="Ola", now_us=NOW + HOUR_US)
    dispatch(house, ESCALATED)
    (decision,) = house.store.decisions.list(house.own, (DecisionState.open,))
    house.decisions.answer(decision.decision_id, answer, role="chairman", by="Cleo", via="cli", now_us=ESCALATED + HOUR_US)
    house.decisions.execute(ESCALATED + HOUR_US)
    dispatch(house, ESCALATED + HOUR_US)
    return drill.state()


def gate(state: DrillState) -> tuple[Verdict, str]:
    facts = GateFacts(now_us=NOW, onboarded=0, onboarded_needed=1, drill_done_us=state.passed_us, drill_text=drill_sentence(state))
    (found,) = [one for one in judge_gates(facts) if one.gate == "escalation drill"]
    return found.verdict, found.evidence


def test_C3_a_mock_customer_passes_alert_escalation_decision_and_outcome(house: House, drill: EscalationDrill) -> None:
    assert drill.state().started_us is None and gate(drill.state())[0] is not Verdict.passed
    drill.start(NOW, by="Lee")
    assert "next tick" in drill_sentence(drill.state())
    dispatch(house, NOW)
    assert "Drill" in str(house.touches.to("#customer-success-urgent")[0].content["subject"])
    (alert,) = house.store.alerts.list(house.own)
    assert f"alerts ack {alert.alert_id}" in drill_sentence(drill.state())
    house.alerts.acknowledge(alert.alert_id, by="Ola", now_us=NOW + HOUR_US)
    dispatch(house, ESCALATED - HOUR_US)
    assert drill.state().decision_id is None and "escalates at" in drill_sentence(drill.state())
    dispatch(house, ESCALATED)
    (decision,) = house.store.decisions.list(house.own)
    assert f"decisions show {decision.decision_id}" in gate(drill.state())[1]
    house.decisions.answer(decision.decision_id, "approve", role="chairman", by="Cleo", via="cli", now_us=ESCALATED + HOUR_US)
    assert "next tick" in drill_sentence(drill.state())
    house.decisions.execute(ESCALATED + HOUR_US)
    verdict, evidence = gate(drill.state())
    assert verdict is Verdict.passed
    assert "by Lee" in evidence and "acknowledged by Ola" in evidence and "chairman:Cleo" in evidence
    assert not any(one.customer_facing for one in house.touches.wanted.values())


@pytest.mark.parametrize("answer", ["approve", "executive_call", "nothing"])
def test_C3_whatever_it_is_answered_its_outcome_is_one_marked_task(house: House, drill: EscalationDrill, answer: str) -> None:
    assert passed(house, drill, answer).is_complete
    (task,) = house.store.tasks.list(house.own)
    assert (task.customer_id, task.title.startswith(MARK)) == (MOCK_CUSTOMER, True)
    alerts, decisions = house.store.alerts.list(house.own), house.store.decisions.list(house.own)
    assert all(one.title.startswith(MARK) for one in (*alerts, *decisions))
    assert all(house.pending(kind) == [] for kind in ("start_playbook", "end_playbooks", "take_out", "write_finding"))


def test_C3_a_drill_counts_in_no_metric(house: House, drill: EscalationDrill) -> None:
    passed(house, drill)
    (alert,) = house.store.alerts.list(house.own)
    house.alerts.close(alert.alert_id, was_real=False, by="Ola", now_us=NOW + 2 * HOUR_US)
    (task,) = house.store.tasks.list(house.own)
    house.tasks.close(task.task_id, outcome=TaskOutcome.done, by="Ola", minutes=30, note="", now_us=ESCALATED + 2 * HOUR_US)
    assert house.store.alerts.precision(house.own, 0, 10**18).alerts == 0
    work = house.store.effect.work(house.own, 0, 10**18)
    assert (work.closed, work.answered, work.calls_due) == ((), (), 0)


def test_C3_a_drill_takes_no_real_customers_place(house: House, drill: EscalationDrill) -> None:
    drill.start(NOW, by="Lee")
    dispatch(house, NOW)
    for number in range(10):  # alerts_per_hour
        house.card(f"c{number}")
        wish = RaiseAlert(kind="critical_customer", title="Health fell below 40", customer_id=f"c{number}")
        house.alerts.carry_out([house.intent(wish)], NOW + 60)
    assert {one.delivery for one in house.store.alerts.list(house.own)} == {"single"}
    dispatch(house, ESCALATED)
    for number in range(5):  # single_escalations_per_day
        ask = AskDecision(kind="critical_escalation", title="Unanswered", customer_id=f"c{number}")
        house.decisions.carry_out([house.intent(ask)], ESCALATED + 60)
    assert all(one.parent_id is None for one in house.store.decisions.list(house.own))


def test_C3_a_second_drill_keeps_the_first_ones_pass(house: House, drill: EscalationDrill) -> None:
    first = passed(house, drill)
    drill.start(ESCALATED + DAY_US, by="Cleo")
    state = drill.state()
    assert not state.is_complete and state.passed_us == first.passed_us
    verdict, evidence = gate(state)
    assert verdict is Verdict.passed and "One was passed on" in evidence


@pytest.mark.parametrize("got_to", [NOW, ESCALATED])
def test_C3_a_drill_given_up_half_way_asks_nobody_any_more_and_says_why(house: House, drill: EscalationDrill, got_to: int) -> None:
    drill.start(NOW, by="Lee")
    dispatch(house, NOW)
    dispatch(house, got_to)
    state = drill.give_up(got_to + HOUR_US, by="Cleo", why="the team is away")
    assert drill.state() == state and not state.is_running
    told = len(house.touches.wanted)
    for day in (1, 2, 5, 20):  # nothing reminds, climbs or escalates
        dispatch(house, got_to + day * DAY_US)
        house.decisions.tick(got_to + day * DAY_US)
        house.alerts.tick(got_to + day * DAY_US)
    assert len(house.touches.wanted) == told and not house.store.alerts.list(house.own)
    assert [one.outcome["why"] for one in house.store.decisions.list(house.own)] == ["The drill was given up: the team is away"] * (got_to == ESCALATED)
    assert house.store.tasks.list(house.own) == []
    assert "given up" in drill_sentence(drill.state()) and "the team is away" in gate(state)[1] and gate(state)[0] is not Verdict.passed
    with pytest.raises(Refused, match="on its way"):
        drill.give_up(got_to, by="Cleo", why="again")


def test_C3_another_drill_takes_the_place_of_one_that_was_left_half_way(house: House, drill: EscalationDrill) -> None:
    drill.start(NOW, by="Lee")
    dispatch(house, NOW)
    drill.start(NOW + HOUR_US, by="Lee")
    dispatch(house, NOW + HOUR_US)
    (alert,) = house.store.alerts.list(house.own)
    assert alert.raised_us == NOW + HOUR_US
    dispatch(house, ESCALATED + HOUR_US)
    (decision,) = house.store.decisions.list(house.own)
    assert drill.state().decision_id == decision.decision_id


def test_C3_by_commands_a_drill_is_given_up_and_begun_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "acme"
    assert main(["init", str(folder)]) == 0

    def said(*words: str) -> Any:
        capsys.readouterr()
        assert main(["crew", "drill", *words, "--workspace", str(folder), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    begun = said("--now", "2026-03-02T10:00:00Z")
    assert said("--now", "2026-03-02T11:00:00Z") == begun
    assert said("--now", "2026-03-02T12:00:00Z", "--give-up", "a holiday")["given_up"] == "a holiday"
    assert said("--now", "2026-03-03T10:00:00Z")["started_at"] == "2026-03-03T10:00:00Z"
