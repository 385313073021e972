"""Enrollments with their ledger added up, and the team's work: what effect is judged from."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.clock import SECOND_US
from tenure.model.cause import CauseKind
from tenure.model.contacts import ATTEMPTS
from tenure.model.drills import MOCK_CUSTOMER
from tenure.model.health import HealthStatus
from tenure.model.playbooks import EnrollmentState, PlaybookKind
from tenure.model.tasks import CALL_KINDS, TaskOutcome, TaskState
from tenure.model.touches import ResponseKind, TouchState
from tenure.ports.effect import ClosedTask, EnteredCustomer, Helped, TeamWork
from tenure.rules.playbooks.entering import NEVER_ENTERED
from tenure.rules.surveys import AGAIN_AFTER_US, HELPED
from tenure.store.engine import Database
from tenure.store.loop_tables import (
    alerts,
    enrollment_steps,
    enrollments,
    nps_surveys,
    responses,
    tasks,
    touches,
)

_LEFT = [state.value for state in TouchState if state.left]
_ANSWERS = [kind.value for kind in ResponseKind if kind.is_response]
_CALLED = [TaskOutcome.reached.value, TaskOutcome.not_reached.value]
Query = sa.Select[*tuple[Any, ...]]


class EffectReader:
    """The port `tenure.ports.effect.EffectRows`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entered(self, venture_id: int, since_us: int, until_us: int, *, response_window_us: int) -> Sequence[EnteredCustomer]:
        with self._database.reading() as connection:
            ledger = _Ledger(connection, venture_id, since_us, until_us, response_window_us)
            return [ledger.entered(row) for row in connection.execute(_entries(venture_id, since_us, until_us))]

    def work(self, venture_id: int, since_us: int, until_us: int) -> TeamWork:
        with self._database.reading() as connection:
            automatic, by_person = _actions(connection, venture_id, since_us, until_us)
            closed = tuple(_closed(row) for row in connection.execute(_closed_tasks(venture_id, since_us, until_us)))
            due, reached = connection.execute(_calls_due(venture_id, since_us, until_us)).one()
            return TeamWork(
                automatic=automatic,
                by_person=by_person + len(closed),
                calls_due=due,
                calls_reached=reached or 0,
                closed=closed,
                answered=_answered(connection, venture_id, since_us, until_us),
                helped=_helped(connection, venture_id, since_us, until_us),
            )


class _Ledger:
    """What was done and answered, by enrollment; each part read once for all of them."""

    def __init__(self, connection: Connection, own: int, since_us: int, until_us: int, window_us: int) -> None:
        among = (enrollments.c.venture_id == own, enrollments.c.entered_us >= since_us, enrollments.c.entered_us < until_us)

        def by_enrollment(query: Query) -> dict[int, Row[*tuple[Any, ...]]]:
            return {row.enrollment_id: row for row in connection.execute(query)}

        self._sent = by_enrollment(_sent(own, among, until_us))
        self._heard = by_enrollment(_heard(own, among, window_us, until_us))
        self._offers = by_enrollment(_offers(own, among, until_us))
        self._window_us, self._until_us = window_us, until_us
        self._variants: dict[int, dict[str, str]] = defaultdict(dict)
        for row in connection.execute(_variants(own, among)):
            self._variants[row.enrollment_id][row.step] = row.variant
        self._work: dict[tuple[str, int], Row[*tuple[Any, ...]]] = {}
        for row in connection.execute(_task_sums(own, since_us, until_us)):
            key = ("enrollment", row.enrollment_id) if row.enrollment_id is not None else ("execution", row.execution_id)
            self._work[key] = row
        personal = _personal(own, since_us, until_us)
        spoke = personal.where(sa.func.coalesce(touches.c.variant, "").not_in([one.value for one in ATTEMPTS]))
        self._contacts = _times(connection, [_calls(own, since_us, until_us, _CALLED), personal])
        self._reached = _times(connection, [_calls(own, since_us, until_us, [TaskOutcome.reached.value]), spoke])
        self._answers = _times(connection, [_answers_to_nothing(own, since_us, until_us)])

    def entered(self, row: Row[*tuple[Any, ...]]) -> EnteredCustomer:
        one = row.enrollment_id
        sent, heard, offers = self._sent.get(one), self._heard.get(one), self._offers.get(one)
        work = [found for key in (("enrollment", one), ("execution", row.execution_id)) if (found := self._work.get(key)) is not None]
        last_us = row.entered_us if sent is None else max(row.entered_us, sent.last_us)
        ended_us = row.ended_us if row.ended_us is not None and row.ended_us < self._until_us else None
        over_us = last_us + self._window_us if ended_us is None else min(ended_us, last_us + self._window_us)
        answer_us = _first(self._answers.get(row.customer_id, ()), row.entered_us)
        return EnteredCustomer(
            enrollment_id=one,
            playbook=row.playbook,
            kind=PlaybookKind(row.kind),
            version=row.version,
            customer_id=row.customer_id,
            entered_us=row.entered_us,
            held_out=bool(row.held_out),
            lifted=row.lifted_us is not None,
            holdout_percent=row.holdout_percent,
            entry_status=None if row.entry_status is None else HealthStatus(row.entry_status),
            entry_arr_cents=row.entry_arr_cents,
            ended_us=ended_us,
            execution_id=row.execution_id,
            variants=self._variants.get(one, {}),
            sent=0 if sent is None else sent.sent,
            delivered=0 if sent is None else sent.delivered,
            first_sent_us=None if sent is None else sent.first_us,
            first_delivered_us=None if sent is None else sent.first_delivered_us,
            opened=heard is not None and bool(heard.opened),
            clicked=heard is not None and bool(heard.clicked),
            responded=(heard is not None and bool(heard.responded)) or (answer_us is not None and answer_us <= over_us),
            complained=heard is not None and bool(heard.complained),
            unsubscribed=heard is not None and bool(heard.unsubscribed),
            reached=_first(self._reached.get(row.customer_id, ()), row.entered_us) is not None,
            contact_us=_first(self._contacts.get(row.customer_id, ()), row.entered_us),
            contact_due_us=min((one.call_due_us for one in work if one.call_due_us is not None), default=None),
            touch_cents=0.0 if sent is None else float(sent.cost_cents),
            offer_cents=0 if offers is None else int(offers.cost_cents),
            minutes=sum(float(one.minutes or 0) for one in work),
        )


def _first(times: Sequence[int], since_us: int) -> int | None:
    place = bisect_left(times, since_us)
    return times[place] if place < len(times) else None


def _times(connection: Connection, queries: Iterable[Query]) -> Mapping[str, list[int]]:
    """Times by customer, in order."""
    found: dict[str, list[int]] = defaultdict(list)
    for query in queries:
        for customer_id, at_us in connection.execute(query):
            found[customer_id].append(at_us)
    for times in found.values():
        times.sort()
    return found


# --- queries of enrollments --------------------------------------------------------------------------------------------


def _entries(own: int, since_us: int, until_us: int) -> Query:
    table = enrollments.c
    never = sa.func.coalesce(table.reason, "").startswith(NEVER_ENTERED, autoescape=True)
    mine = (table.venture_id == own, table.entered_us >= since_us, table.entered_us < until_us)
    return sa.select(enrollments).where(*mine, table.state != EnrollmentState.confirming.value, ~never).order_by(table.enrollment_id)


Among = tuple[sa.ColumnElement[bool], ...]


def _of_campaigns(query: Query, among: Among, until_us: int) -> Query:
    """Only customer-facing touches that had left by then, of these enrollments."""
    joined = query.join(enrollments, enrollments.c.enrollment_id == touches.c.enrollment_id)
    by_then = sa.or_(touches.c.sent_us.is_(None), touches.c.sent_us < until_us)
    return joined.where(*among, touches.c.customer_facing == 1, touches.c.state.in_(_LEFT), by_then)


def _sent(own: int, among: Among, until_us: int) -> Query:
    """Delivered is what was sent and did not bounce (A20)."""
    said = responses.c
    mine = (said.venture_id == own, said.kind == ResponseKind.bounced.value, said.touch_id.is_not(None))
    bounced = sa.select(said.touch_id).where(*mine).distinct().subquery()
    arrived = sa.and_(touches.c.state == TouchState.sent.value, bounced.c.touch_id.is_(None))
    query = sa.select(
        touches.c.enrollment_id,
        sa.func.count().label("sent"),
        sa.func.sum(sa.case((arrived, 1), else_=0)).label("delivered"),
        sa.func.min(touches.c.sent_us).label("first_us"),
        sa.func.max(touches.c.sent_us).label("last_us"),
        sa.func.min(sa.case((arrived, touches.c.sent_us))).label("first_delivered_us"),
        sa.func.sum(touches.c.cost_cents).label("cost_cents"),
    ).outerjoin(bounced, bounced.c.touch_id == touches.c.touch_id)
    return _of_campaigns(query, among, until_us).where(touches.c.venture_id == own).group_by(touches.c.enrollment_id)


def _heard(own: int, among: Among, window_us: int, until_us: int) -> Query:
    said = responses.c
    in_time = said.occurred_us <= touches.c.sent_us + window_us

    def any_of(condition: sa.ColumnElement[bool], name: str) -> sa.Label[Any]:
        return sa.func.max(sa.case((condition, 1), else_=0)).label(name)

    query = sa.select(
        touches.c.enrollment_id,
        any_of(said.kind.in_([ResponseKind.opened.value, ResponseKind.clicked.value]), "opened"),
        any_of(said.kind == ResponseKind.clicked.value, "clicked"),
        any_of(sa.and_(said.kind.in_(_ANSWERS), in_time), "responded"),
        any_of(said.kind == ResponseKind.complained.value, "complained"),
        any_of(said.kind == ResponseKind.unsubscribed.value, "unsubscribed"),
    ).select_from(responses)
    query = query.join(touches, touches.c.touch_id == said.touch_id)
    return _of_campaigns(query, among, until_us).where(said.venture_id == own, said.occurred_us < until_us).group_by(touches.c.enrollment_id)


def _variants(own: int, among: Among) -> Query:
    line = enrollment_steps.c
    query = sa.select(line.enrollment_id, line.step, line.variant).join(enrollments, enrollments.c.enrollment_id == line.enrollment_id)
    return query.where(*among, line.venture_id == own, line.variant.is_not(None))


def _offers(own: int, among: Among, until_us: int) -> Query:
    """What offers that left come to: of each step once."""
    line = enrollment_steps.c
    gone = _of_campaigns(sa.select(touches.c.enrollment_id, touches.c.step), among, until_us).where(touches.c.venture_id == own).distinct().subquery()
    query = sa.select(line.enrollment_id, sa.func.sum(line.cost_cents).label("cost_cents"))
    joined = query.join(gone, sa.and_(gone.c.enrollment_id == line.enrollment_id, gone.c.step == line.step))
    return joined.where(line.venture_id == own, line.is_offer == 1).group_by(line.enrollment_id)


def _is_call() -> sa.ColumnElement[bool]:
    return sa.or_(tasks.c.kind.in_(CALL_KINDS), tasks.c.kind.endswith("_call", autoescape=True))


def _task_sums(own: int, since_us: int, until_us: int) -> Query:
    """A chain's tasks belong to its enrollment by the execution both name (A11)."""
    table = tasks.c
    execution = sa.case((table.enrollment_id.is_(None), table.execution_id))
    query = sa.select(
        table.enrollment_id,
        execution.label("execution_id"),
        sa.func.sum(table.minutes).label("minutes"),
        sa.func.min(sa.case((_is_call(), table.due_us))).label("call_due_us"),
    )
    named = sa.or_(table.enrollment_id.is_not(None), table.execution_id.is_not(None))
    return query.where(table.venture_id == own, table.created_us >= since_us, table.created_us < until_us, named).group_by(table.enrollment_id, execution)


def _calls(own: int, since_us: int, until_us: int, outcomes: Sequence[str]) -> Query:
    table = tasks.c
    mine = (table.venture_id == own, table.customer_id.is_not(None), table.outcome.in_(outcomes), table.closed_us >= since_us, table.closed_us < until_us)
    return sa.select(table.customer_id, table.closed_us).where(*mine)


def _personal(own: int, since_us: int, until_us: int) -> Query:
    table = touches.c
    mine = (table.venture_id == own, table.customer_id.is_not(None), table.customer_facing == 1, table.state.in_(_LEFT))
    by_person = table.cause["kind"].as_string() == CauseKind.person.value
    return sa.select(table.customer_id, table.sent_us).where(*mine, table.sent_us >= since_us, table.sent_us < until_us, by_person)


def _answers_to_nothing(own: int, since_us: int, until_us: int) -> Query:
    """Answers nobody could say to which touch: calls reached, mostly."""
    said = responses.c
    mine = (said.venture_id == own, said.touch_id.is_(None), said.kind.in_(_ANSWERS), said.occurred_us >= since_us, said.occurred_us < until_us)
    return sa.select(said.customer_id, said.occurred_us).where(*mine)


# --- queries of the team's work ------------------------------------------------------------------------------------------


def _actions(connection: Connection, own: int, since_us: int, until_us: int) -> tuple[int, int]:
    table = touches.c
    person = sa.or_(table.by_person == 1, table.approved_by.is_not(None))
    # a call that was due and is logged is counted as the task it closed
    is_task = sa.func.coalesce(table.cause["step"].as_string(), "").startswith("task:", autoescape=True)
    mine = (table.venture_id == own, table.customer_facing == 1, table.state.in_(_LEFT), ~is_task)
    query = sa.select(sa.func.count(), sa.func.sum(sa.case((person, 1), else_=0)))
    whole, by_person = connection.execute(query.where(*mine, table.sent_us >= since_us, table.sent_us < until_us)).one()
    return int(whole) - int(by_person or 0), int(by_person or 0)


def _is_earnest(table: Any) -> sa.ColumnElement[bool]:
    """Not of a drill (C3)."""
    earnest: sa.ColumnElement[bool] = sa.or_(table.customer_id.is_(None), table.customer_id != MOCK_CUSTOMER)
    return earnest


def _closed_tasks(own: int, since_us: int, until_us: int) -> Query:
    table = tasks.c
    mine = (table.venture_id == own, table.state == TaskState.done.value, _is_earnest(table), table.closed_us >= since_us, table.closed_us < until_us)
    return sa.select(tasks, _is_call().label("is_call")).where(*mine).order_by(table.closed_us, table.task_id)


def _closed(row: Row[*tuple[Any, ...]]) -> ClosedTask:
    return ClosedTask(
        by=row.closed_by or row.assignee,
        created_us=row.created_us,
        closed_us=row.closed_us,
        is_call=bool(row.is_call),
        reached=row.outcome == TaskOutcome.reached.value,
        minutes=row.minutes or 0.0,
        enrollment_id=row.enrollment_id,
        execution_id=row.execution_id,
    )


def _calls_due(own: int, since_us: int, until_us: int) -> Query:
    """Call tasks whose time came; withdrawn ones were not wanted any more."""
    table = tasks.c
    reached = sa.case((table.outcome == TaskOutcome.reached.value, 1), else_=0)
    mine = (table.venture_id == own, _is_call(), _is_earnest(table), table.state != TaskState.withdrawn.value, table.due_us >= since_us, table.due_us < until_us)
    return sa.select(sa.func.count(), sa.func.sum(reached)).where(*mine)


def _answered(connection: Connection, own: int, since_us: int, until_us: int) -> tuple[tuple[str, float], ...]:
    table = alerts.c
    mine = (table.venture_id == own, _is_earnest(table), table.acknowledged_us >= since_us, table.acknowledged_us < until_us, table.acknowledged_by.is_not(None))
    query = sa.select(table.acknowledged_by, table.raised_us, table.acknowledged_us).where(*mine).order_by(table.alert_id)
    return tuple((by, (answered_us - raised_us) / SECOND_US) for by, raised_us, answered_us in connection.execute(query))


def _helped(connection: Connection, own: int, since_us: int, until_us: int) -> tuple[Helped, ...]:
    """The touch that asked knows of which playbook, or chain, the question was."""
    table = nps_surveys.c
    query = sa.select(touches.c.cause, table.answered_us, table.score).join(
        touches, sa.and_(touches.c.venture_id == table.venture_id, touches.c.key == table.key)
    )
    asked = (table.deployed_us >= since_us, table.deployed_us < until_us, touches.c.state.not_in(sorted(AGAIN_AFTER_US)))
    mine = (table.venture_id == own, table.survey == HELPED, *asked)
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for cause, answered_us, score in connection.execute(query.where(*mine)):
        counts = counted[cause.get("playbook") or cause.get("trigger") or "other"]
        counts[0] += 1
        counts[1] += answered_us is not None
        counts[2] += answered_us is not None and (score or 0) > 0
    return tuple(Helped(of=of, asked=asked, answered=answered, yes=yes) for of, (asked, answered, yes) in sorted(counted.items()))
