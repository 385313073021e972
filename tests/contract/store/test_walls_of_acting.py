"""No call of the repositories of decisions, alerts, tasks and safety sees or changes a row of another venture; see test_walls.py."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.contract.store.rows import rows_of_tables

from tenure.errors import NotFound
from tenure.model.alerts import Alert
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung
from tenure.model.handoffs import HandedKind, HandedOff, StopResult
from tenure.model.incidents import Incident, IncidentState, Mode
from tenure.model.tasks import Task, TaskOutcome
from tenure.model.touches import ActionClass, Channel, Purpose, Response, ResponseKind
from tenure.model.useful import Subject, UsefulMark
from tenure.model.ventures import Venture
from tenure.ports.touches import WantedTouch
from tenure.store import Store
from tenure.store.loop_tables import crm_sync_log, touch_verdicts, touches
from tenure.store.statements import new_id

NOTHING = "nothing is seen"
MISSING = "NotFound is raised"
OWN = "only the stranger's own rows are made"
REPOSITORIES = [
    "controls", "decisions", "alerts", "tasks", "contacts", "stand_ins", "incidents", "hand_offs", "watched", "autonomy", "merges", "useful",
]  # fmt: skip
LATER = 10**15
CAUSE = Cause(kind=CauseKind.playbook)
Numbers = dict[str, Any]
Call = Callable[[Store, int, Numbers], Any]
ALERT = Alert(alert_id=0, key="a", kind="critical_customer", title="t", raised_us=1, customer_id="c1", answer_due_us=2)
TASK = Task(task_id=0, key="t", kind="critical_call", title="t", assignee="kim@example.com", created_us=1, due_us=2, customer_id="c1")
MARK = UsefulMark(subject=Subject.alert, ref="1", kind="critical_customer", is_useful=True, by="eve", via="x", at_us=5)
HANDED = HandedOff(
    handed_id=0, provider="twin", kind=HandedKind.flow, vendor_id="f", name="n", scope="playbook:at_risk", link="", handed_us=1, handed_by="kim", key="k"
)
INCIDENT = Incident(incident_id=0, key="i", rule="fleet_drop", scope="crm", title="t", state=IncidentState.paused, opened_us=1)


def decision(key: str, state: DecisionState = DecisionState.open) -> Decision:
    return Decision(
        decision_id=0, key=key, kind=DecisionKind.critical_escalation, title="t", state=state, rung=Rung.chairman, customer_id="c1",
        context={}, blast=BlastRadius(), recommendation="nothing", options=("nothing",), cause=CAUSE, asked_us=1, deadline_us=2,
    )  # fmt: skip


def fill(store: Store, venture: Venture) -> Numbers:
    """A row of everything, in the states a call could move."""
    own = venture.venture_id
    controls = store.controls
    controls.switch(own, Mode.live, by="kim", why="", now_us=1)
    controls.pause(own, "outreach", by="kim", why="", now_us=1)
    controls.keep_hands_off(own, "c1", until_us=LATER, reason="r", by="kim", now_us=1)
    keys = ["open", "answered", "parent", "member", "waiting"]
    states = {"member": DecisionState.joined, "waiting": DecisionState.joined, "answered": DecisionState.answered}
    made = {one.key: one for one in store.decisions.ask(own, [decision(key, states.get(key, DecisionState.open)) for key in keys])}
    store.decisions.join(own, made["parent"], [made["member"].decision_id])
    answered = decision("linked")
    (linked,) = store.decisions.ask(own, [answered])
    store.decisions.answer(own, linked.decision_id, answer="nothing", details={}, by="kim", via="email", now_us=1, link_sha256="l")
    (alert,) = store.alerts.add(own, [ALERT])
    (seen,) = store.alerts.add(own, [msgspec.structs.replace(ALERT, key="seen")])
    store.alerts.acknowledge(own, seen.alert_id, by="kim", now_us=2)
    (task,) = store.tasks.add(own, [TASK])
    (called,) = store.tasks.add(own, [Task(**{name: getattr(TASK, name) for name in TASK.__struct_fields__} | {"key": "called"})])
    store.tasks.close(own, called.task_id, outcome=TaskOutcome.reached, by="kim", minutes=1, note="", intents=[], now_us=3)
    stand_in = store.stand_ins.add(own, person="kim", deputy="lee", from_us=1, by="kim", reason="r", now_us=1)
    incident = store.incidents.open(own, INCIDENT, pauses=["crm"], intents=[], by="kim", now_us=1)
    assert incident is not None
    asked = store.hand_offs.add(own, msgspec.structs.replace(HANDED, vendor_id="", key="a", is_running=False))
    handed = store.hand_offs.add(own, HANDED)
    store.hand_offs.tried(own, handed.handed_id, StopResult.failed, note="", incident_id=incident.incident_id, now_us=2)
    over = store.incidents.open(own, Incident(**{name: getattr(INCIDENT, name) for name in INCIDENT.__struct_fields__} | {"key": "o", "scope": "scoring"}), pauses=[], intents=[], by="kim", now_us=1)
    assert over is not None
    store.incidents.move(own, over, IncidentState.resumed, by="kim", note="", now_us=2, ends_pauses=True)
    _ledger(store, own)
    store.merges.merge(own, "c1", "c2", by="kim", why="", now_us=1)
    store.useful.put(own, msgspec.structs.replace(MARK, by="kim"))
    numbers = {key: one.decision_id for key, one in made.items()}
    return numbers | {"alert": alert.alert_id, "task": task.task_id, "stand_in": stand_in.stand_in_id, "incident": incident, "handed": handed.handed_id, "asked": asked.handed_id}


def _ledger(store: Store, own: int) -> None:
    """A message sent from a playbook, approved before, and met with anger; a sync of the CRM."""
    wish = WantedTouch(
        key="m", channel=Channel.email, action_class=ActionClass.message, purpose=Purpose.service, customer_facing=True, cause=CAUSE,
        due_us=1, content={}, customer_id="c1", playbook="at_risk", version=1,
    )  # fmt: skip
    store.touches.want(own, [wish], now_us=1)
    (touch,) = store.touches.by_keys(own, ["m"])
    found = Response(key="r", kind=ResponseKind.complained, occurred_us=3, customer_id="c1", touch_id=touch.touch_id)
    store.responses.add(own, [found], now_us=3)
    with store._database.writing() as connection:
        connection.execute(touches.update().where(touches.c.touch_id == touch.touch_id).values(state="sent", sent_us=2))
        line = {"touch_id": touch.touch_id, "at_us": 2, "gate": "autonomy", "verdict": "draft", "reason": ""}
        new_id(connection, touch_verdicts, venture_id=own, **line)
        sync = {"platform": "twin", "started_us": 1, "ended_us": 2, "records": 9, "errors": 9, "state": "failed", "details": {}}
        new_id(connection, crm_sync_log, venture_id=own, **sync)


CALLS: dict[str, tuple[str, Call]] = {
    "controls.state": (OWN, lambda s, v, n: s.controls.state(v, 5)),
    "controls.switch": (OWN, lambda s, v, n: s.controls.switch(v, Mode.live, by="eve", why="", now_us=5)),
    "controls.pause": (OWN, lambda s, v, n: s.controls.pause(v, "outreach", by="eve", why="", now_us=5)),
    "controls.resume": (NOTHING, lambda s, v, n: s.controls.resume(v, "crm", by="eve", why="", now_us=5)),
    "controls.hands_off": (NOTHING, lambda s, v, n: s.controls.hands_off(v, ["c1"], 5)),
    "controls.keep_hands_off": (OWN, lambda s, v, n: s.controls.keep_hands_off(v, "c2", until_us=9, reason="", by="eve", now_us=5)),
    "controls.end_hands_off": (NOTHING, lambda s, v, n: s.controls.end_hands_off(v, "c1", by="eve", now_us=5)),
    "controls.baseline_entries": (NOTHING, lambda s, v, n: s.controls.baseline_entries(v, "kim", 0)),
    "decisions.ask": (OWN, lambda s, v, n: s.decisions.ask(v, [decision("mine")])),
    "decisions.join": (OWN, lambda s, v, n: s.decisions.join(v, decision("joint"), [n["waiting"]])),
    "decisions.get": (MISSING, lambda s, v, n: s.decisions.get(v, n["open"])),
    "decisions.list": (NOTHING, lambda s, v, n: s.decisions.list(v)),
    "decisions.members": (NOTHING, lambda s, v, n: s.decisions.members(v, [n["parent"]])),
    "decisions.unjoined": (NOTHING, lambda s, v, n: s.decisions.unjoined(v)),
    "decisions.asked_since": (NOTHING, lambda s, v, n: s.decisions.asked_since(v, DecisionKind.critical_escalation, 0)),
    "decisions.answer": (NOTHING, lambda s, v, n: s.decisions.answer(v, n["open"], answer="x", details={}, by="eve", via="cli", now_us=5)),
    "decisions.close_parent": (NOTHING, lambda s, v, n: s.decisions.close_parent(v, n["parent"], now_us=5)),
    "decisions.remind": (NOTHING, lambda s, v, n: s.decisions.remind(v, n["open"], now_us=5)),
    "decisions.climb": (NOTHING, lambda s, v, n: s.decisions.climb(v, n["open"], rung=Rung.lead, deadline_us=9, delegated=True, now_us=5)),
    "decisions.expire": (NOTHING, lambda s, v, n: s.decisions.expire(v, n["open"], [], now_us=5)),
    "decisions.withdraw": (NOTHING, lambda s, v, n: s.decisions.withdraw(v, [n["open"]], why="", now_us=5)),
    "decisions.executed": (NOTHING, lambda s, v, n: s.decisions.executed(v, n["answered"], [], {}, now_us=5)),
    "decisions.endings": (NOTHING, lambda s, v, n: s.decisions.endings(v)),
    "decisions.settle": (NOTHING, lambda s, v, n: s.decisions.settle(v, {n["answered"]: {}}, now_us=5)),
    "decisions.is_link_used": (NOTHING, lambda s, v, n: s.decisions.is_link_used(v, "l")),
    "alerts.last_acknowledged_us": (NOTHING, lambda s, v, n: s.alerts.last_acknowledged_us(v)),
    "alerts.add": (OWN, lambda s, v, n: s.alerts.add(v, [ALERT])),
    "alerts.get": (MISSING, lambda s, v, n: s.alerts.get(v, n["alert"])),
    "alerts.list": (NOTHING, lambda s, v, n: s.alerts.list(v)),
    "alerts.of_delivery": (NOTHING, lambda s, v, n: s.alerts.of_delivery(v, "single")),
    "alerts.raised_since": (NOTHING, lambda s, v, n: s.alerts.raised_since(v, "critical_customer", 0)),
    "alerts.acknowledge": (MISSING, lambda s, v, n: s.alerts.acknowledge(v, n["alert"], by="eve", now_us=5)),
    "alerts.snooze": (MISSING, lambda s, v, n: s.alerts.snooze(v, n["alert"], until_us=9, by="eve", now_us=5)),
    "alerts.close": (MISSING, lambda s, v, n: s.alerts.close(v, n["alert"], was_real=True, by="eve", note="", now_us=5)),
    "alerts.unanswered": (NOTHING, lambda s, v, n: s.alerts.unanswered(v, 5)),
    "alerts.escalated": (NOTHING, lambda s, v, n: s.alerts.escalated(v, [n["alert"]], now_us=5)),
    "alerts.unlabelled": (NOTHING, lambda s, v, n: s.alerts.unlabelled(v, seen_since_us=0, raised_until_us=9)),
    "alerts.followed": (NOTHING, lambda s, v, n: s.alerts.followed(v, {n["alert"]: "x"})),
    "alerts.precision": (NOTHING, lambda s, v, n: s.alerts.precision(v, 0, 9).alerts),
    "merges.merge": (OWN, lambda s, v, n: s.merges.merge(v, "c1", "c3", by="eve", why="", now_us=5)),
    "merges.undo": (MISSING, lambda s, v, n: s.merges.undo(v, "c2", by="eve", now_us=5)),
    "merges.list": (NOTHING, lambda s, v, n: [one for one in s.merges.list(v) if one.duplicate == "c2"]),
    "merges.into": (NOTHING, lambda s, v, n: [one for one in s.merges.into(v, ["c1"]) if one == "c2"]),
    "merges.forget": (OWN, lambda s, v, n: s.merges.forget(v, ["c2"])),
    "useful.put": (OWN, lambda s, v, n: s.useful.put(v, MARK)),
    "useful.since": (NOTHING, lambda s, v, n: [one for one in s.useful.since(v, 0, 100) if one.by != "eve"]),
    "tasks.add": (OWN, lambda s, v, n: s.tasks.add(v, [TASK])),
    "tasks.get": (MISSING, lambda s, v, n: s.tasks.get(v, n["task"])),
    "tasks.list": (NOTHING, lambda s, v, n: s.tasks.list(v)),
    "tasks.assignees": (NOTHING, lambda s, v, n: s.tasks.assignees(v)),
    "tasks.of_customers": (NOTHING, lambda s, v, n: s.tasks.of_customers(v, ["c1"])),
    "tasks.close": (
        NOTHING,
        lambda s, v, n: s.tasks.close(v, n["task"], outcome=TaskOutcome.done, by="eve", minutes=None, note="", intents=[], now_us=5),
    ),
    "tasks.withdraw": (NOTHING, lambda s, v, n: s.tasks.withdraw(v, "c1", why="", now_us=5)),
    "tasks.reassign": (NOTHING, lambda s, v, n: s.tasks.reassign(v, [n["task"]], assignee="eve", by="eve", now_us=5)),
    "tasks.overdue": (NOTHING, lambda s, v, n: s.tasks.overdue(v, 5)),
    "tasks.escalated": (NOTHING, lambda s, v, n: s.tasks.escalated(v, [n["task"]], now_us=5)),
    "contacts.hold": (OWN, lambda s, v, n: s.contacts.hold(v)),
    "contacts.last": (NOTHING, lambda s, v, n: s.contacts.last(v, ["c1"])),
    "contacts.first_by_person": (NOTHING, lambda s, v, n: s.contacts.first_by_person(v, ["c1"], 0)),
    "contacts.tried": (NOTHING, lambda s, v, n: s.contacts.tried(v, ["c1"], 0)["c1"]),
    "stand_ins.all": (NOTHING, lambda s, v, n: s.stand_ins.all(v)),
    "stand_ins.add": (OWN, lambda s, v, n: s.stand_ins.add(v, person="kim", deputy="eve", from_us=1, by="eve", reason="", now_us=5)),
    "stand_ins.end": (MISSING, lambda s, v, n: s.stand_ins.end(v, n["stand_in"], now_us=5)),
    "incidents.open": (OWN, lambda s, v, n: s.incidents.open(v, INCIDENT, pauses=["crm"], intents=[], by="eve", now_us=5)),
    "incidents.get": (MISSING, lambda s, v, n: s.incidents.get(v, n["incident"].incident_id)),
    "incidents.list": (NOTHING, lambda s, v, n: s.incidents.list(v)),
    "incidents.move": (NOTHING, lambda s, v, n: s.incidents.move(v, n["incident"], IncidentState.told, by="eve", note="", now_us=5)),
    "incidents.last_ended_us": (NOTHING, lambda s, v, n: s.incidents.last_ended_us(v, "fleet_drop", "scoring")),
    "hand_offs.add": (OWN, lambda s, v, n: s.hand_offs.add(v, HANDED)),
    "hand_offs.get": (MISSING, lambda s, v, n: s.hand_offs.get(v, n["handed"])),
    "hand_offs.all": (NOTHING, lambda s, v, n: s.hand_offs.all(v)),
    "hand_offs.taken": (MISSING, lambda s, v, n: s.hand_offs.taken(v, n["asked"], vendor_id="x", link="l")),
    "hand_offs.tried": (NOTHING, lambda s, v, n: s.hand_offs.tried(v, n["handed"], StopResult.stopped, note="", incident_id=None, now_us=9)),
    "incidents.touched": (NOTHING, lambda s, v, n: s.incidents.touched(v, n["incident"], 9)),
    "watched.crm": (NOTHING, lambda s, v, n: s.watched.crm(v, 0).records),
    "watched.feedback": (NOTHING, lambda s, v, n: s.watched.feedback(v, 0)),
    "autonomy.records": (NOTHING, lambda s, v, n: s.autonomy.records(v, 0)),
}


@pytest.fixture(scope="module")
def house(store: Store) -> tuple[Venture, Numbers, dict[str, list[Any]]]:
    venture = store.ventures.ensure("acting-house", name="Acme", currency="USD", timezone="UTC", now_us=1)
    numbers = fill(store, venture)
    return venture, numbers, rows_of_tables(store, venture)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_stranger_sees_and_changes_nothing(
    store: Store, house: tuple[Venture, Numbers, dict[str, list[Any]]], stranger: Venture, name: str
) -> None:
    venture, numbers, before = house
    answer, call = CALLS[name]
    if answer is MISSING:
        with pytest.raises(NotFound):
            call(store, stranger.venture_id, numbers)
    else:
        seen = call(store, stranger.venture_id, numbers)
        assert answer is OWN or not seen
    assert rows_of_tables(store, venture) == before


NOT_SEEN_EITHER = {"controls.baseline_entries", "decisions.endings"}
"""Nothing was put there to be seen: other tests fill them."""


@pytest.mark.parametrize("name", sorted(name for name, (answer, _) in CALLS.items() if answer is NOTHING and name not in NOT_SEEN_EITHER))
def test_the_owner_would_have_seen_or_changed_something(store: Store, name: str) -> None:
    """So that the walls above do not hold for want of anything behind them."""
    venture = store.ventures.ensure(f"owner-{name}", name="Acme", currency="USD", timezone="UTC", now_us=1)
    numbers = fill(store, venture)
    before = rows_of_tables(store, venture)
    seen = CALLS[name][1](store, venture.venture_id, numbers)
    assert seen or rows_of_tables(store, venture) != before


def test_every_method_is_tried_by_a_stranger(store: Store) -> None:
    methods = {
        f"{repository}.{name}"
        for repository in REPOSITORIES
        for name, _ in inspect.getmembers(getattr(store, repository), inspect.ismethod)
        if not name.startswith("_")
    }
    assert methods == CALLS.keys()
