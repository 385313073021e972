"""No call of any repository sees or changes a row of another venture.

Every public method is listed here; a method that is not fails `test_every_method_is_tried_by_a_stranger`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from msgspec import structs
from tests.contract.store.rows import rows_of_tables

from tenure.errors import NotFound
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.configuration import ValueChange
from tenure.model.crossings import ChainMove, Limits, NewChain, PendingFiring
from tenure.model.facts import InboxRow
from tenure.model.health import HealthStatus
from tenure.model.intents import EndPlaybooks, Intent, RaiseAlert
from tenure.model.keys import KeyKind
from tenure.model.playbooks import (
    Enrollment,
    EnrollmentState,
    Entry,
    PlaybookDefinition,
    PlaybookKind,
    Step,
    StepDone,
    StepOutcome,
)
from tenure.model.quarantine import QuarantineState, Refusal
from tenure.model.results import MetricResult
from tenure.model.runs import RunEnd, RunKind, RunState
from tenure.model.triggers import TriggerDefinition, TriggerSchedule, TriggerSubject
from tenure.model.ventures import Role, Venture
from tenure.ports.crew import CrewStep, Finding
from tenure.ports.enrollments import Move, NewEnrollment
from tenure.ports.executions import TriggerMetric
from tenure.ports.surveys import Deployment
from tenure.rules.gates import GateGroup, GateResult, Verdict
from tenure.store import Store
from tenure.store.arrow import INBOX_SCHEMA
from tenure.store.tables import inbox

END = RunEnd(ended_us=9)
SCORES = pa.Table.from_pylist(
    [
        {
            "customer_id": "c1",
            "score_tenths": 500,
            "total": 50.0,
            "health_status": "at_risk",
            "coverage": 1.0,
            "scorecard": "default",
            "scorecard_version": "1",
            "is_new": False,
        }
    ]
)
CARD = CustomerCard(customer_id="c1", as_of_us=1, name="A")
INTENT = Intent(key="k", wish=EndPlaybooks(customer_id="c1", reason="r"), cause=Cause(kind=CauseKind.person, person="kim"))
ASKED = Deployment(key="k", survey="nps", customer_id="c1", deployed_us=1)
GATE = GateResult(gate="g", group=GateGroup.entry, verdict=Verdict.passed, evidence="x")
FINDING = Finding(key="k", section="s", title="t", written_us=1)
BY = {"by": "kim", "why": "test", "now_us": 5}
WHO = {"who": "kim", "why": "test", "now_us": 5}

REPOSITORIES = [
    "inbox",
    "ventures",
    "people",
    "keys",
    "parameters",
    "audit",
    "scorecards",
    "health",
    "runs",
    "jobs",
    "quarantine",
    "overrides",
    "pulses",
    "results",
    "secrets",
    "cursors",
    "intents",
    "cards",
    "playbooks",
    "enrollments",
    "calendar",
    "crm_log",
    "surveys",
    "crew",
    "system_log",
    "pending",
    "triggers",
    "trigger_metrics",
    "crossings",
    "executions",
    "effect",
    "loop_summary",
]
NOT_OF_A_VENTURE = {"inbox.append", "inbox.append_arrow", "inbox.high_mark", "inbox.close", "ventures.ensure", "secrets.signing_key"}
"""The rows of an append name their venture; the mark is a position, not a row; `ensure` makes or finds one by its key; the
key of signed links is the store's, what is signed names its venture."""
DOORS = {"ventures.get", "ventures.find", "ventures.all", "keys.find_by_token"}
"""Asked before the venture is known."""


PLAYBOOK = PlaybookDefinition(
    key="hello", kind=PlaybookKind.other, title="Hello", purpose="x", entry=Entry(condition="arr > 0"), steps=(Step(step="a"),)
)
ENROLLMENT = Enrollment(
    enrollment_id=0, playbook="hello", version=1, kind=PlaybookKind.other, customer_id="c1", entry_key="day:1",
    state=EnrollmentState.running, entered_us=5, cause=Cause(kind=CauseKind.playbook), due_us=5,
)  # fmt: skip


def _seen(numbers: dict[str, int]) -> Enrollment:
    """The house's enrollment as somebody who guesses its number would claim to have read it."""
    return structs.replace(ENROLLMENT, enrollment_id=numbers["enrollment"], next_step=1, due_us=6)


def _gone(numbers: dict[str, int]) -> Enrollment:
    return structs.replace(_seen(numbers), state=EnrollmentState.exited, reason="x", ended_us=7)


def fill(store: Store, venture: Venture) -> dict[str, int]:
    """One row of everything, and the numbers a stranger might guess."""
    own = venture.venture_id
    store.inbox.append([InboxRow(own, 3, 1, 1, "http", 1, 1)])
    person = store.people.add(own, name="Kim", email="kim@example.com", role=Role.csm, now_us=1)
    store.people.name_on_slack(own, person.person_id, "U1KIM", by="kim", now_us=1)
    key = store.keys.create(own, KeyKind.write, name="web", by="kim", now_us=1).key
    store.parameters.apply(own, [ValueChange(name="ticket_penalty", value=12)], preset="consumer", **WHO)
    store.parameters.lock(own, "value_weight", **WHO)
    store.scorecards.add(own, "default", digest="a", document={"x": 1}, **BY)
    published = store.runs.start(own, RunKind.full, as_of_us=5, known_batch=1, now_us=5)
    store.health.publish(
        own, published.run_id, END, SCORES, customers=pa.table({"customer_id": ["c1"], "name": ["A"]})
    )
    run = store.runs.start(own, RunKind.full, as_of_us=6, known_batch=1, now_us=6)
    store.jobs.enqueue(own, "waiting", {}, now_us=1)
    job = store.jobs.enqueue(own, "taken", {}, now_us=1)
    store.jobs.claim(own, "w", kinds=["taken"], now_us=2)
    broken = Refusal(
        kind="events", source="s", position="1", field="f", rule="r", value="v", record={}, first_seen_us=1
    )
    store.quarantine.add(own, [broken])
    item = store.quarantine.list(own)[0].item_id
    override = store.overrides.add(
        own, "c1", score=50.0, status=None, reason="r", person="kim", from_us=1, until_us=99, now_us=1
    )
    store.pulses.add(own, "c1", value=5, reason="r", person="kim", now_us=1, until_us=99)
    store.results.put(own, [MetricResult(metric="grr", segment="", as_of_us=1, document=1, computed_us=1)])
    store.secrets.put(own, "smtp", "x", by="kim", now_us=1)
    store.cursors.set(own, "crm", "7")
    store.intents.add(own, [INTENT], now_us=1)
    store.cards.put(own, [CARD])
    store.calendar.claim(own, "daily", 1, now_us=1, stale_before_us=0)
    store.calendar.beat(own, 1)
    sync = store.crm_log.start(own, "twin", now_us=1)
    store.surveys.add(own, [ASKED])
    store.crew.put_step(own, CrewStep(step="a", state="done"))
    store.crew.put_gates(own, [GATE], now_us=1)
    store.crew.confirm(own, "run_book", "kim", now_us=1)
    store.crew.find(own, [FINDING])
    store.system_log.record(own, "scores", "degraded", {}, now_us=1)
    store.playbooks.publish(own, PLAYBOOK, digest="a", **BY)
    entry = store.enrollments.enter(own, [NewEnrollment(enrollment=ENROLLMENT)], now_us=5)[0]
    line = StepDone(enrollment_id=entry.enrollment_id, customer_id="c1", step="a", repeat=0, outcome=StepOutcome.skipped, at_us=5, due_us=5)
    store.enrollments.move(own, [Move(before=entry, after=structs.replace(entry, next_step=1, due_us=6), log=(line,))], now_us=5)
    store.triggers.publish(own, [(TRIGGER, "a")], **BY)
    store.trigger_metrics.put(own, [METRIC])
    store.crossings.settle(own, LIMITS, 5)
    store.executions.wait(own, [msgspec.structs.replace(PENDING, subject="c2")])
    [chain] = store.executions.open(own, [CHAIN], now_us=5)
    return {
        "enrollment": entry.enrollment_id,
        "sync": sync,
        "chain": chain.execution_id,
        "person": person.person_id,
        "key": key.key_id,
        "run": run.run_id,
        "job": job.job_id,
        "item": item,
        "override": override.override_id,
    }


CAUSE = Cause(kind=CauseKind.trigger, trigger="T-1")
LIMITS = Limits(at_risk_tenths=400, healthy_tenths=700, min_coverage=0.5, cooldown_us=7, high_value_cents=100)
TRIGGER = TriggerDefinition(
    trigger_id="T-1", title="t", subject=TriggerSubject.customer, schedule=TriggerSchedule.touched, condition="score < 40"
)
METRIC = TriggerMetric(
    trigger_id="T-1", trigger_version=1, metric="m", as_of_us=5, target=1.0, value=0.5, judged=2
)
PENDING = PendingFiring(trigger_id="T-1", subject="c1", since_us=1, fires_us=2, cause=CAUSE)
CHAIN = NewChain(
    trigger_id="T-1", trigger_version=1, subject="c1", firing_key="c1#1", cause=CAUSE, score_tenths=300,
    intents=(Intent(key="T-1/c1#1/1/raise_alert", wish=RaiseAlert(kind="k", title="t", customer_id="c1"), cause=CAUSE),),
)  # fmt: skip


def move(chain: int) -> ChainMove:
    return ChainMove(execution_id=chain, seen_iteration=1, seen_state="waiting", state="waiting", iteration=2)


NOTHING = "nothing is seen"
MISSING = "NotFound is raised"
OWN = "only the stranger's own rows are made"
Call = Callable[[Store, int, dict[str, int]], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "inbox.read_arrow": (NOTHING, lambda s, v, n: list(s.inbox.read_arrow(v, 0, 10**12))),
    "inbox.delete_through": (NOTHING, lambda s, v, n: s.inbox.delete_through(v, 10**12)),
    "inbox.waiting": (NOTHING, lambda s, v, n: s.inbox.waiting(v, 0)[0]),
    "people.add": (
        OWN,
        lambda s, v, n: s.people.add(v, name="Kim", email="kim@example.com", role=Role.csm, now_us=1),
    ),
    "people.get": (MISSING, lambda s, v, n: s.people.get(v, n["person"])),
    "people.by_email": (NOTHING, lambda s, v, n: s.people.by_email(v, "kim@example.com")),
    "people.all": (NOTHING, lambda s, v, n: s.people.all(v)),
    "people.on_slack": (NOTHING, lambda s, v, n: s.people.on_slack(v, "U1KIM")),
    "people.name_on_slack": (MISSING, lambda s, v, n: s.people.name_on_slack(v, n["person"], "U1EVE", by="eve", now_us=3)),
    "people.leave": (MISSING, lambda s, v, n: s.people.leave(v, n["person"], now_us=3)),
    "keys.create": (OWN, lambda s, v, n: s.keys.create(v, KeyKind.write, name="web", by="eve", now_us=1)),
    "keys.get": (MISSING, lambda s, v, n: s.keys.get(v, n["key"])),
    "keys.all": (NOTHING, lambda s, v, n: s.keys.all(v)),
    "keys.revoke": (MISSING, lambda s, v, n: s.keys.revoke(v, n["key"], **BY)),
    "parameters.values": (NOTHING, lambda s, v, n: s.parameters.values(v)),
    "parameters.apply": (
        OWN,
        lambda s, v, n: s.parameters.apply(v, [ValueChange(name="value_weight", value=3)], **WHO),
    ),
    "parameters.locks": (NOTHING, lambda s, v, n: s.parameters.locks(v)),
    "parameters.lock": (OWN, lambda s, v, n: s.parameters.lock(v, "value_weight", **WHO)),
    "parameters.unlock": (MISSING, lambda s, v, n: s.parameters.unlock(v, "value_weight", **WHO)),
    "parameters.presets": (NOTHING, lambda s, v, n: s.parameters.presets(v)),
    "audit.history": (NOTHING, lambda s, v, n: s.audit.history(v)),
    "audit.write": (OWN, lambda s, v, n: s.audit.write(v, subject="x", name="x", before=1, after=2, **WHO)),
    "scorecards.add": (OWN, lambda s, v, n: s.scorecards.add(v, "default", digest="a", document={}, **BY)),
    "scorecards.get": (MISSING, lambda s, v, n: s.scorecards.get(v, "default", 1)),
    "scorecards.versions": (NOTHING, lambda s, v, n: s.scorecards.versions(v)),
    "scorecards.live": (NOTHING, lambda s, v, n: s.scorecards.live(v)),
    "scorecards.set_live": (MISSING, lambda s, v, n: s.scorecards.set_live(v, "default", 1, **BY)),
    "scorecards.retire": (MISSING, lambda s, v, n: s.scorecards.retire(v, "default", **BY)),
    "health.publish": (MISSING, lambda s, v, n: s.health.publish(v, n["run"], END, SCORES, replace_all=True)),
    "health.list": (NOTHING, lambda s, v, n: s.health.list(v)),
    "health.moved": (NOTHING, lambda s, v, n: list(s.health.moved(v, 0))),
    "health.each": (NOTHING, lambda s, v, n: list(s.health.each(v))),
    "health.ids": (NOTHING, lambda s, v, n: list(s.health.ids(v))),
    "health.known": (NOTHING, lambda s, v, n: s.health.known(v, ["c1"])),
    "health.count": (NOTHING, lambda s, v, n: s.health.count(v)),
    "health.get": (MISSING, lambda s, v, n: s.health.get(v, "c1")),
    "health.find": (NOTHING, lambda s, v, n: s.health.find(v, "c1")),
    "health.counts_by_status": (NOTHING, lambda s, v, n: sum(s.health.counts_by_status(v).values())),
    "health.delete": (NOTHING, lambda s, v, n: s.health.delete(v, ["c1"])),
    "runs.start": (
        OWN,
        lambda s, v, n: s.runs.start(v, RunKind.full, as_of_us=1, known_batch=None, now_us=1),
    ),
    "runs.finish": (MISSING, lambda s, v, n: s.runs.finish(v, n["run"], RunState.failed, END)),
    "runs.get": (MISSING, lambda s, v, n: s.runs.get(v, n["run"])),
    "runs.last_published": (NOTHING, lambda s, v, n: s.runs.last_published(v)),
    "runs.was_reconfigured": (NOTHING, lambda s, v, n: s.runs.was_reconfigured(v, 0)),
    "runs.last": (NOTHING, lambda s, v, n: s.runs.last(v)),
    "runs.list": (NOTHING, lambda s, v, n: s.runs.list(v)),
    "runs.fail_abandoned": (NOTHING, lambda s, v, n: s.runs.fail_abandoned(v, message="x", now_us=9)),
    "jobs.enqueue": (OWN, lambda s, v, n: s.jobs.enqueue(v, "waiting", {}, now_us=1, unless_queued=True)),
    "jobs.claim": (NOTHING, lambda s, v, n: s.jobs.claim(v, "w", now_us=1)),
    "jobs.beat": (NOTHING, lambda s, v, n: s.jobs.beat(v, n["job"], "w", progress=1, text="", now_us=1)),
    "jobs.done": (NOTHING, lambda s, v, n: s.jobs.done(v, n["job"], "w", None, now_us=1)),
    "jobs.fail": (NOTHING, lambda s, v, n: s.jobs.fail(v, n["job"], "w", "x", now_us=1)),
    "jobs.give_back": (NOTHING, lambda s, v, n: s.jobs.give_back(v, silent_since_us=10**15, now_us=10**15)),
    "jobs.get": (MISSING, lambda s, v, n: s.jobs.get(v, n["job"])),
    "jobs.list": (NOTHING, lambda s, v, n: s.jobs.list(v)),
    "quarantine.add": (
        OWN,
        lambda s, v, n: s.quarantine.add(
            v,
            [
                Refusal(
                    kind="e",
                    source="s",
                    position="1",
                    field="f",
                    rule="r",
                    value="v",
                    record={},
                    first_seen_us=1,
                )
            ],
        ),
    ),
    "quarantine.list": (NOTHING, lambda s, v, n: s.quarantine.list(v, state=None)),
    "quarantine.get": (MISSING, lambda s, v, n: s.quarantine.get(v, n["item"])),
    "quarantine.groups": (NOTHING, lambda s, v, n: s.quarantine.groups(v)),
    "quarantine.waiting": (NOTHING, lambda s, v, n: s.quarantine.waiting(v)),
    "quarantine.decide": (
        NOTHING,
        lambda s, v, n: s.quarantine.decide(v, [n["item"]], QuarantineState.dropped, note="", now_us=1),
    ),
    "overrides.add": (
        OWN,
        lambda s, v, n: s.overrides.add(
            v,
            "c1",
            score=None,
            status=HealthStatus.critical,
            reason="r",
            person="eve",
            from_us=1,
            until_us=99,
            now_us=1,
        ),
    ),
    "overrides.withdraw": (MISSING, lambda s, v, n: s.overrides.withdraw(v, n["override"], **BY)),
    "overrides.in_force": (NOTHING, lambda s, v, n: s.overrides.in_force(v, 5)),
    "overrides.of_customer": (NOTHING, lambda s, v, n: s.overrides.of_customer(v, "c1")),
    "pulses.add": (
        OWN,
        lambda s, v, n: s.pulses.add(v, "c1", value=9, reason="r", person="eve", now_us=1, until_us=9),
    ),
    "pulses.in_force": (NOTHING, lambda s, v, n: s.pulses.in_force(v, 5)),
    "pulses.of_customer": (NOTHING, lambda s, v, n: s.pulses.of_customer(v, "c1")),
    "results.put": (
        OWN,
        lambda s, v, n: s.results.put(
            v, [MetricResult(metric="grr", segment="", as_of_us=1, document=2, computed_us=2)]
        ),
    ),
    "results.latest": (NOTHING, lambda s, v, n: s.results.latest(v, "grr")),
    "results.latest_of_all": (NOTHING, lambda s, v, n: s.results.latest_of_all(v)),
    "results.history": (NOTHING, lambda s, v, n: s.results.history(v, "grr")),
    "secrets.put": (OWN, lambda s, v, n: s.secrets.put(v, "smtp", "y", by="eve", now_us=1)),
    "secrets.get": (MISSING, lambda s, v, n: s.secrets.get(v, "smtp")),
    "secrets.names": (NOTHING, lambda s, v, n: s.secrets.names(v)),
    "secrets.delete": (MISSING, lambda s, v, n: s.secrets.delete(v, "smtp", by="eve", now_us=1)),
    "playbooks.publish": (OWN, lambda s, v, n: s.playbooks.publish(v, PLAYBOOK, digest="b", **BY)),
    "playbooks.retire": (MISSING, lambda s, v, n: s.playbooks.retire(v, "hello", **BY)),
    "playbooks.get": (MISSING, lambda s, v, n: s.playbooks.get(v, "hello", 1)),
    "playbooks.live": (NOTHING, lambda s, v, n: s.playbooks.live(v)),
    "playbooks.versions": (NOTHING, lambda s, v, n: s.playbooks.versions(v)),
    "enrollments.enter": (OWN, lambda s, v, n: s.enrollments.enter(v, [NewEnrollment(enrollment=ENROLLMENT, ends=_seen(n))], now_us=7)),
    "enrollments.move": (NOTHING, lambda s, v, n: s.enrollments.move(v, [Move(before=_seen(n), after=_gone(n), withdraws=True)], now_us=7)),
    "enrollments.due": (NOTHING, lambda s, v, n: s.enrollments.due(v, now_us=10**15)),
    "enrollments.about_to_leave": (NOTHING, lambda s, v, n: s.enrollments.about_to_leave(v, now_us=1 << 60)),
    "enrollments.in_state": (NOTHING, lambda s, v, n: s.enrollments.in_state(v, list(EnrollmentState))),
    "enrollments.of_customers": (NOTHING, lambda s, v, n: s.enrollments.of_customers(v, ["c1"])),
    "enrollments.entered_since": (NOTHING, lambda s, v, n: s.enrollments.entered_since(v, 0)),
    "enrollments.get": (MISSING, lambda s, v, n: s.enrollments.get(v, n["enrollment"])),
    "enrollments.steps": (NOTHING, lambda s, v, n: s.enrollments.steps(v, [n["enrollment"]])),
    "enrollments.counts": (NOTHING, lambda s, v, n: s.enrollments.counts(v)),
    "enrollments.erase": (NOTHING, lambda s, v, n: s.enrollments.erase(v, ["c1"])),
    "cursors.get": (NOTHING, lambda s, v, n: s.cursors.get(v, "crm")),
    "intents.add": (OWN, lambda s, v, n: s.intents.add(v, [INTENT], now_us=1)),
    "intents.pending": (NOTHING, lambda s, v, n: s.intents.pending(v, "end_playbooks", now_us=9)),
    "intents.pending_kinds": (NOTHING, lambda s, v, n: s.intents.pending_kinds(v, now_us=9)),
    "intents.done": (OWN, lambda s, v, n: s.intents.done(v, {"k": ""}, now_us=2)),
    "intents.withdraw": (NOTHING, lambda s, v, n: s.intents.withdraw(v, "c1", now_us=2)),
    "cards.put": (OWN, lambda s, v, n: s.cards.put(v, [CARD])),
    "cards.get": (NOTHING, lambda s, v, n: s.cards.get(v, ["c1"])),
    "cards.wanted": (NOTHING, lambda s, v, n: s.cards.wanted(v)),
    "cards.delete": (NOTHING, lambda s, v, n: s.cards.delete(v, ["c1"])),
    "calendar.last_due_us": (NOTHING, lambda s, v, n: s.calendar.last_due_us(v)),
    "calendar.claim": (OWN, lambda s, v, n: s.calendar.claim(v, "daily", 1, now_us=2, stale_before_us=0)),
    "calendar.done": (OWN, lambda s, v, n: s.calendar.done(v, "daily", 1, now_us=2)),
    "calendar.failed": (OWN, lambda s, v, n: s.calendar.failed(v, "daily", 1, now_us=2, note="x")),
    "calendar.beat": (OWN, lambda s, v, n: s.calendar.beat(v, 1)),
    "calendar.beats": (NOTHING, lambda s, v, n: s.calendar.beats(v, 0, 9)),
    "calendar.beaten": (NOTHING, lambda s, v, n: s.calendar.beaten(v, 0, 9)),
    "calendar.forget_beats": (NOTHING, lambda s, v, n: s.calendar.forget_beats(v, 9)),
    "crm_log.start": (OWN, lambda s, v, n: s.crm_log.start(v, "twin", now_us=1)),
    "crm_log.end": (
        OWN,
        lambda s, v, n: s.crm_log.end(v, n["sync"], state="done", records=9, errors=0, details={}, now_us=2),
    ),
    "crm_log.last": (NOTHING, lambda s, v, n: s.crm_log.last(v)),
    "crm_log.last_success_us": (NOTHING, lambda s, v, n: s.crm_log.last_success_us(v)),
    "surveys.add": (OWN, lambda s, v, n: s.surveys.add(v, [ASKED])),
    "surveys.last": (NOTHING, lambda s, v, n: s.surveys.last(v, "nps")),
    "surveys.due_again": (NOTHING, lambda s, v, n: s.surveys.due_again(v, "nps", 9, {"failed": 9})),
    "surveys.open_ones": (NOTHING, lambda s, v, n: s.surveys.open_ones(v, ["c1"])),
    "surveys.waiting": (NOTHING, lambda s, v, n: s.surveys.waiting(v, 0)),
    "surveys.reminded": (OWN, lambda s, v, n: s.surveys.reminded(v, ["k"], now_us=9)),
    "surveys.answered": (NOTHING, lambda s, v, n: s.surveys.answered(v, "nps", "c1", score=9, answered_us=9)),
    "surveys.counts": (OWN, lambda s, v, n: s.surveys.counts(v, 0)),
    "crew.steps": (NOTHING, lambda s, v, n: s.crew.steps(v)),
    "crew.put_step": (OWN, lambda s, v, n: s.crew.put_step(v, CrewStep(step="a", state="running"))),
    "crew.gates": (NOTHING, lambda s, v, n: s.crew.gates(v)),
    "crew.put_gates": (OWN, lambda s, v, n: s.crew.put_gates(v, [GATE], now_us=9)),
    "crew.confirm": (OWN, lambda s, v, n: s.crew.confirm(v, "run_book", "kim", now_us=9)),
    "crew.confirmations": (OWN, lambda s, v, n: s.crew.confirmations(v, "run_book")),
    "crew.find": (OWN, lambda s, v, n: s.crew.find(v, [FINDING])),
    "crew.findings": (OWN, lambda s, v, n: s.crew.findings(v)),
    "system_log.record": (OWN, lambda s, v, n: s.system_log.record(v, "scores", "healthy", {}, now_us=9)),
    "system_log.open": (NOTHING, lambda s, v, n: s.system_log.open(v)),
    "system_log.since": (NOTHING, lambda s, v, n: s.system_log.since(v, 0)),
    "secrets.ensure": (OWN, lambda s, v, n: s.secrets.ensure(v, "smtp", "other", by="eve", now_us=9)),
    "pending.due": (NOTHING, lambda s, v, n: s.pending.due(v, 9)),
    "pending.anything": (NOTHING, lambda s, v, n: s.pending.anything(v, 9)),
    "pending.next_due_us": (NOTHING, lambda s, v, n: s.pending.next_due_us(v, 9)),
    "cursors.set": (OWN, lambda s, v, n: s.cursors.set(v, "crm", "8")),
    "triggers.publish": (OWN, lambda s, v, n: s.triggers.publish(v, [(TRIGGER, "a")], **BY)),
    "triggers.retire": (MISSING, lambda s, v, n: s.triggers.retire(v, "T-1", **BY)),
    "triggers.live": (NOTHING, lambda s, v, n: s.triggers.live(v)),
    "triggers.versions": (NOTHING, lambda s, v, n: s.triggers.versions(v)),
    "triggers.get": (MISSING, lambda s, v, n: s.triggers.get(v, "T-1", 1)),
    "trigger_metrics.put": (OWN, lambda s, v, n: s.trigger_metrics.put(v, [METRIC])),
    "trigger_metrics.latest": (NOTHING, lambda s, v, n: s.trigger_metrics.latest(v)),
    "crossings.settle": (NOTHING, lambda s, v, n: s.crossings.settle(v, LIMITS, 9)),
    "crossings.baseline": (NOTHING, lambda s, v, n: s.crossings.baseline(v, LIMITS, 9, 9)),
    "crossings.below": (NOTHING, lambda s, v, n: s.crossings.below(v, "T-1", LIMITS, 9)),
    "crossings.fell_to_at_risk": (NOTHING, lambda s, v, n: s.crossings.fell_to_at_risk(v, LIMITS, 9)),
    "crossings.standings": (NOTHING, lambda s, v, n: s.crossings.standings(v, "T-1", ["c1"], 9)),
    "crossings.falls": (NOTHING, lambda s, v, n: s.crossings.falls(v, 0)),
    "crossings.scored": (NOTHING, lambda s, v, n: s.crossings.scored(v)),
    "crossings.first_run_us": (NOTHING, lambda s, v, n: s.crossings.first_run_us(v)),
    "executions.wait": (OWN, lambda s, v, n: s.executions.wait(v, [PENDING])),
    "executions.waiting": (NOTHING, lambda s, v, n: s.executions.waiting(v, "T-1")),
    "executions.drop": (NOTHING, lambda s, v, n: s.executions.drop(v, "T-1", ["c2"])),
    "executions.open": (OWN, lambda s, v, n: s.executions.open(v, [CHAIN], now_us=5)),
    "executions.move": (NOTHING, lambda s, v, n: s.executions.move(v, [move(n["chain"])], now_us=6)),
    "executions.open_subjects": (NOTHING, lambda s, v, n: s.executions.open_subjects(v, "T-1")),
    "executions.open_of": (NOTHING, lambda s, v, n: s.executions.open_of(v, "T-1")),
    "executions.last_opened": (NOTHING, lambda s, v, n: s.executions.last_opened(v, "T-1")),
    "executions.counts": (NOTHING, lambda s, v, n: s.executions.counts(v, "T-1", ["c1"])),
    "executions.list": (NOTHING, lambda s, v, n: s.executions.list(v)),
    "executions.get": (MISSING, lambda s, v, n: s.executions.get(v, n["chain"])),
    "executions.note_recoveries": (NOTHING, lambda s, v, n: s.executions.note_recoveries(v, "T-1", LIMITS, 0, 9)),
    "executions.still_below": (NOTHING, lambda s, v, n: s.executions.still_below(v, "T-1")),
    "executions.overdue_tasks": (NOTHING, lambda s, v, n: s.executions.overdue_tasks(v, "T-1", 9)),
    "executions.attempts": (NOTHING, lambda s, v, n: s.executions.attempts(v, [n["chain"]])),
    "executions.offers_ended": (NOTHING, lambda s, v, n: s.executions.offers_ended(v, [n["chain"]])),
    "executions.lately": (NOTHING, lambda s, v, n: s.executions.lately(v, ["c1", "acme"], 0)),
    "executions.held_out": (NOTHING, lambda s, v, n: s.executions.held_out(v, [n["chain"]])),
    "executions.told": (NOTHING, lambda s, v, n: s.executions.told(v, "raise_alert", "T-1", ["c1"], 0)),
    "executions.intent_state": (NOTHING, lambda s, v, n: s.executions.intent_state(v, "T-1/c1#1/1/raise_alert")),
    "executions.next_number": (NOTHING, lambda s, v, n: s.executions.next_number(v, "T-1", "c1")),
    "executions.erase": (NOTHING, lambda s, v, n: s.executions.erase(v, ["c1"])),
    "effect.entered": (NOTHING, lambda s, v, n: s.effect.entered(v, 0, 10**18, response_window_us=1)),
    "loop_summary.done": (NOTHING, lambda s, v, n: s.loop_summary.done(v, 0, 10**18)),
    "loop_summary.not_done": (NOTHING, lambda s, v, n: s.loop_summary.not_done(v, 0, 10**18)),
    "loop_summary.chains": (NOTHING, lambda s, v, n: s.loop_summary.chains(v, 0, 10**18)),
    "effect.work": (NOTHING, lambda s, v, n: any(msgspec.structs.astuple(s.effect.work(v, 0, 10**18)))),
}


def rows_of(store: Store, venture: Venture) -> dict[str, list[Any]]:
    """Every row of the venture, straight from the tables."""
    batches = store.inbox.read_arrow(venture.venture_id, 0, 10**12)
    return rows_of_tables(store, venture) | {inbox.name: pa.Table.from_batches(batches, schema=INBOX_SCHEMA).to_pylist()}


@pytest.fixture(scope="module")
def house(store: Store) -> tuple[Venture, dict[str, int], dict[str, list[Any]]]:
    """A venture with one row of everything, the numbers of its rows, and all of its rows as they must stay."""
    venture = store.ventures.ensure("house", name="Acme", currency="USD", timezone="UTC", now_us=1)
    numbers = fill(store, venture)
    return venture, numbers, rows_of(store, venture)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_stranger_sees_and_changes_nothing(
    store: Store, house: tuple[Venture, dict[str, int], dict[str, list[Any]]], stranger: Venture, name: str
) -> None:
    venture, numbers, before = house
    answer, call = CALLS[name]
    if answer is MISSING:
        with pytest.raises(NotFound):
            call(store, stranger.venture_id, numbers)
    else:
        seen = call(store, stranger.venture_id, numbers)
        assert answer is OWN or not seen
    assert rows_of(store, venture) == before


def test_every_method_is_tried_by_a_stranger(store: Store) -> None:
    methods = {
        f"{repository}.{name}"
        for repository in REPOSITORIES
        for name, _ in inspect.getmembers(getattr(store, repository), inspect.ismethod)
        if not name.startswith("_")
    }
    assert methods == CALLS.keys() | NOT_OF_A_VENTURE | DOORS
