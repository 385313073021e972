"""Chains of triggers: opened and moved in the transaction that writes their intents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.crossings import ChainMove, Limits, NewChain, PendingFiring
from tenure.model.health import HealthStatus
from tenure.model.intents import Intent, IntentState
from tenure.model.tasks import TaskState
from tenure.model.touches import ActionClass, TouchState
from tenure.model.triggers import EndReason, Execution, ExecutionState
from tenure.ports.executions import ChainStanding, Due, ExecutionFilter
from tenure.rules.triggers.crossing import ROUNDING_TENTHS
from tenure.store.crossings import is_overridden
from tenure.store.engine import Database
from tenure.store.intents import write_intents
from tenure.store.loop_tables import (
    enrollments,
    intents,
    pending_firings,
    recursion_executions,
    tasks,
    touches,
)
from tenure.store.records import from_row, to_row
from tenure.store.statements import hold_venture, in_chunks, insert_into, one_of
from tenure.store.tables import customers, health

CALL_TASK = "call"
_CHUNK = 2_000
_chain = recursion_executions.c


class ExecutionRows:
    """The port `tenure.ports.executions.Executions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- alert delays --------------------------------------------------------------------------------------------------

    def wait(self, venture_id: int, firings: Sequence[PendingFiring]) -> int:
        rows = [to_row(one, pending_firings, venture_id=venture_id) for one in firings]
        begun = 0
        with self._database.writing() as connection:
            statement = insert_into(connection, pending_firings).on_conflict_do_nothing()
            for chunk in in_chunks(rows, _CHUNK):
                begun += connection.execute(statement, list(chunk)).rowcount
        return begun

    def waiting(self, venture_id: int, trigger_id: str) -> Sequence[PendingFiring]:
        table = pending_firings.c
        query = sa.select(pending_firings).where(table.venture_id == venture_id, table.trigger_id == trigger_id)
        with self._database.reading() as connection:
            return [from_row(row, PendingFiring) for row in connection.execute(query.order_by(table.subject))]

    def drop(self, venture_id: int, trigger_id: str, subjects: Sequence[str]) -> int:
        with self._database.writing() as connection:
            return _drop(connection, venture_id, trigger_id, subjects)

    # --- chains --------------------------------------------------------------------------------------------------------

    def open(self, venture_id: int, chains: Sequence[NewChain], *, now_us: int) -> Sequence[Execution]:
        if not chains:
            return []
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            numbers = _insert(connection, venture_id, chains, now_us)
            opened = [one for one in chains if (one.trigger_id, one.firing_key) in numbers]
            wanted = [
                _numbered(intent, numbers[one.trigger_id, one.firing_key]) for one in opened for intent in one.intents
            ]
            write_intents(connection, venture_id, wanted, now_us)
            _note_judged(connection, venture_id, opened, now_us)
            for trigger_id in sorted({one.trigger_id for one in chains}):
                _drop(connection, venture_id, trigger_id, [one.subject for one in chains if one.trigger_id == trigger_id])
            return _by_ids(connection, venture_id, list(numbers.values()))

    def move(self, venture_id: int, moves: Sequence[ChainMove], *, now_us: int) -> int:
        if not moves:
            return 0
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            seen = {one.execution_id: one for one in _by_ids(connection, venture_id, [m.execution_id for m in moves])}
            good = [one for one in moves if _is_as_seen(seen.get(one.execution_id), one)]
            _write_moves(connection, venture_id, good, seen, now_us)
            _withdraw(connection, venture_id, [one.execution_id for one in good if one.reason is not None], now_us)
            wanted = [_numbered(intent, one.execution_id) for one in good for intent in one.intents]
            write_intents(connection, venture_id, wanted, now_us)
            return len(good)

    def open_of(self, venture_id: int, trigger_id: str, *, due: Due | None = None) -> Sequence[ChainStanding]:
        query = _open_query(venture_id, trigger_id)
        with self._database.reading() as connection:
            return [_standing(row) for row in connection.execute(query) if due is None or _is_due(row, due)]

    def open_subjects(self, venture_id: int, trigger_id: str) -> Mapping[str, int]:
        mine = (_chain.venture_id == venture_id, _chain.trigger_id == trigger_id, _chain.is_open == 1)
        with self._database.reading() as connection:  # at most one is open: no GROUP BY, which would walk all that are over
            return {row.subject: row.opened_us for row in connection.execute(sa.select(_chain.subject, _chain.opened_us).where(*mine))}

    def last_opened(self, venture_id: int, trigger_id: str) -> Mapping[str, int]:
        query = sa.select(_chain.subject, sa.func.max(_chain.opened_us).label("opened_us")).where(
            _chain.venture_id == venture_id, _chain.trigger_id == trigger_id
        )
        with self._database.reading() as connection:
            return {row.subject: row.opened_us for row in connection.execute(query.group_by(_chain.subject))}

    def counts(self, venture_id: int, trigger_id: str, subjects: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(subjects, _CHUNK):
                query = sa.select(_chain.subject, sa.func.count().label("chains")).where(
                    _chain.venture_id == venture_id, _chain.trigger_id == trigger_id, _chain.subject.in_(chunk)
                )
                found |= {row.subject: row.chains for row in connection.execute(query.group_by(_chain.subject))}
        return found

    def list(
        self, venture_id: int, where: ExecutionFilter | None = None, *, limit: int | None = None
    ) -> Sequence[Execution]:
        query = sa.select(recursion_executions).where(*_kept(venture_id, where)).order_by(_chain.execution_id.desc())
        with self._database.reading() as connection:
            return [from_row(row, Execution) for row in connection.execute(query.limit(limit))]

    def lately(self, venture_id: int, subjects: Sequence[str], since_us: int) -> Sequence[Execution]:
        found: list[Execution] = []
        with self._database.reading() as connection:
            for chunk in in_chunks(subjects, _CHUNK):
                query = sa.select(recursion_executions).where(
                    _chain.venture_id == venture_id,
                    _chain.subject.in_(chunk),
                    sa.or_(_chain.is_open == 1, _chain.terminated_us >= since_us),
                )
                found += [from_row(row, Execution) for row in connection.execute(query.order_by(_chain.execution_id))]
        return found

    def get(self, venture_id: int, execution_id: int) -> Execution:
        query = sa.select(recursion_executions).where(
            _chain.venture_id == venture_id, _chain.execution_id == execution_id
        )
        with self._database.reading() as connection:
            return from_row(one_of(connection, query, f"execution {execution_id}"), Execution)

    def note_recoveries(self, venture_id: int, trigger_id: str, limits: Limits, since_us: int, now_us: int) -> int:
        row = health.c
        before = (row.total - sa.func.coalesce(row.change_configuration, 0.0)) * 10.0 + 0.5
        back = sa.exists().where(
            row.venture_id == _chain.venture_id,
            row.customer_id == _chain.subject,
            row.health_status != HealthStatus.critical.value,
            ~is_overridden(limits),
            before >= limits.at_risk_tenths,
        )
        mine = sa.and_(
            _chain.venture_id == venture_id,
            _chain.trigger_id == trigger_id,
            _chain.recovered_us.is_(None),
            _chain.opened_us >= since_us,
            _chain.opened_us < now_us,
        )
        with self._database.writing() as connection:
            statement = sa.update(recursion_executions).where(mine, back).values(recovered_us=now_us)
            return connection.execute(statement).rowcount

    def still_below(self, venture_id: int, trigger_id: str) -> Sequence[str]:
        row = health.c
        mine = sa.and_(_chain.venture_id == row.venture_id, _chain.trigger_id == trigger_id, _chain.subject == row.customer_id)
        query = (
            sa.select(row.customer_id)
            .where(
                row.venture_id == venture_id,
                row.health_status == HealthStatus.critical.value,
                sa.exists().where(mine),
                ~sa.exists().where(mine, _chain.is_open == 1),
            )
            .order_by(row.customer_id)
        )
        with self._database.reading() as connection:
            return [one.customer_id for one in connection.execute(query)]

    # --- what chains look at -------------------------------------------------------------------------------------------

    def overdue_tasks(self, venture_id: int, trigger_id: str, now_us: int) -> Mapping[int, Sequence[str]]:
        query = (
            sa.select(tasks.c.execution_id, tasks.c.kind)
            .join(recursion_executions, _chain.execution_id == tasks.c.execution_id)
            .where(
                _chain.venture_id == venture_id,
                tasks.c.venture_id == venture_id,
                _chain.trigger_id == trigger_id,
                _chain.is_open == 1,
                tasks.c.state == TaskState.open.value,
                tasks.c.closed_us.is_(None),
                tasks.c.due_us < now_us,
            )
            .order_by(tasks.c.task_id)
        )
        found: dict[int, list[str]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.execution_id, []).append(row.kind)
        return found

    def attempts(self, venture_id: int, execution_ids: Sequence[int]) -> Mapping[int, int]:
        table = tasks.c
        found: dict[int, int] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(execution_ids, _CHUNK):
                query = sa.select(table.execution_id, sa.func.count().label("closed")).where(
                    table.venture_id == venture_id,
                    table.execution_id.in_(chunk),
                    table.kind == CALL_TASK,
                    table.closed_us.is_not(None),
                )
                rows = connection.execute(query.group_by(table.execution_id))
                found |= {row.execution_id: row.closed for row in rows}
        return found

    def offers_ended(self, venture_id: int, execution_ids: Sequence[int]) -> Mapping[str, int]:
        table = touches.c
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(execution_ids, _CHUNK):
                # nothing but the chain is asked of SQL: by customer or state SQLite would walk the whole ledger
                ended_us = sa.func.coalesce(table.sent_us, table.due_us).label("ended_us")
                query = sa.select(table.customer_id, table.state, ended_us).where(
                    table.venture_id == venture_id,
                    table.execution_id.in_(chunk),
                    table.action_class == ActionClass.offer.value,
                )
                for row in connection.execute(query):
                    if row.customer_id is not None and TouchState(row.state).is_over:
                        found[row.customer_id] = max(row.ended_us, found.get(row.customer_id, row.ended_us))
        return found

    def held_out(self, venture_id: int, execution_ids: Sequence[int]) -> Mapping[int, bool]:
        table = enrollments.c
        found: dict[int, bool] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(execution_ids, _CHUNK):
                query = sa.select(table.execution_id, table.lifted_us).where(
                    table.venture_id == venture_id, table.execution_id.in_(chunk), table.held_out == 1
                )
                found |= {row.execution_id: row.lifted_us is not None for row in connection.execute(query)}
        return found

    def told(
        self, venture_id: int, kind: str, prefix: str, customer_ids: Sequence[str], since_us: int
    ) -> frozenset[str]:
        table = intents.c
        found: set[str] = set()
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                query = sa.select(table.customer_id).where(
                    table.venture_id == venture_id,
                    table.kind == kind,
                    table.customer_id.in_(chunk),
                    table.created_us > since_us,
                    table.key.startswith(prefix, autoescape=True),
                )
                found.update(row.customer_id for row in connection.execute(query))
        return frozenset(found)

    def intent_state(self, venture_id: int, key: str) -> IntentState | None:
        query = sa.select(intents.c.state).where(intents.c.venture_id == venture_id, intents.c.key == key)
        with self._database.reading() as connection:
            found = connection.scalar(query)
            return None if found is None else IntentState(found)

    def next_number(self, venture_id: int, trigger_id: str, subject: str) -> int:
        query = sa.select(sa.func.count()).where(
            _chain.venture_id == venture_id, _chain.trigger_id == trigger_id, _chain.subject == subject
        )
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def erase(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        erased = 0
        nobody = sa.literal("erased#") + sa.cast(_chain.execution_id, sa.Text)
        over = {"is_open": None, "state": ExecutionState.terminated.value, "reason": EndReason.erased.value}
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = sa.and_(_chain.venture_id == venture_id, _chain.subject.in_(chunk))
                changed = sa.update(recursion_executions).where(mine)
                still = changed.where(_chain.is_open == 1)
                connection.execute(still.values(terminated_us=sa.func.coalesce(_chain.next_check_us, _chain.opened_us), **over))
                named = {"subject": nobody, "firing_key": nobody, "outcome": {}}
                erased += connection.execute(changed.values(**named)).rowcount
                for table, column in ((intents, "customer_id"), (pending_firings, "subject")):
                    theirs = sa.and_(table.c.venture_id == venture_id, table.c[column].in_(chunk))
                    connection.execute(sa.delete(table).where(theirs))
        return erased


def _insert(
    connection: Connection, venture_id: int, chains: Sequence[NewChain], now_us: int
) -> dict[tuple[str, str], int]:
    """Numbers of the chains that are new, by trigger and firing; a second open one or a known firing is none."""
    rows = [_row(venture_id, one, now_us) for one in sorted(chains, key=lambda one: (one.trigger_id, one.subject))]
    statement = (
        insert_into(connection, recursion_executions)
        .on_conflict_do_nothing()
        .returning(_chain.execution_id, _chain.trigger_id, _chain.firing_key)
    )
    return {
        (row.trigger_id, row.firing_key): row.execution_id
        for chunk in in_chunks(rows, _CHUNK)
        for row in connection.execute(statement, list(chunk))
    }


def _row(venture_id: int, chain: NewChain, now_us: int) -> dict[str, Any]:
    return {
        "venture_id": venture_id,
        "trigger_id": chain.trigger_id,
        "trigger_version": chain.trigger_version,
        "subject": chain.subject,
        "firing_key": chain.firing_key,
        "is_open": 1,
        "state": ExecutionState.waiting.value,
        "iteration": 1,
        "actions": len(chain.intents),
        "cause": msgspec.to_builtins(chain.cause),
        "opened_us": now_us,
        "next_check_us": chain.next_check_us,
        "terminated_us": None,
        "reason": None,
        "run_id": chain.run_id,
        "score": None if chain.score_tenths is None else chain.score_tenths / 10,
        "health_status": chain.health_status,
        "recovered_us": None,
        "outcome": chain.outcome,
    }


def _numbered(intent: Intent, execution_id: int) -> Intent:
    cause = msgspec.structs.replace(intent.cause, execution_id=execution_id)
    return msgspec.structs.replace(intent, cause=cause)


def _note_judged(connection: Connection, venture_id: int, chains: Sequence[NewChain], now_us: int) -> None:
    """The score decided on, unless a newer one was judged meanwhile, and the time of the intervention (A5)."""
    row = health.c
    seen = sa.bindparam("_seen", type_=row.last_judged_score_tenths.type)
    judged = sa.bindparam("_score", type_=row.last_judged_score_tenths.type)
    same = row.last_judged_score_tenths.is_not_distinct_from(seen)
    statement = (
        sa.update(health)
        .where(row.venture_id == venture_id, row.customer_id == sa.bindparam("_customer"))
        .values(
            last_judged_score_tenths=sa.case((same, judged), else_=row.last_judged_score_tenths),
            last_intervention_us=now_us,
        )
    )
    rows = [
        {"_customer": one.subject, "_seen": one.seen_tenths, "_score": one.score_tenths}
        for one in chains
        if one.score_tenths is not None
    ]
    for chunk in in_chunks(rows, _CHUNK):
        connection.execute(statement, list(chunk))


def _drop(connection: Connection, venture_id: int, trigger_id: str, subjects: Sequence[str]) -> int:
    table, dropped = pending_firings.c, 0
    for chunk in in_chunks(subjects, _CHUNK):
        mine = sa.and_(table.venture_id == venture_id, table.trigger_id == trigger_id, table.subject.in_(chunk))
        dropped += connection.execute(sa.delete(pending_firings).where(mine)).rowcount
    return dropped


def _by_ids(connection: Connection, venture_id: int, numbers: Sequence[int]) -> list[Execution]:
    found = []
    for chunk in in_chunks(numbers, _CHUNK):
        query = sa.select(recursion_executions).where(_chain.venture_id == venture_id, _chain.execution_id.in_(chunk))
        found += [from_row(row, Execution) for row in connection.execute(query.order_by(_chain.execution_id))]
    return found


def _is_as_seen(now: Execution | None, move: ChainMove) -> bool:
    return now is not None and not now.state.is_over and (now.iteration, now.state.value) == (move.seen_iteration, move.seen_state)


def _write_moves(
    connection: Connection, venture_id: int, moves: Sequence[ChainMove], seen: Mapping[int, Execution], now_us: int
) -> None:
    bound = {name: sa.bindparam(f"_{name}", type_=_chain[name].type) for name in _MOVED}
    statement = (
        sa.update(recursion_executions)
        .where(_chain.venture_id == venture_id, _chain.execution_id == sa.bindparam("_number"))
        .values(**bound)
    )
    rows = [_moved(one, seen[one.execution_id], now_us) for one in moves]
    for chunk in in_chunks(rows, _CHUNK):
        connection.execute(statement, list(chunk))


_MOVED = ("state", "iteration", "next_check_us", "reason", "is_open", "terminated_us", "actions", "outcome")


def _moved(move: ChainMove, before: Execution, now_us: int) -> dict[str, Any]:
    is_over = move.reason is not None
    return {
        "_number": move.execution_id,
        "_state": ExecutionState.terminated.value if is_over else move.state,
        "_iteration": move.iteration,
        "_next_check_us": None if is_over else move.next_check_us,
        "_reason": move.reason,
        "_is_open": None if is_over else 1,
        "_terminated_us": now_us if is_over else None,
        "_actions": before.actions + len(move.intents),
        "_outcome": before.outcome | move.outcome,
    }


def _withdraw(connection: Connection, venture_id: int, numbers: Sequence[int], now_us: int) -> None:
    """What an ended chain still waited for is not done any more."""
    values = {"state": IntentState.refused.value, "done_us": now_us, "note": "the chain ended"}
    for chunk in in_chunks(numbers, _CHUNK):
        waiting = sa.and_(
            intents.c.venture_id == venture_id,
            intents.c.state == IntentState.pending.value,
            intents.c.execution_id.in_(chunk),
        )
        connection.execute(sa.update(intents).where(waiting).values(**values))


def _open_query(venture_id: int, trigger_id: str) -> sa.Select[Any]:
    row = health.c
    far = sa.func.abs(row.total * 10.0 - row.score_tenths) > ROUNDING_TENTHS
    return (
        sa.select(
            recursion_executions,
            row.score_tenths.label("current_tenths"),
            row.health_status.label("current_status"),
            sa.case((far, 1), else_=0).label("is_overridden"),
            customers.c.arr_cents,
        )
        .outerjoin(health, sa.and_(row.venture_id == _chain.venture_id, row.customer_id == _chain.subject))
        .outerjoin(
            customers,
            sa.and_(customers.c.venture_id == _chain.venture_id, customers.c.customer_id == _chain.subject),
        )
        .where(_chain.venture_id == venture_id, _chain.trigger_id == trigger_id, _chain.is_open == 1)
        .order_by(_chain.execution_id)
    )


def _is_due(row: Row[Any], due: Due) -> bool:
    """Reading a whole chain costs more than asking its row."""
    at_us = row.next_check_us
    is_critical = row.current_status == HealthStatus.critical.value
    return at_us is None or at_us <= due.by_us or not is_critical or row.subject in due.customer_ids


def _standing(row: Row[Any]) -> ChainStanding:
    return ChainStanding(
        execution=from_row(row, Execution),
        score=None if row.current_tenths is None else row.current_tenths / 10,
        health_status=row.current_status,
        is_overridden=bool(row.is_overridden),
        arr_cents=row.arr_cents,
    )


def _kept(venture_id: int, where: ExecutionFilter | None) -> list[sa.ColumnElement[bool]]:
    kept = [_chain.venture_id == venture_id]
    if where is None:
        return kept
    if where.trigger_id is not None:
        kept.append(_chain.trigger_id == where.trigger_id)
    if where.subject is not None:
        kept.append(_chain.subject == where.subject)
    if where.is_open is not None:
        kept.append(_chain.is_open == 1 if where.is_open else _chain.is_open.is_(None))
    if where.opened_since_us is not None:
        kept.append(_chain.opened_us >= where.opened_since_us)
    if where.opened_before_us is not None:
        kept.append(_chain.opened_us < where.opened_before_us)
    return kept
