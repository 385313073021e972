"""Enrollments in the store: entries and moves settled by unique columns and conditional updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.playbooks import Enrollment, EnrollmentState, StepDone
from tenure.model.touches import Gate, Outcome, ResponseKind, TouchState
from tenure.ports.enrollments import Move, NewEnrollment
from tenure.store.engine import Database
from tenure.store.intents import write_intents
from tenure.store.loop_tables import enrollment_steps, enrollments, responses, touches
from tenure.store.records import from_row, to_row
from tenure.store.statements import hold_venture, in_chunks, insert_into, one_of
from tenure.store.touches import WAITING, write_touches
from tenure.store.touches import move as move_touches

_CHUNK = 1_000
_GOING = (EnrollmentState.running.value, EnrollmentState.held_out.value)
_ABOUT_TO_LEAVE = (TouchState.deferred.value, TouchState.queued.value)
_ANSWERS = [kind.value for kind in ResponseKind if kind.is_response]
_MOVED = (
    "state", "entered_us", "next_step", "due_us", "repeats", "confirmations", "responded_us", "ended_us", "reason", "version",
    "entry_score", "entry_status", "entry_arr_cents", "held_out", "holdout_percent", "lifted_us",
)  # fmt: skip


class EnrollmentRows:
    """The port `tenure.ports.enrollments.Enrollments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, venture_id: int, entries: Sequence[NewEnrollment], *, now_us: int) -> Sequence[Enrollment]:
        entered: list[Enrollment] = []
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            for chunk in in_chunks(entries, _CHUNK):
                _end(connection, venture_id, [one.ends for one in chunk if one.ends is not None], now_us)
                rows = [_new_row(venture_id, one.enrollment) for one in chunk]
                # whoever is in a playbook already (is_running) or had this entry is left out: another worker was first
                statement = insert_into(connection, enrollments).on_conflict_do_nothing().returning(*enrollments.c)
                entered += [from_row(row, Enrollment) for row in connection.execute(statement, rows)]
        return entered

    def move(self, venture_id: int, moves: Sequence[Move], *, now_us: int) -> int:
        moved = 0
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            for chunk in in_chunks(moves, _CHUNK):
                done = _still_standing(connection, venture_id, chunk)
                _update(connection, venture_id, [one.after for one in done])
                _write_steps(connection, venture_id, [line for one in done for line in one.log])
                write_touches(connection, venture_id, [touch for one in done for touch in one.touches], now_us=now_us)
                write_intents(connection, venture_id, [intent for one in done for intent in one.intents], now_us)
                _withdraw(connection, venture_id, [one.after for one in done if one.withdraws], now_us)
                moved += len(done)
        return moved

    def due(self, venture_id: int, *, now_us: int, limit: int = 20_000) -> Sequence[Enrollment]:
        table, said = enrollments.c, responses.c
        answered = sa.exists().where(
            said.venture_id == table.venture_id,
            said.customer_id == table.customer_id,
            said.occurred_us >= table.entered_us,
            said.kind.in_(_ANSWERS),
        )
        unseen = sa.and_(table.responded_us.is_(None), answered)
        mine = (table.venture_id == venture_id, table.state.in_(_GOING), sa.or_(table.due_us <= now_us, unseen))
        query = sa.select(enrollments).where(*mine).order_by(table.due_us, table.enrollment_id).limit(limit)
        return self._read(query)

    def in_state(
        self, venture_id: int, states: Sequence[EnrollmentState], *, after_id: int = 0, limit: int = 20_000
    ) -> Sequence[Enrollment]:
        table = enrollments.c
        mine = (table.venture_id == venture_id, table.state.in_([one.value for one in states]), table.enrollment_id > after_id)
        return self._read(sa.select(enrollments).where(*mine).order_by(table.enrollment_id).limit(limit))

    def about_to_leave(self, venture_id: int, *, now_us: int, after_id: int = 0, limit: int = 20_000) -> Sequence[Enrollment]:
        table, touch = enrollments.c, touches.c
        waits = sa.and_(touch.state.in_(_ABOUT_TO_LEAVE), sa.func.coalesce(touch.next_attempt_us, touch.due_us) <= now_us)
        theirs = sa.select(touch.enrollment_id).where(touch.venture_id == venture_id, touch.enrollment_id > after_id, waits)
        mine = (table.venture_id == venture_id, table.state.in_(_GOING), table.enrollment_id.in_(theirs))
        return self._read(sa.select(enrollments).where(*mine).order_by(table.enrollment_id).limit(limit))

    def of_customers(self, venture_id: int, customer_ids: Sequence[str]) -> Sequence[Enrollment]:
        found: list[Enrollment] = []
        for chunk in in_chunks(customer_ids, _CHUNK):
            mine = (enrollments.c.venture_id == venture_id, enrollments.c.customer_id.in_(chunk))
            found += self._read(sa.select(enrollments).where(*mine).order_by(enrollments.c.enrollment_id))
        return found

    def entered_since(self, venture_id: int, since_us: int) -> Sequence[Enrollment]:
        mine = (enrollments.c.venture_id == venture_id, enrollments.c.entered_us >= since_us)
        return self._read(sa.select(enrollments).where(*mine).order_by(enrollments.c.enrollment_id))

    def get(self, venture_id: int, enrollment_id: int) -> Enrollment:
        mine = (enrollments.c.venture_id == venture_id, enrollments.c.enrollment_id == enrollment_id)
        with self._database.reading() as connection:
            return from_row(one_of(connection, sa.select(enrollments).where(*mine), f"enrollment {enrollment_id}"), Enrollment)

    def steps(self, venture_id: int, enrollment_ids: Sequence[int]) -> Sequence[StepDone]:
        table = enrollment_steps.c
        found: list[StepDone] = []
        with self._database.reading() as connection:
            for chunk in in_chunks(enrollment_ids, _CHUNK):
                mine = (table.venture_id == venture_id, table.enrollment_id.in_(chunk))
                query = sa.select(enrollment_steps).where(*mine).order_by(table.enrollment_id, table.at_us, table.repeat)
                found += [from_row(row, StepDone) for row in connection.execute(query)]
        return found

    def counts(self, venture_id: int) -> Mapping[str, Mapping[str, int]]:
        table = enrollments.c
        query = sa.select(table.playbook, table.state, sa.func.count()).where(table.venture_id == venture_id)
        found: dict[str, dict[str, int]] = {}
        with self._database.reading() as connection:
            for playbook, state, count in connection.execute(query.group_by(table.playbook, table.state)):
                found.setdefault(playbook, {})[state] = count
        return found

    def erase(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        erased = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                for table in (enrollment_steps, enrollments):
                    mine = sa.and_(table.c.venture_id == venture_id, table.c.customer_id.in_(chunk))
                    gone = connection.execute(sa.delete(table).where(mine)).rowcount
                erased += gone
        return erased

    def _read(self, query: sa.Select[Any]) -> list[Enrollment]:
        with self._database.reading() as connection:
            return [from_row(row, Enrollment) for row in connection.execute(query)]


def _new_row(venture_id: int, one: Enrollment) -> dict[str, Any]:
    row = to_row(one, enrollments, venture_id=venture_id, is_running=_is_running(one))
    del row["enrollment_id"]
    return row


def _is_running(one: Enrollment) -> int | None:
    """1 while it has the customer, else null: at most one per customer is then a unique constraint (A6)."""
    return 1 if one.state in (EnrollmentState.running, EnrollmentState.held_out) and not one.kind.runs_apart else None


def _still_standing(connection: Connection, venture_id: int, moves: Sequence[Move]) -> list[Move]:
    """The moves whose enrollment is where it was read and whose customer is free; of the others somebody else was first.

    The venture is held, so nothing moves between this look and the update.
    """
    table = enrollments.c
    mine = (table.venture_id == venture_id, table.enrollment_id.in_([one.before.enrollment_id for one in moves]))
    now = {one.enrollment_id: one for one in (from_row(row, Enrollment) for row in connection.execute(sa.select(enrollments).where(*mine)))}
    begin = [one.before.customer_id for one in moves if _begins(one)]
    theirs = (table.venture_id == venture_id, table.customer_id.in_(begin), table.is_running == 1)
    taken = set(connection.scalars(sa.select(table.customer_id).where(*theirs))) if begin else set()
    return [
        one
        for one in moves
        if _place(now.get(one.before.enrollment_id)) == _place(one.before) and not (_begins(one) and one.before.customer_id in taken)
    ]


def _begins(one: Move) -> bool:
    """Confirmed: only if no other playbook took the customer meanwhile."""
    return _is_running(one.after) is not None and _is_running(one.before) is None


def _place(one: Enrollment | None) -> tuple[object, ...] | None:
    """Where an enrollment stands, for telling whether it moved."""
    return None if one is None else (one.state, one.next_step, one.repeats, one.confirmations)


def _update(connection: Connection, venture_id: int, after: Sequence[Enrollment]) -> None:
    table = enrollments.c
    mine = sa.and_(table.venture_id == venture_id, table.enrollment_id == sa.bindparam("_id"))
    values: dict[str, Any] = {name: sa.bindparam(f"_{name}") for name in (*_MOVED, "is_running")}
    update = sa.update(enrollments).where(mine).values(**values)
    rows = [
        {"_id": one.enrollment_id, "_is_running": _is_running(one)} | {f"_{name}": row[name] for name in _MOVED}
        for one, row in ((one, to_row(one, enrollments)) for one in after)
    ]
    if rows:
        connection.execute(update, rows)


def _end(connection: Connection, venture_id: int, ended: Sequence[Enrollment], now_us: int) -> None:
    """End those superseded, if they still run, and pull back what waits."""
    if not ended:
        return
    table = enrollments.c
    mine = (table.venture_id == venture_id, table.enrollment_id.in_([one.enrollment_id for one in ended]), table.is_running == 1)
    running = set(connection.scalars(sa.select(table.enrollment_id).where(*mine)))
    over = [one for one in ended if one.enrollment_id in running]
    _update(connection, venture_id, over)
    _withdraw(connection, venture_id, over, now_us)


def _withdraw(connection: Connection, venture_id: int, over: Sequence[Enrollment], now_us: int) -> None:
    """By reason, so that a history says why each was pulled back."""
    for reason in sorted({one.reason or "" for one in over}):
        ids = [one.enrollment_id for one in over if (one.reason or "") == reason]
        named = [touches.c.enrollment_id.in_(ids), touches.c.customer_facing == 1]
        said = f"its playbook ended: {reason}"
        move_touches(connection, venture_id, named, WAITING, Outcome.withdraw, gate=Gate.person.value, reason=said, now_us=now_us)


def _write_steps(connection: Connection, venture_id: int, lines: Sequence[StepDone]) -> None:
    rows = [to_row(line, enrollment_steps, venture_id=venture_id) for line in lines]
    statement = insert_into(connection, enrollment_steps).on_conflict_do_nothing()
    for chunk in in_chunks(rows, _CHUNK):
        connection.execute(statement, list(chunk))
