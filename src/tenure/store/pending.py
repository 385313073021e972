"""Is there anything to do in the loop's tables now?"""

from __future__ import annotations

import sqlalchemy as sa

from tenure.model.decisions import DecisionState
from tenure.model.intents import IntentState
from tenure.model.playbooks import EnrollmentState
from tenure.model.touches import TouchState
from tenure.store.engine import Database
from tenure.store.loop_tables import (
    decisions,
    enrollments,
    intents,
    pending_firings,
    recursion_executions,
    responses,
    touches,
)

_GOING = [state.value for state in EnrollmentState if not state.is_over]
_MOVING = [TouchState.deferred.value, TouchState.queued.value, TouchState.sending.value]


class PendingRows:
    """The port `tenure.ports.pending.Pending`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def anything(self, venture_id: int, now_us: int) -> bool:
        asked = [sa.exists().where(table.c.venture_id == venture_id, *where) for table, where in _waiting(now_us)]
        with self._database.reading() as connection:
            return bool(connection.execute(sa.select(sa.or_(*asked))).scalar_one())

    def next_due_us(self, venture_id: int, after_us: int) -> int | None:
        asked = [
            sa.select(sa.func.min(column).label("due_us")).where(table.c.venture_id == venture_id, *where) for table, column, where in _DUE
        ]
        with self._database.reading() as connection:
            found = [row.due_us for row in connection.execute(sa.union_all(*asked)) if row.due_us is not None]
        return min(found, default=None)


# what is due, by which column, while which conditions hold
_DUE: tuple[tuple[sa.Table, sa.ColumnElement[int], tuple[sa.ColumnElement[bool], ...]], ...] = (
    (intents, intents.c.not_before_us, (intents.c.state == IntentState.pending.value,)),
    (enrollments, enrollments.c.due_us, (enrollments.c.state.in_(_GOING), enrollments.c.ended_us.is_(None))),
    (touches, touches.c.due_us, (touches.c.state.in_(_MOVING),)),
    (recursion_executions, recursion_executions.c.next_check_us, (recursion_executions.c.is_open == 1,)),
    (pending_firings, pending_firings.c.fires_us, ()),
    (decisions, decisions.c.deadline_us, (decisions.c.state == DecisionState.open.value,)),
)


def _waiting(now_us: int) -> list[tuple[sa.Table, tuple[sa.ColumnElement[bool], ...]]]:
    return [
        (intents, (intents.c.state == IntentState.pending.value, intents.c.not_before_us <= now_us)),
        (enrollments, (enrollments.c.state.in_(_GOING), enrollments.c.ended_us.is_(None), enrollments.c.due_us <= now_us)),
        (touches, (touches.c.state.in_(_MOVING), touches.c.due_us <= now_us)),
        (responses, (responses.c.handled_us.is_(None),)),
        (recursion_executions, (recursion_executions.c.is_open == 1, recursion_executions.c.next_check_us <= now_us)),
        (pending_firings, (pending_firings.c.fires_us <= now_us,)),
        (decisions, (decisions.c.state == DecisionState.answered.value,)),
        (decisions, (decisions.c.state == DecisionState.open.value, decisions.c.deadline_us <= now_us)),
    ]
