"""What the repositories share: insert-or-replace on both engines, rows by key, and the audit line of a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from tenure.errors import NotFound
from tenure.store.tables import configuration_audit_log, ventures

Upsert = sqlite.Insert | postgresql.Insert


def insert_into(connection: Connection, table: sa.Table) -> Upsert:
    """An INSERT that knows ON CONFLICT, in this connection's dialect."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def replacing(connection: Connection, table: sa.Table) -> Upsert:
    """An INSERT that overwrites every other column of a row with the same primary key."""
    statement = insert_into(connection, table)
    others = {
        column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)


def insert_new(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *key: str, chunk: int = 2_000) -> int:
    """Insert the rows whose key is new; returns how many were (a driver's row count says nothing of many rows)."""
    statement = insert_into(connection, table).on_conflict_do_nothing(index_elements=list(key) or None)
    counted: Any = statement.returning(sa.literal_column("1"))
    return sum(len(connection.execute(counted, list(part)).all()) for part in in_chunks(rows, chunk))


def new_id(connection: Connection, table: sa.Table, **values: Any) -> int:
    """Insert one row and return its number."""
    inserted = connection.execute(sa.insert(table).values(**values)).inserted_primary_key
    assert inserted is not None
    return int(inserted[0])


def one_of(connection: Connection, query: sa.Select[Any], what: str) -> Row[Any]:
    """The only row; raises NotFound with `what` (no personal data) when the venture has none."""
    row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found(what)
    return row


def not_found(what: str) -> NotFound:
    return NotFound(f"There is no {what} in this venture.", "Check its name or number.")


def fields(row: Row[Any], *without: str) -> dict[str, Any]:
    """The columns of a row by name."""
    return {name: value for name, value in row._mapping.items() if name not in without}


def audit(
    connection: Connection,
    venture_id: int,
    *,
    who: str,
    subject: str,
    name: str,
    before: Any,
    after: Any,
    why: str,
    now_us: int,
    segment: str = "",
) -> int:
    """Write the line of one change into the transaction that makes it; returns its number."""
    return new_id(
        connection,
        configuration_audit_log,
        venture_id=venture_id,
        happened_us=now_us,
        who=who,
        subject=subject,
        name=name,
        segment=segment,
        before=before,
        after=after,
        why=why,
    )


def in_chunks(values: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """Slices short enough for one statement's parameters."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def hold_venture(connection: Connection, venture_id: int) -> None:
    """One such change of a venture at a time, until the transaction ends. (SQLite's write transactions always are.)"""
    if connection.dialect.name == "postgresql":
        mine = ventures.c.venture_id == venture_id
        connection.execute(sa.select(ventures.c.venture_id).where(mine).with_for_update(key_share=True))
