"""Is there anything to do in the loop's tables now, and what?"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from tenure.model.decisions import DecisionState
from tenure.model.intents import IntentState
from tenure.model.playbooks import EnrollmentState
from tenure.model.tasks import TaskState
from tenure.model.touches import TouchState
from tenure.ports.pending import Work
from tenure.store.engine import Database
from tenure.store.loop_tables import (
    decisions,
    enrollments,
    intents,
    pending_firings,
    recursion_executions,
    responses,
    tasks,
    touches,
)


class _Waiting(NamedTuple):
    """Rows that are due by a time, or (none) as soon as they are there."""

    work: Work
    table: sa.Table
    where: sa.ColumnElement[bool]
    due_us: sa.ColumnElement[int] | None


class PendingRows:
    """The port `tenure.ports.pending.Pending`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, venture_id: int, now_us: int) -> Collection[Work]:
        with self._database.reading() as connection:
            row = connection.execute(_ANY_DUE, {"venture": venture_id, "now": now_us}).one()
        return {one.work for one, is_due in zip(_WAITING, row, strict=True) if is_due}

    def anything(self, venture_id: int, now_us: int) -> bool:
        return bool(self.due(venture_id, now_us))

    def next_due_us(self, venture_id: int, after_us: int) -> int | None:
        with self._database.reading() as connection:
            found = connection.execute(_EARLIEST, {"venture": venture_id}).one()
        return min((one for one in found if one is not None), default=None)


def _reminder_us() -> sa.ColumnElement[int]:
    """Half-way to the deadline, once (A22); what only tells is never reminded of (A13)."""
    table = decisions.c
    half_way_us = table.asked_us + (table.deadline_us - table.asked_us) // sa.literal(2)
    only_tells = sa.func.coalesce(table.context["told_only"].as_string(), "") != ""
    return sa.case((sa.or_(table.reminded_us.is_not(None), only_tells), table.deadline_us), else_=half_way_us)


def _in(column: sa.Column[str], *states: str) -> sa.ColumnElement[bool]:
    return column.in_(states)


_WAITING: tuple[_Waiting, ...] = (
    _Waiting(Work.delays, pending_firings, sa.true(), pending_firings.c.fires_us),
    _Waiting(Work.chains, recursion_executions, recursion_executions.c.is_open == 1, recursion_executions.c.next_check_us),
    _Waiting(Work.intents, intents, intents.c.state == IntentState.pending.value, intents.c.not_before_us),
    _Waiting(
        Work.steps, enrollments, _in(enrollments.c.state, EnrollmentState.running.value, EnrollmentState.held_out.value), enrollments.c.due_us
    ),
    _Waiting(
        Work.gates, touches, touches.c.state == TouchState.deferred.value, sa.func.coalesce(touches.c.next_attempt_us, touches.c.due_us)
    ),
    _Waiting(Work.gates, touches, _in(touches.c.state, TouchState.advised.value, TouchState.drafted.value), touches.c.next_attempt_us),
    _Waiting(Work.gates, touches, touches.c.state == TouchState.queued.value, touches.c.expires_us),
    _Waiting(Work.responses, responses, responses.c.handled_us.is_(None), None),
    _Waiting(Work.decisions, decisions, decisions.c.state == DecisionState.answered.value, None),
    _Waiting(Work.decisions, decisions, decisions.c.state == DecisionState.open.value, _reminder_us()),
    _Waiting(
        Work.tasks, tasks, sa.and_(tasks.c.state == TaskState.open.value, tasks.c.priority == "high", tasks.c.escalated_us.is_(None)), tasks.c.due_us
    ),
    _Waiting(
        Work.outbox, touches, touches.c.state == TouchState.queued.value, sa.func.coalesce(touches.c.next_attempt_us, touches.c.due_us)
    ),
    _Waiting(Work.outbox, touches, touches.c.state == TouchState.sending.value, touches.c.claimed_us),
)


def _mine(one: _Waiting) -> sa.ColumnElement[bool]:
    return sa.and_(one.table.c.venture_id == sa.bindparam("venture"), one.where)


def _is_due(one: _Waiting) -> sa.ColumnElement[bool]:
    by_now = sa.true() if one.due_us is None else one.due_us <= sa.bindparam("now")
    return sa.exists().where(_mine(one), by_now)


_ANY_DUE = sa.select(*(_is_due(one).label(f"is_{place}") for place, one in enumerate(_WAITING)))
_EARLIEST = sa.select(
    *(
        sa.select(sa.func.min(one.due_us)).where(_mine(one)).scalar_subquery().label(f"at_{place}")
        for place, one in enumerate(_WAITING)
        if one.due_us is not None
    )
)
