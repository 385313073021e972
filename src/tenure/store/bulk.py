"""Writing a whole Arrow table into a store table at once: insert new rows, overwrite known ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.store.arrow import csv_bytes, python_columns

MANY_ROWS = 50_000
"""From here on it pays to help the database: indexes rebuilt, statistics refreshed."""
ANALYSIS_LIMIT = 1_000
"""So many rows of an index are looked at for statistics: milliseconds whatever the size, so that no writer waits."""


def merge(
    connection: Connection,
    target: sa.Table,
    rows: pa.Table,
    *,
    constants: Mapping[str, int],
    unless_same: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Merge rows (sorted by key: that is fastest) with `constants` added to each.

    `unless_same` keeps a column of a known row when all the named others are as before. Columns neither in the table
    nor in the constants are left alone. The constants go into the statement's text, so they are integers.
    """
    if rows.num_rows == 0:
        return
    if connection.dialect.name == "sqlite":
        with _indexes_made_afterwards(connection, target, rows.num_rows):
            _merge_sqlite(connection, target, rows, constants, unless_same)
    else:
        _merge_postgres(connection, target, rows, constants, unless_same)
    if rows.num_rows >= MANY_ROWS:
        analyze(connection, target.name)  # else lists are planned for an empty table


def analyze(connection: Connection, table: str = "") -> None:
    """Statistics for the planner, of one table or all."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={ANALYSIS_LIMIT}")
    connection.exec_driver_sql(f"ANALYZE {table}")


def _merge_sqlite(
    connection: Connection,
    target: sa.Table,
    rows: pa.Table,
    constants: Mapping[str, int],
    unless_same: Mapping[str, tuple[str, ...]] | None,
) -> None:
    marks = ", ".join("?" * rows.num_columns)
    statement = _upsert(
        target, rows.column_names, constants, f"VALUES ({_literals(constants)}, {marks})", unless_same
    )
    _driver(connection).executemany(statement, zip(*python_columns(rows), strict=True)).close()


def _merge_postgres(
    connection: Connection,
    target: sa.Table,
    rows: pa.Table,
    constants: Mapping[str, int],
    unless_same: Mapping[str, tuple[str, ...]] | None,
) -> None:
    names = ", ".join(rows.column_names)
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE staged ON COMMIT DROP AS SELECT {names} FROM {target.name} WITH NO DATA"
    )
    copy_in(connection, f"COPY staged ({names}) FROM STDIN (FORMAT csv)", rows)
    chosen = f"SELECT {_literals(constants)}, {names} FROM staged"
    connection.exec_driver_sql(_upsert(target, rows.column_names, constants, chosen, unless_same))
    connection.exec_driver_sql("DROP TABLE staged")


@contextmanager
def _indexes_made_afterwards(connection: Connection, target: sa.Table, rows: int) -> Iterator[None]:
    """On SQLite, when most rows of a table are new or rewritten, sorting an index once beats a million insertions.

    It happens inside the caller's transaction: other connections keep the old index until the commit.
    """
    rebuild = (
        sorted(target.indexes, key=lambda index: str(index.name))
        if _is_most_of(connection, target, rows)
        else []
    )
    for index in rebuild:
        index.drop(connection)
    yield
    for index in rebuild:
        index.create(connection)


def _is_most_of(connection: Connection, target: sa.Table, rows: int) -> bool:
    if rows < MANY_ROWS:
        return False
    held = sa.select(sa.func.count()).select_from(sa.select(target).limit(2 * rows).subquery())
    return int(connection.scalar(held) or 0) < 2 * rows


def copy_in(connection: Connection, statement: str, table: pa.Table) -> None:
    """COPY a table into PostgreSQL through the driver's own connection, inside the running transaction."""
    with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(csv_bytes(table))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _literals(constants: Mapping[str, int]) -> str:
    return ", ".join(str(int(value)) for value in constants.values())


def _upsert(
    target: sa.Table,
    names: list[str],
    constants: Mapping[str, int],
    source: str,
    unless_same: Mapping[str, tuple[str, ...]] | None,
) -> str:
    columns = [*constants, *names]
    key = [column.name for column in target.primary_key.columns]
    kept = unless_same or {}
    changes = [
        f"{name} = {_new_value(target.name, name, kept.get(name))}" for name in columns if name not in key
    ]
    # WHERE true: SQLite would else take ON for a join's
    where = " WHERE true" if source.startswith("SELECT") else ""
    return (
        f"INSERT INTO {target.name} ({', '.join(columns)}) {source}{where} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)}"
    )


def _new_value(table: str, name: str, same: tuple[str, ...] | None) -> str:
    if not same:
        return f"excluded.{name}"
    unchanged = " AND ".join(f"{table}.{other} = excluded.{other}" for other in same)
    return f"CASE WHEN {unchanged} THEN {table}.{name} ELSE excluded.{name} END"
