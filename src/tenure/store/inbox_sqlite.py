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
import pyarrow.compute as pc

from tenure.errors import Corrupt
from tenure.model.facts import InboxRow
from tenure.store.arrow import ROW_SCHEMA, conform
from tenure.store.failures import translated
from tenure.store.inbox_waiting import WAITING, count_and_oldest
from tenure.store.migrations.inbox import SCHEMA_VERSION, STEPS
from tenure.store.payloads import (
    JOINED_FACTS,
    PAYLOADS_AT_A_TIME,
    Batch,
    batches_of_rows,
    batches_of_table,
    facts_of,
)

CHUNK_FACTS = 50_000
"""Facts deleted in one transaction: a few milliseconds, the longest an append waits for a deletion."""
INGEST_FACTS = 250_000
"""Facts of a bulk append in one transaction: a single HTTP event waits at most half a second behind an import."""

_APPEND = """
    INSERT INTO inbox (first_seq, last_seq, venture_id, oldest_us, format, payload)
    SELECT given + 1, given + ?1, ?2, ?3, ?4, ?5
    FROM (SELECT coalesce(max(seq), 0) AS given FROM sqlite_sequence WHERE name = 'inbox')
"""
_READ = """
    SELECT first_seq, last_seq, format, payload FROM inbox
    WHERE last_seq > ? AND last_seq <= ? AND first_seq <= ? AND venture_id = ? ORDER BY last_seq
"""
_EDGES = """
    SELECT coalesce(min(last_seq), 0), coalesce(max(last_seq), 0)
    FROM inbox WHERE last_seq > ? AND first_seq <= ? AND venture_id = ?
"""


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
            self._write(batches_of_rows(rows))

    def append_arrow(self, table: pa.Table) -> None:
        """One transaction for each 250,000 rows: a longer one would keep single events waiting."""
        checked = conform(table, ROW_SCHEMA, "inbox rows")
        for start in range(0, checked.num_rows, INGEST_FACTS):
            self._write(batches_of_table(checked.slice(start, INGEST_FACTS)))

    def high_mark(self, venture_id: int) -> int:
        """Writers of SQLite commit one after the other, so the last sequence given out is the mark of every venture."""
        return self._number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'")

    def read_arrow(self, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
        with translated("inbox"), contextlib.closing(self._connect()) as connection:
            yield from facts_of(_stored(connection, venture_id, after_seq, through_seq), after_seq, through_seq)

    def delete_through(self, venture_id: int, seq: int) -> int:
        deleted = 0
        with translated("inbox"), contextlib.closing(self._connect(synchronous="NORMAL")) as connection:
            [(first, last)] = _run(connection, _EDGES, 0, seq, venture_id)
            for start in range(first, min(last, seq) + 1, CHUNK_FACTS) if first else ():
                deleted += _delete(connection, venture_id, start, min(start + CHUNK_FACTS - 1, seq))
        return deleted

    def waiting(self, venture_id: int, after_seq: int) -> tuple[int, int | None]:
        with translated("inbox"), self._lock:
            [(count, *oldest)] = self._run(WAITING, after_seq, venture_id)
        return count_and_oldest(self, venture_id, after_seq, count, *oldest)

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

    def _write(self, batches: Sequence[Batch]) -> None:
        """One transaction, on disk when this returns; a failing batch takes all of them back."""
        with translated("inbox"), self._lock:
            if len(batches) == 1:  # a statement of its own is a transaction
                self._append(*batches)
            else:
                self._together(lambda: self._append(*batches))

    def _append(self, *batches: Batch) -> None:
        with self._connection.cursor() as cursor:
            for one in batches:  # executemany asks for no answer, which takes time
                values = (one.facts, one.venture_id, one.oldest_us, int(one.format), one.payload)
                cursor.executemany(_APPEND, [values])

    def _together(self, act: Callable[[], object]) -> None:
        self._run("BEGIN IMMEDIATE")
        try:
            act()
            self._run("COMMIT")
        except BaseException:
            with contextlib.suppress(adbc_driver_manager.Error):  # a full disk has rolled back by itself
                self._run("ROLLBACK")
            raise

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
        self._together(self._take_steps)

    def _take_steps(self) -> None:
        for step in STEPS[self._version() :]:
            self._run(step)
        self._run(f"PRAGMA user_version={SCHEMA_VERSION}")

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
    """Delete the venture's batches that end in this range in one short transaction; returns how many facts they held."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inbox WHERE last_seq BETWEEN ? AND ? AND venture_id = ? RETURNING last_seq - first_seq + 1",
            (first, through, venture_id),
        )
        return int(pc.sum(cursor.fetch_arrow_table().column(0)).as_py() or 0)


def _stored(connection: Any, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
    """In windows of sequences: no transaction stays open that would keep the log of the file from being written back."""
    [(first, last)] = _run(connection, _EDGES, after_seq, through_seq, venture_id)
    for start in range(first - 1, last, JOINED_FACTS) if first else ():
        end = min(start + JOINED_FACTS, last)
        with connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": PAYLOADS_AT_A_TIME})
            cursor.execute(_READ, (start, end, through_seq, venture_id))
            with cursor.fetch_record_batch() as reader:
                # the driver takes a column's type from its first value: in a window without rows there is none
                yield from (batch for batch in reader if batch.num_rows)
