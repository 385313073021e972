"""An application database read incrementally: pages in the order of a cursor column, position kept after durability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from tenure.clock import SECOND_US, from_us
from tenure.errors import BadInput, Unavailable
from tenure.ports.cursors import Cursors
from tenure.services.importing.chunk import Chunk, Column
from tenure.services.importing.fields import ID_FIELDS, PERIODS
from tenure.services.importing.loading import Loading
from tenure.services.importing.mapping import SqlSource
from tenure.services.importing.plan import field_plan


class Meter(Protocol):
    def show(self, file: str, rows: int, done_bytes: int) -> None: ...


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything below `value` was read; a row equal to it is read again and its key makes that harmless.

    `kind` says what the text is: int, decimal, time (aware), naive (a time without zone), date or text.
    """

    kind: str
    value: str


def read_sql(
    loading: Loading, sql: SqlSource, cursors: Cursors, environment: Mapping[str, str], meter: Meter
) -> None:
    """Read a source from its kept position to its end.

    Every page holds all rows of its last cursor value, and the first page starts at the kept value *inclusive*: rows
    that share a value are never split between lost and read, and what is read twice has the same key.
    """
    doors, source = loading.doors, loading.source
    whole = source.kind == PERIODS or source.amount == "level"  # derived from all rows, so all are read every time
    known = None if whole else cursors.get(doors.venture_id, source.name)
    position = msgspec.json.decode(known, type=Position) if known else None
    with _connection(sql, environment, source.name) as connection:
        table = _Selectable(connection, sql, source.name)
        newest = _lagged(sql, doors.now_us, table)
        done = 0
        while rows := table.page(position, newest, sql.page_size, again=done == 0):
            if done == 0:
                loading.start(list(rows[0]))
                _check_identity(loading, sql, rows[0])
            loading.take(_chunk(rows, done))
            done += len(rows)
            meter.show(loading.tally.file, done, 0)
            position = position_of(rows[-1][sql.cursor])
            if not whole:
                cursors.set(doors.venture_id, source.name, msgspec.json.encode(position).decode())
            if len(rows) < sql.page_size:
                break
        loading.finish()


def _check_identity(loading: Loading, sql: SqlSource, row: Mapping[str, Any]) -> None:
    """Facts that happen once need an id, or a content in which the cursor takes part: else equal rows of two reads meet."""
    wanted = ID_FIELDS.get(loading.source.kind)
    if wanted is None or loading.source.kind == PERIODS:
        return
    plan = loading.plan_of(list(row))
    used = {column for part in plan.fields for column in part.columns} | {column for column, _ in plan.extras}
    if field_plan(plan, wanted) is None and sql.cursor not in used:
        raise BadInput(
            f"Source {loading.source.name!r} names no {wanted}, and its cursor {sql.cursor!r} is not part of its facts.",
            f"Declare columns.{wanted} with a column that is different in every row.",
        )


@contextmanager
def _connection(sql: SqlSource, environment: Mapping[str, str], name: str) -> Iterator[sa.Connection]:
    url = environment.get(sql.url_env)
    if not url:
        raise BadInput(
            f"The environment variable {sql.url_env} (source {name!r}, sql.url_env) is not set.",
            "Set it to the SQLAlchemy URL of the application database.",
        )
    try:
        engine = sa.create_engine(url)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise BadInput(f"{sql.url_env} is not a usable SQLAlchemy URL.", "Write it like postgresql+psycopg://user:password@host/name.") from None
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as problem:
        if problem.connection_invalidated or isinstance(problem, sa.exc.OperationalError):
            raise Unavailable(f"The database of source {name!r} cannot be read: {_kind_of(problem)}.", "Check that it runs and may be reached, and try again.") from None
        raise BadInput(f"Source {name!r} does not fit its database: {_kind_of(problem)}.", "Check table, query and cursor under [source.sql].") from None
    except SQLAlchemyError as problem:
        raise BadInput(f"Source {name!r} does not fit its database: {type(problem).__name__}.", "Check table, query and cursor under [source.sql].") from None
    finally:
        engine.dispose()


def _kind_of(problem: DBAPIError) -> str:
    """The driver's error by its class only: its text may hold values."""
    return type(problem.orig).__name__


class _Selectable:
    """A table or query that can be paged by its cursor column."""

    def __init__(self, connection: sa.Connection, sql: SqlSource, name: str) -> None:
        self._connection, self._sql = connection, sql
        cursor: sa.ColumnElement[Any] = sa.column(sql.cursor)
        if sql.query is not None:
            origin: Any = sa.text(f"({sql.query.strip().rstrip(';')}) AS source_query")
        else:
            schema, _, table = (sql.table or "").rpartition(".")
            origin = sa.table(table, schema=schema or None)
        self._base: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(origin)
        self._cursor = cursor
        self._name = name

    def sample(self) -> Any:
        """One value of the cursor column, None when there is no row."""
        row = self._connection.execute(self._base.where(self._cursor.is_not(None)).limit(1)).mappings().first()
        if row is not None and self._sql.cursor not in row:
            raise BadInput(f"Source {self._name!r} has no column {self._sql.cursor!r}.", "Correct cursor under [source.sql].")
        return None if row is None else row[self._sql.cursor]

    def page(self, position: Position | None, newest: Any, size: int, again: bool) -> list[dict[str, Any]]:
        """About `size` rows after the position (`again`: from it on), with every row of the last cursor value."""
        base = self._base.where(self._cursor.is_not(None))
        if newest is not None:
            base = base.where(self._cursor <= sa.bindparam("newest", newest, type_=_sql_type(newest)))
        if position is not None:
            start = value_of(position)
            bound = sa.bindparam("start", start, type_=_sql_type(start))
            base = base.where(self._cursor >= bound if again else self._cursor > bound)
        rows = self._rows(base.order_by(self._cursor).limit(size))
        if len(rows) < size:
            return rows
        last = rows[-1][self._sql.cursor]
        whole = [row for row in rows if row[self._sql.cursor] != last]
        ties = self._rows(base.where(self._cursor == sa.bindparam("last", last, type_=_sql_type(last))))
        return whole + ties

    def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(query).mappings()]


def _sql_type(value: Any) -> sa.types.TypeEngine[Any] | None:
    """Bind times as the driver gave them; SQLite keeps them as text, so text stays text."""
    if isinstance(value, datetime):
        return sa.DateTime(timezone=value.tzinfo is not None)
    return None


def _lagged(sql: SqlSource, now_us: int, table: _Selectable) -> Any:
    """The newest cursor value to read, None without lag or where the cursor is no time."""
    example = table.sample()
    edge = from_us(now_us - sql.lag_seconds * SECOND_US)
    if sql.lag_seconds == 0:
        return None
    if isinstance(example, datetime):
        return edge if example.tzinfo else edge.replace(tzinfo=None)
    if isinstance(example, str) and len(example) >= 19 and example[4:5] == "-" and example[10:11] in ("T", " "):
        return edge.replace(tzinfo=None).isoformat(sep=example[10], timespec="microseconds")
    return None


def position_of(value: Any) -> Position:
    """A cursor value as kept text."""
    if isinstance(value, bool) or value is None or isinstance(value, float | bytes):
        raise BadInput("The cursor column is neither a number, a time nor a text.", "Name a column that only grows under [source.sql] cursor.")
    if isinstance(value, int):
        return Position(kind="int", value=str(value))
    if isinstance(value, Decimal):
        return Position(kind="decimal", value=str(value))
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return Position(kind="naive", value=value.isoformat())
        return Position(kind="time", value=value.astimezone(UTC).isoformat())
    return Position(kind="date" if isinstance(value, date) else "uuid" if isinstance(value, UUID) else "text", value=str(value))


def value_of(position: Position) -> Any:
    """The cursor value a kept text stands for."""
    readers: dict[str, Any] = {
        "int": int,
        "decimal": Decimal,
        "time": datetime.fromisoformat,
        "naive": datetime.fromisoformat,
        "date": date.fromisoformat,
        "uuid": UUID,
    }
    return readers.get(position.kind, str)(position.value)


def _chunk(rows: list[dict[str, Any]], done: int) -> Chunk:
    columns: dict[str, Column] = {name: _column([_simple(row[name]) for row in rows]) for name in rows[0]}
    return Chunk(columns, np.arange(done + 1, done + 1 + len(rows)))


def _simple(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return bytes(value) if isinstance(value, memoryview) else value


def _column(values: list[Any]) -> Column:
    if all(value is None or isinstance(value, str) for value in values):
        try:
            return pa.array(values, pa.string())
        except UnicodeEncodeError:
            return values
    return values
