"""Intents in the store; `write_intents` belongs to the transaction that moves what they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.intents import Intent, IntentState
from tenure.store.engine import Database
from tenure.store.loop_tables import intents
from tenure.store.statements import in_chunks, insert_new

_CHUNK = 2_000


class IntentRows:
    """The port `tenure.ports.intents.Intents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, intents: Sequence[Intent], *, now_us: int) -> int:
        with self._database.writing() as connection:
            return write_intents(connection, venture_id, intents, now_us)

    def pending(self, venture_id: int, kind: str, *, now_us: int, limit: int = 10_000) -> Sequence[Intent]:
        table = intents.c
        query = (
            sa.select(table.document)
            .where(
                table.venture_id == venture_id,
                table.state == IntentState.pending.value,
                table.kind == kind,
                table.not_before_us <= now_us,
            )
            .order_by(table.intent_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [msgspec.convert(row.document, Intent) for row in connection.execute(query)]

    def pending_kinds(self, venture_id: int, *, now_us: int) -> frozenset[str]:
        table = intents.c
        mine = (table.venture_id == venture_id, table.state == IntentState.pending.value, table.not_before_us <= now_us)
        with self._database.reading() as connection:
            return frozenset(connection.execute(sa.select(table.kind).distinct().where(*mine)).scalars())

    def done(self, venture_id: int, notes: Mapping[str, str], *, now_us: int) -> None:
        mine = sa.and_(intents.c.venture_id == venture_id, intents.c.key == sa.bindparam("_key"))
        update = sa.update(intents).where(mine).values(state=IntentState.done.value, done_us=now_us, note=sa.bindparam("_note"))
        rows = [{"_key": key, "_note": note} for key, note in notes.items()]
        with self._database.writing() as connection:
            for chunk in in_chunks(rows, _CHUNK):
                connection.execute(update, list(chunk))

    def withdraw(self, venture_id: int, customer_id: str, *, execution_id: int | None = None, now_us: int) -> int:
        table = intents.c
        waiting = [table.venture_id == venture_id, table.customer_id == customer_id, table.state == IntentState.pending.value]
        if execution_id is not None:
            waiting.append(table.execution_id == execution_id)
        values = {"state": IntentState.refused.value, "done_us": now_us, "note": "withdrawn"}
        with self._database.writing() as connection:
            return connection.execute(sa.update(intents).where(*waiting).values(**values)).rowcount


def write_intents(connection: Connection, venture_id: int, wanted: Sequence[Intent], now_us: int) -> int:
    """Write those whose key is new, in the caller's transaction; returns how many were."""
    rows = [_row(venture_id, one, now_us) for one in wanted]
    return insert_new(connection, intents, rows, "venture_id", "key")


def _row(venture_id: int, intent: Intent, now_us: int) -> dict[str, Any]:
    return {
        "venture_id": venture_id,
        "key": intent.key,
        "kind": intent.kind,
        "customer_id": intent.customer_id,
        "execution_id": intent.cause.execution_id,
        "document": msgspec.to_builtins(intent),
        "state": IntentState.pending.value,
        "created_us": now_us,
        "not_before_us": intent.not_before_us,
        "done_us": None,
        "note": "",
    }
