"""The inbox of facts in its own SQLite file.

This file is opened through ADBC only, never through Python's sqlite3. Both bring their own copy of the SQLite library,
and two copies in one process do not see each other's POSIX locks (closing a file in one drops the locks of the other):
a checkpoint could overwrite what a reader still needs. See "How To Corrupt" on sqlite.org, 2.2.1.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import adbc_driver_manager
import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa

from tenure.errors import Corrupt
from tenure.model.facts import InboxRow
from tenure.store.arrow import INBOX_SCHEMA, ROW_SCHEMA, conform, table_of
from tenure.store.failures import translated
from tenure.store.migrations.inbox import SCHEMA_VERSION, STEPS

CHUNK_ROWS = 10_000
"""Rows deleted in one transaction: about 10 ms, the longest an append waits for a deletion."""
BATCH_ROWS = 65_536
INGEST_ROWS = 250_000
"""Rows of a bulk append in one transaction: a single HTTP event waits at most half a second behind an import."""

_COLUMNS = ", ".join(INBOX_SCHEMA.names)
# ADBC takes a column's type from the values of the first batch; this first row, not data, settles them all.
_TYPED = ", ".join(
    f"{'0' if pa.types.is_integer(field.type) else chr(39) * 2} AS {field.name}" for field in INBOX_SCHEMA
)
_READ = (
    f"SELECT * FROM (SELECT {_TYPED}) UNION ALL "
    f"SELECT {_COLUMNS} FROM inbox WHERE seq > ? AND seq <= ? AND venture_id = ? ORDER BY seq"
)


class SqliteInbox:
    """The port `tenure.ports.inbox.Inbox` on one file. Safe to call from many threads."""

    def __init__(self, file: Path, *, busy_timeout_ms: int = 5_000) -> None:
        self._file = file
        self._busy_timeout_ms = busy_timeout_ms
        self._lock = threading.Lock()
        with translated("inbox"):
            self._connection = self._connect(synchronous="FULL")
            try:
                self._patiently(lambda: self._run("PRAGMA journal_mode=WAL"))
                self._upgrade()
            except BaseException:
                self._connection.close()
                raise

    def append(self, rows: Sequence[InboxRow]) -> None:
        if rows:
            with translated("inbox"):
                self._ingest(table_of(rows))

    def append_arrow(self, table: pa.Table) -> None:
        """One transaction for each 250,000 rows: a longer one would keep single events waiting."""
        checked = conform(table, ROW_SCHEMA, "inbox rows")
        with translated("inbox"):
            for start in range(0, checked.num_rows, INGEST_ROWS):
                self._ingest(checked.slice(start, INGEST_ROWS))

    def high_mark(self, venture_id: int) -> int:
        """Writers of SQLite commit one after the other, so the last sequence given out is the mark of every venture."""
        return self._number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'")

    def read_arrow(self, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
        with (
            translated("inbox"),
            contextlib.closing(self._connect()) as connection,
            connection.cursor() as cursor,
        ):
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
            # the typing row sorts among the data when after_seq is negative: then there is none before it
            cursor.execute(_READ, (max(after_seq, 0), through_seq, venture_id))
            with cursor.fetch_record_batch() as reader:
                for place, batch in enumerate(reader):
                    rows = batch.slice(1) if place == 0 else batch
                    if rows.num_rows:
                        yield pa.RecordBatch.from_arrays(rows.columns, schema=INBOX_SCHEMA)

    def delete_through(self, venture_id: int, seq: int) -> int:
        deleted = 0
        first = self._number(
            "SELECT coalesce(min(seq), 0) FROM (SELECT seq FROM inbox WHERE venture_id = ? ORDER BY seq LIMIT 1)",
            venture_id,
        )
        with translated("inbox"), contextlib.closing(self._connect(synchronous="NORMAL")) as connection:
            for start in range(first, seq + 1, CHUNK_ROWS) if first else ():
                through = min(start + CHUNK_ROWS - 1, seq)
                deleted += _delete(connection, venture_id, start, through)
        return deleted

    def waiting(self, venture_id: int, after_seq: int) -> tuple[int, int | None]:
        with translated("inbox"), self._lock:
            [(count, oldest)] = self._run(
                "SELECT count(*), min(received_us) FROM inbox WHERE venture_id = ? AND seq > ?",
                venture_id,
                after_seq,
            )
        return int(count), None if oldest is None else int(oldest)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _connect(self, synchronous: str = "FULL") -> Any:
        connection = adbc.connect(str(self._file), autocommit=True)
        try:
            for pragma in (f"busy_timeout={self._busy_timeout_ms}", f"synchronous={synchronous}"):
                _run(connection, f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _ingest(self, table: pa.Table) -> None:
        """One transaction, on disk when this returns; a failing row takes all of them back."""
        with self._lock, self._connection.cursor() as cursor:
            cursor.adbc_ingest("inbox", table, mode="append")

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return _run(self._connection, statement, *values)

    def _number(self, statement: str, *values: object) -> int:
        with translated("inbox"), self._lock:
            return int(self._run(statement, *values)[0][0])

    def _patiently(self, act: Callable[[], object]) -> None:
        """Changing the journal mode does not wait for others by itself; taking the write lock in between does."""
        for _ in range(20):
            with contextlib.suppress(adbc_driver_manager.Error):
                act()
                return
            self._run("BEGIN IMMEDIATE")
            self._run("ROLLBACK")
        act()

    def _upgrade(self) -> None:
        """Bring the file to the newest schema; of two processes the second finds nothing left to do."""
        if self._version() == SCHEMA_VERSION:
            return
        self._run("BEGIN IMMEDIATE")
        try:
            for step in STEPS[self._version() :]:
                self._run(step)
            self._run(f"PRAGMA user_version={SCHEMA_VERSION}")
            self._run("COMMIT")
        except BaseException:
            self._run("ROLLBACK")
            raise

    def _version(self) -> int:
        version = int(self._run("PRAGMA user_version")[0][0])
        if version > SCHEMA_VERSION:
            raise Corrupt("The inbox was written by a newer Tenure.", "Install that version, or a newer one.")
        return version


def _run(connection: Any, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _delete(connection: Any, venture_id: int, first: int, through: int) -> int:
    """Delete the venture's rows of this range in one short transaction; returns how many there were."""
    _run(
        connection,
        "DELETE FROM inbox WHERE seq BETWEEN ? AND ? AND venture_id = ?",
        first,
        through,
        venture_id,
    )
    return int(_run(connection, "SELECT changes()")[0][0])
