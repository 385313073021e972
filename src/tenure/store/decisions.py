"""Decisions in the store: whoever answers first wins, told by the number of rows an UPDATE changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.decisions import Decision, DecisionKind, DecisionState, Rung
from tenure.model.intents import Intent
from tenure.store.engine import Database
from tenure.store.intents import write_intents
from tenure.store.loop_tables import decisions, enrollments, recursion_executions, used_links
from tenure.store.records import from_row, to_row
from tenure.store.statements import audit, in_chunks, insert_into, one_of

_CHUNK = 1_000
_WAITING = (DecisionState.open.value, DecisionState.joined.value)


class DecisionRows:
    """The port `tenure.ports.decisions.Decisions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- asking ------------------------------------------------------------------------------------------------------

    def ask(self, venture_id: int, asked: Sequence[Decision]) -> Sequence[Decision]:
        with self._database.writing() as connection:
            _insert(connection, venture_id, asked)
            return _by_keys(connection, venture_id, [one.key for one in asked])

    def join(self, venture_id: int, parent: Decision, members: Sequence[int]) -> Decision:
        table = decisions.c
        with self._database.writing() as connection:
            _insert(connection, venture_id, [parent])
            (made,) = _by_keys(connection, venture_id, [parent.key], lock=True)
            if made.state is not DecisionState.open:
                return made
            values = {"parent_id": made.decision_id, "state": DecisionState.joined.value, "deadline_us": made.deadline_us}
            for chunk in in_chunks(members, _CHUNK):
                mine = [table.venture_id == venture_id, table.decision_id.in_(chunk), table.parent_id.is_(None)]
                connection.execute(sa.update(decisions).where(*mine, table.state.in_(_WAITING)).values(**values))
            return made

    # --- reading -----------------------------------------------------------------------------------------------------

    def get(self, venture_id: int, decision_id: int) -> Decision:
        query = sa.select(decisions).where(*_one(venture_id, decision_id))
        with self._database.reading() as connection:
            return _decision(one_of(connection, query, f"decision {decision_id}"))

    def list(
        self, venture_id: int, states: Sequence[DecisionState] | None = None, *, limit: int | None = None
    ) -> Sequence[Decision]:
        query = sa.select(decisions).where(decisions.c.venture_id == venture_id).order_by(decisions.c.decision_id.desc())
        if states is not None:
            query = query.where(decisions.c.state.in_([one.value for one in states]))
        return self._read(query.limit(limit))

    def members(self, venture_id: int, parent_ids: Sequence[int]) -> Sequence[Decision]:
        return self._in(venture_id, decisions.c.parent_id, parent_ids)

    def unjoined(self, venture_id: int) -> Sequence[Decision]:
        table = decisions.c
        mine = [table.venture_id == venture_id, table.state == DecisionState.joined.value, table.parent_id.is_(None)]
        return self._read(sa.select(decisions).where(*mine).order_by(table.decision_id))

    def asked_since(self, venture_id: int, kind: DecisionKind, since_us: int) -> Sequence[Decision]:
        table = decisions.c
        mine = [table.venture_id == venture_id, table.kind == kind.value, table.asked_us >= since_us]
        return self._read(sa.select(decisions).where(*mine).order_by(table.decision_id))

    def _in(self, venture_id: int, column: sa.Column[Any], numbers: Sequence[int]) -> Sequence[Decision]:
        found: list[Decision] = []
        for chunk in in_chunks(numbers, _CHUNK):
            found += self._read(sa.select(decisions).where(decisions.c.venture_id == venture_id, column.in_(chunk)))
        return sorted(found, key=lambda one: one.decision_id)

    def _read(self, query: sa.Select[Any]) -> Sequence[Decision]:
        with self._database.reading() as connection:
            return [_decision(row) for row in connection.execute(query)]

    # --- answering ---------------------------------------------------------------------------------------------------

    def answer(
        self,
        venture_id: int,
        decision_id: int,
        *,
        answer: str,
        details: Mapping[str, object],
        by: str,
        via: str,
        now_us: int,
        link_sha256: str | None = None,
    ) -> bool:
        values = {
            "state": DecisionState.answered.value,
            "answer": answer,
            "answer_details": dict(details),
            "answered_by": by,
            "answered_via": via,
            "answered_us": now_us,
        }
        try:
            with self._database.writing() as connection:
                if not _move(connection, venture_id, decision_id, _WAITING, values):
                    return False
                if link_sha256 is not None:
                    _use_link(connection, venture_id, link_sha256, now_us)
                _move_members(connection, venture_id, decision_id, values)
                said: dict[str, Any] = {"before": None, "after": {"answer": answer, "via": via}, "why": str(details.get("note") or "")}
                audit(connection, venture_id, who=by, subject="decision", name=str(decision_id), now_us=now_us, **said)
        except _LinkUsedError:
            return False
        return True

    def close_parent(self, venture_id: int, parent_id: int, *, now_us: int) -> bool:
        values = {"state": DecisionState.executed.value, "answer": "one_by_one", "answered_us": now_us, "executed_us": now_us}
        with self._database.writing() as connection:
            return _move(connection, venture_id, parent_id, (DecisionState.open.value,), values)

    def remind(self, venture_id: int, decision_id: int, *, now_us: int) -> bool:
        with self._database.writing() as connection:
            return _move(
                connection, venture_id, decision_id, _WAITING, {"reminded_us": now_us}, decisions.c.reminded_us.is_(None)
            )

    def climb(
        self, venture_id: int, decision_id: int, *, rung: Rung, deadline_us: int, delegated: bool, now_us: int
    ) -> bool:
        values: dict[str, Any] = {"rung": rung.value, "deadline_us": deadline_us}
        if delegated:
            values["delegated_us"] = now_us
        with self._database.writing() as connection:
            moved = _move(
                connection, venture_id, decision_id, _WAITING, values, decisions.c.deadline_us <= now_us
            )
            if moved:
                _move_members(connection, venture_id, decision_id, values)
            return moved

    def expire(self, venture_id: int, decision_id: int, intents: Sequence[Intent], *, now_us: int) -> bool:
        values = {"state": DecisionState.expired.value, "outcome": {"done": "nothing", "why": "nobody answered"}}
        with self._database.writing() as connection:
            if not _move(connection, venture_id, decision_id, _WAITING, values, decisions.c.deadline_us <= now_us):
                return False
            _move_members(connection, venture_id, decision_id, values)
            write_intents(connection, venture_id, intents, now_us)
            return True

    def withdraw(self, venture_id: int, decision_ids: Sequence[int], *, why: str, now_us: int) -> int:
        table = decisions.c
        values = {"state": DecisionState.withdrawn.value, "outcome": {"done": "nothing", "why": why}}
        withdrawn = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(decision_ids, _CHUNK):
                mine = [table.venture_id == venture_id, table.decision_id.in_(chunk), table.state.in_(_WAITING)]
                withdrawn += connection.execute(sa.update(decisions).where(*mine).values(**values)).rowcount
        return withdrawn

    # --- what came of it ---------------------------------------------------------------------------------------------

    def executed(
        self, venture_id: int, decision_id: int, intents: Sequence[Intent], outcome: Mapping[str, Any], *, now_us: int
    ) -> bool:
        values = {"state": DecisionState.executed.value, "executed_us": now_us, "outcome": dict(outcome)}
        with self._database.writing() as connection:
            if not _move(connection, venture_id, decision_id, (DecisionState.answered.value,), values):
                return False
            write_intents(connection, venture_id, intents, now_us)
            return True

    def endings(self, venture_id: int) -> Sequence[tuple[Decision, Mapping[str, Any]]]:
        table = decisions.c
        asked = (DecisionState.executed.value, DecisionState.expired.value, *_WAITING)
        # what waits for no end is never settled and grows: of the others alone more than their cause is read
        query = sa.select(table.decision_id, table.cause).where(
            table.venture_id == venture_id, table.settled_us.is_(None), table.state.in_(asked), table.customer_id.is_not(None)
        )
        with self._database.reading() as connection:
            causes = [(row.decision_id, row.cause.get("execution_id"), row.cause.get("enrollment_id")) for row in connection.execute(query)]
            chains = _ended_chains(connection, venture_id, [chain for _, chain, _ in causes])
            going = _ended_enrollments(connection, venture_id, [entry for _, _, entry in causes])
        found = {number: chains.get(chain) or going.get(entry) for number, chain, entry in causes}
        ended = {number: how for number, how in found.items() if how is not None}
        return [(one, ended[one.decision_id]) for one in self._in(venture_id, table.decision_id, list(ended))]

    def settle(self, venture_id: int, outcomes: Mapping[int, Mapping[str, Any]], *, now_us: int) -> None:
        with self._database.writing() as connection:
            for number, outcome in outcomes.items():
                mine = [*_one(venture_id, number), decisions.c.settled_us.is_(None)]
                connection.execute(sa.update(decisions).where(*mine).values(settled_us=now_us, outcome=dict(outcome)))

    def is_link_used(self, venture_id: int, link_sha256: str) -> bool:
        mine = [used_links.c.venture_id == venture_id, used_links.c.link_sha256 == link_sha256]
        with self._database.reading() as connection:
            return bool(connection.scalar(sa.select(sa.func.count()).where(*mine)))


def _one(venture_id: int, decision_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return decisions.c.venture_id == venture_id, decisions.c.decision_id == decision_id


def _insert(connection: Connection, venture_id: int, asked: Sequence[Decision]) -> None:
    statement = insert_into(connection, decisions).on_conflict_do_nothing(index_elements=["venture_id", "key"])
    rows = [to_row(one, decisions, venture_id=venture_id, default_answer=one.default) for one in asked]
    for row in rows:
        del row["decision_id"]
    for chunk in in_chunks(rows, _CHUNK):
        connection.execute(statement, list(chunk))


def _by_keys(connection: Connection, venture_id: int, keys: Sequence[str], *, lock: bool = False) -> list[Decision]:
    table, found = decisions.c, []
    for chunk in in_chunks(keys, _CHUNK):
        query = sa.select(decisions).where(table.venture_id == venture_id, table.key.in_(chunk)).order_by(table.decision_id)
        found += [_decision(row) for row in connection.execute(query.with_for_update() if lock else query)]
    return found


def _decision(row: Row[Any]) -> Decision:
    return from_row({**row._mapping, "default": row.default_answer}, Decision)


def _move(
    connection: Connection,
    venture_id: int,
    decision_id: int,
    states: Sequence[str],
    values: Mapping[str, Any],
    *more: sa.ColumnElement[bool],
) -> bool:
    """One conditional UPDATE; True when this call made the move."""
    mine = [*_one(venture_id, decision_id), decisions.c.state.in_(states), *more]
    return connection.execute(sa.update(decisions).where(*mine).values(**values)).rowcount == 1


def _move_members(connection: Connection, venture_id: int, parent_id: int, values: Mapping[str, Any]) -> None:
    table = decisions.c
    mine = [table.venture_id == venture_id, table.parent_id == parent_id, table.state == DecisionState.joined.value]
    connection.execute(sa.update(decisions).where(*mine).values(**values))


class _LinkUsedError(Exception):
    """Takes the answer back with the transaction."""


def _use_link(connection: Connection, venture_id: int, link_sha256: str, now_us: int) -> None:
    statement = insert_into(connection, used_links).values(venture_id=venture_id, link_sha256=link_sha256, used_us=now_us)
    if connection.execute(statement.on_conflict_do_nothing().returning(used_links.c.used_us)).first() is None:
        raise _LinkUsedError


def _ended_chains(connection: Connection, venture_id: int, numbers: Sequence[int | None]) -> dict[int | None, dict[str, Any]]:
    table, found = recursion_executions.c, {}
    for chunk in in_chunks(sorted({one for one in numbers if one is not None}), _CHUNK):
        query = sa.select(table.execution_id, table.reason, table.terminated_us, table.outcome).where(
            table.venture_id == venture_id, table.execution_id.in_(chunk), table.terminated_us.is_not(None)
        )
        for row in connection.execute(query):
            found[row.execution_id] = {"chain": row.reason, "ended_us": row.terminated_us, **row.outcome}
    return dict(found)


def _ended_enrollments(
    connection: Connection, venture_id: int, numbers: Sequence[int | None]
) -> dict[int | None, dict[str, Any]]:
    table, found = enrollments.c, {}
    for chunk in in_chunks(sorted({one for one in numbers if one is not None}), _CHUNK):
        query = sa.select(table.enrollment_id, table.state, table.reason, table.ended_us).where(
            table.venture_id == venture_id, table.enrollment_id.in_(chunk), table.ended_us.is_not(None)
        )
        for row in connection.execute(query):
            found[row.enrollment_id] = {"playbook": row.state, "reason": row.reason, "ended_us": row.ended_us}
    return dict(found)


