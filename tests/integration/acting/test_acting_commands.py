"""The commands of decisions, alerts, tasks and safety over a real workspace, as a person or a program uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tenure.app.acting import REHEARSAL_SHOWN, Acting
from tenure.app.crm import FILE
from tenure.app.deployment import opened
from tenure.cli.main import main
from tenure.clock import HOUR_US, to_us
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import AskDecision, CreateTask, Intent, OpenIncident, RaiseAlert
from tenure.model.results import MetricResult
from tenure.model.ventures import Role
from tenure.ports.crm import CrmContact
from tenure.testing.kept_crm_twin import KeptCrmTwin

NOW = "2026-03-02T10:00:00Z"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which something waits: a decision, an alert, a task, an incident."""
    folder = tmp_path_factory.mktemp("acting") / "acme"
    assert main(["init", str(folder)]) == 0
    now_us = to_us(datetime.fromisoformat(NOW))
    cause = Cause(kind=CauseKind.trigger)
    with opened(folder) as one:
        for name, role in (("Cleo", Role.chairman), ("Lee", Role.lead)):
            one.store.people.add(one.venture.venture_id, name=name, email=f"{name.lower()}@example.com", role=role, now_us=1)
        one.store.cards.put(one.venture.venture_id, [CustomerCard(customer_id="c1", as_of_us=now_us, name="Acme", arr_cents=100)])
        acting = Acting(one)
        for number in range(3):
            wish = AskDecision(kind="critical_escalation", title=f"t{number}", customer_id="c1")
            acting.decisions.carry_out([Intent(key=f"d{number}", wish=wish, cause=cause)], now_us)
        alert = RaiseAlert(kind="critical_customer", title="t", customer_id="c1")
        acting.alerts.carry_out([Intent(key="a", wish=alert, cause=cause)], now_us)
        task = CreateTask(kind="critical_call", title="t", due_us=now_us, customer_id="c1")
        acting.tasks.carry_out([Intent(key="t", wish=task, cause=cause)], now_us)
        incident = OpenIncident(rule="fleet_drop", scope="outreach_by_score", title="t")
        acting.safety.carry_out([Intent(key="i", wish=incident, cause=cause)], now_us)
    return folder


@pytest.fixture
def tenure(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, exit_code: int = 0, now: bool = True) -> Any:
        capsys.readouterr()
        times = ["--now", NOW] if now else []
        code = main([*arguments, *times, "--workspace", str(workspace), "--json"])
        printed = capsys.readouterr()
        assert code == exit_code, printed.err
        return json.loads(printed.out)

    return run


def test_decisions_are_listed_shown_answered_and_say_who_was_first(tenure: Run) -> None:
    rows = tenure("decisions", now=False)
    assert [row["title"] for row in rows] == ["t2", "t1", "t0"] and rows[0]["state"] == "open"
    number = str(rows[2]["id"])
    shown = tenure("decisions", "show", number, now=False)
    assert shown["context"]["profile"]["name"] == "Acme" and shown["blast_radius"]["people"] == 1
    answered = tenure("decisions", "approve", number, "--note", "yes", "--by", "Cleo")
    assert (answered["answer"], answered["answered_by"]) == ("executive_call", "chairman:Cleo")
    assert "decided before" in tenure("decisions", "refuse", number, exit_code=1)["error"]["message"]
    changed = tenure("decisions", "change", str(rows[1]["id"]), "--answer", "take_out", "--set", "days=30")
    assert (changed["answer"], changed["answer_details"]) == ("take_out", {"days": "30"})
    assert "may not answer" in tenure("decisions", "refuse", str(rows[0]["id"]), "--as", "csm", exit_code=1)["error"]["message"]
    assert tenure("decisions", "show", "99", now=False, exit_code=2)["error"]
    assert len(tenure("decisions", "list", now=False)) == 1


def test_an_incident_goes_its_way_from_the_command_line(tenure: Run) -> None:
    (row,) = tenure("incidents", now=False)
    number = str(row["id"])
    assert [step["state"] for step in row["steps"]] == ["paused", "told", "review_booked"]
    assert tenure("incidents", "resume", number, exit_code=1)["error"]["fix"] == "What comes next is cause_written."
    assert tenure("incidents", "write-cause", number, "The tracker was off.", "--by", "Lee")["state"] == "cause_written"
    assert tenure("incidents", "write-fix", number, "It is on.", "--by", "Lee")["state"] == "fix_written"
    assert tenure("incidents", "resume", number)["state"] == "small_cohort"
    assert tenure("incidents", "finish", number, exit_code=1)["error"]
    assert tenure("incidents", "finish", number, "--why", "seen in the tracker")["state"] == "resumed"
    assert tenure("incidents", "touched", number) == []
    assert "Nobody was touched" in tenure("incidents", "correct", number, "--subject", "s", "--text", "t", exit_code=1)["error"]["message"]


def test_alerts_and_tasks_are_answered_from_the_command_line(tenure: Run) -> None:
    (alert,) = tenure("alerts", "list", now=False)
    number = str(alert["id"])
    assert tenure("alerts", "ack", number, "--by", "Lee")["acknowledged_by"] == "Lee"
    assert tenure("alerts", "ack", number, exit_code=1)["error"]
    assert "end in the future" in tenure("alerts", "snooze", number, exit_code=2)["error"]["message"]
    assert tenure("alerts", "snooze", number, "--until", "2026-03-03")["snoozed_until"] == "2026-03-03T00:00:00Z"
    assert "real problem" in tenure("alerts", "close", number, exit_code=2)["error"]["message"]
    assert tenure("alerts", "close", number, "--not-real")["was_real"] is False
    (task,) = tenure("tasks", "list")
    assert tenure("tasks", "done", str(task["id"]), exit_code=2)["error"]["message"] == "A call was reached or not reached."
    assert tenure("tasks", "done", str(task["id"]), "--outcome", "reached", "--minutes", "12")["minutes"] == 12
    assert tenure("tasks", "list") == []
    assert tenure("tasks", "absent", "Cleo", "--deputy", "Lee")["tasks_moved"] == 0


def test_pausing_resuming_killing_and_going_live(tenure: Run, workspace: Path) -> None:
    assert tenure("pause", "playbook:at_risk", "--why", "bad template")["pauses"][0]["scope"] == "playbook:at_risk"
    assert "no scope" in tenure("pause", "evrything", exit_code=2)["error"]["message"]
    assert {one["scope"] for one in tenure("kill")["pauses"]} == {"playbook:at_risk", "everything"}
    assert tenure("resume", "everything")["pauses"][0]["scope"] == "playbook:at_risk"
    assert tenure("resume", "crm", exit_code=1)["error"]["message"] == "crm is not paused."
    assert "tenure rehearse" in tenure("live", exit_code=1)["error"]["fix"]
    now_us = to_us(datetime.fromisoformat(NOW))
    with opened(workspace) as one:
        shown = MetricResult(metric=REHEARSAL_SHOWN, segment="", as_of_us=now_us, document={}, computed_us=now_us)
        one.store.results.put(one.venture.venture_id, [shown])
    assert tenure("live", "--by", "Cleo")["live_by"] == "Cleo"
    assert tenure("watch")["mode"] == "watch"


def test_autonomy_shows_the_record_and_the_command_that_moves_it(tenure: Run) -> None:
    rows = {row["class"]: row for row in tenure("autonomy")}
    assert rows["message"]["level"] == "assisted" and not rows["message"]["may_move_up"]
    assert "0 drafts were decided" in rows["message"]["why"]


def test_every_list_reads_well_for_a_person(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["decisions"], ["incidents"], ["alerts", "list"], ["tasks", "list"], ["autonomy"], ["decisions", "show", "1"], ["incidents", "show", "1"]):
        assert main([*command, "--workspace", str(workspace)]) == 0
        assert capsys.readouterr().out.strip()


def test_taking_over_ends_a_chain_once_and_says_when_there_is_none(workspace: Path) -> None:
    from tenure.app.appliers import AppActs
    from tenure.model.intents import TakeOver
    from tenure.store.loop_tables import recursion_executions
    from tenure.store.statements import new_id

    chain = {"trigger_id": "RETENTION-002", "trigger_version": 1, "subject": "", "firing_key": "f", "is_open": 1, "state": "open", "opened_us": 1}
    with opened(workspace) as one:
        with one.store._database.writing() as connection:
            number = new_id(connection, recursion_executions, venture_id=one.venture.venture_id, iteration=1, actions=0, cause={"kind": "trigger"}, outcome={}, **chain)
        wishes = [TakeOver(execution_id=which, by="chairman:Cleo") for which in (number, 999)]
        intents = [Intent(key=f"o{place}", wish=wish, cause=Cause(kind=CauseKind.person)) for place, wish in enumerate(wishes)]
        said = AppActs(one).carry_out(intents, 5)
        assert said["o0"] == "taken over" and "999" in said["o1"]
        assert AppActs(one).carry_out(intents[:1], 6)["o0"] == "it was over before"
        assert one.store.executions.get(one.venture.venture_id, number).reason == "taken_over"


def test_day_one_4_a_contact_is_logged_in_one_line_and_reaches_the_crm_with_the_next_tick(tenure: Run, workspace: Path) -> None:
    tenure("params", "set", "crm_platform=hubspot", "--as", "chairman", now=False)
    logged = tenure("log", "c1", "meeting", "Went through the plan.", "--by", "Lee")
    assert (logged["step"], logged["variant"], logged["state"], logged["customer_facing"]) == ("meeting", "held", "sent", True)
    assert tenure("log", "c1", "meeting", "Went through the plan.", "--by", "Lee")["is_new"] is False
    assert "reached or not_reached" in tenure("log", "c1", "call", "x", exit_code=2)["error"]["message"]
    assert "id or name" in tenure("log", "nobody", "note", "x", exit_code=2)["error"]["message"]
    tenure("tick")
    with opened(workspace) as one:
        twin = KeptCrmTwin(one.workspace.state / FILE)
    assert [(found.customer_id, found.kind, found.by) for found in twin.contacts if found.kind == "meeting"] == [("c1", "meeting", "Lee")]


def test_day_one_11_what_the_team_did_in_the_crm_is_found_by_the_next_tick(tenure: Run, workspace: Path) -> None:
    tenure("params", "set", "crm_platform=hubspot", "--as", "chairman", now=False)
    at_us = to_us(datetime.fromisoformat(NOW)) - HOUR_US
    with opened(workspace) as one:
        twin = KeptCrmTwin(one.workspace.state / FILE)
        theirs = CrmContact(key="77", customer_id="c1", kind="mail", at_us=at_us, text="Hello")
        twin.contacts.append(theirs)
        twin.ensure_fields([], at_us)  # keeps it, as the vendor would
    assert tenure("tick")["responses"]["found_in_crm"] == 1
    found = [row for row in tenure("touches", "--customer", "c1", now=False) if row["step"] == "message"]
    assert [(row["channel"], row["cause"]["reason"]) for row in found] == [("email", "found in the crm")]
