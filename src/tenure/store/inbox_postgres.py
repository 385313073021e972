"""The inbox of facts as a table of PostgreSQL: any number of writers, none of which waits for another or for a reader."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.facts import InboxRow
from tenure.store.arrow import ROW_SCHEMA, conform
from tenure.store.engine import Database
from tenure.store.failures import translated
from tenure.store.inbox_waiting import WAITING, count_and_oldest
from tenure.store.payloads import PAYLOAD_FACTS, Batch, batches_of_rows, batches_of_table, facts_of

CHUNK_BATCHES = 5_000
"""Stored batches deleted in one transaction."""
INGEST_FACTS = 250_000
BLOCK_SEQS = PAYLOAD_FACTS
"""Every batch gets a block of so many sequences and uses the first of them: taking a number needs no lock then."""

_LOCK_SPACE = 0x7E40
"""First 16 bits of our advisory locks' keys; the other 48 carry a block."""
_APPEND = sa.text(f"""
    INSERT INTO inbox (first_seq, last_seq, venture_id, oldest_us, format, payload)
    SELECT before + 1, before + :facts, :venture_id, :oldest_us, :format, :payload
    FROM (SELECT (nextval('inbox_blocks') - 1) * {BLOCK_SEQS} AS before) AS block
""")
_READ = """
    SELECT first_seq, last_seq, format, payload FROM inbox
    WHERE last_seq > $1 AND last_seq <= $2 AND first_seq <= $3 AND venture_id = $4 ORDER BY last_seq
"""
_DELETE = sa.text("""
    WITH gone AS (
        DELETE FROM inbox WHERE last_seq IN (
            SELECT last_seq FROM inbox WHERE last_seq <= :seq AND venture_id = :venture_id ORDER BY last_seq LIMIT :count
        ) RETURNING last_seq - first_seq + 1 AS facts
    ) SELECT coalesce(sum(facts), 0) FROM gone
""")
_LAST_BLOCK = sa.text("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM inbox_blocks")
_ANNOUNCE = sa.text("SELECT pg_advisory_xact_lock_shared(:key)")
_OLDEST_WRITER = sa.text(
    "SELECT min((classid::bigint & 65535) << 32 | objid::bigint) FROM pg_locks "
    "WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint >> 16) = :space "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class PostgresInbox:
    """The port `tenure.ports.inbox.Inbox` on PostgreSQL.

    Blocks of sequences are given out before they commit, so a higher one can become visible first. Every writer
    therefore announces, as a shared advisory lock that ends with its transaction, the last block given out before its
    own. The mark is the end of the last block given out, or of the oldest one announced where that is lower: whoever
    announces later gets higher blocks, whoever has finished is visible.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uri = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def append(self, rows: Sequence[InboxRow]) -> None:
        if rows:
            self._write(batches_of_rows(rows))

    def append_arrow(self, table: pa.Table) -> None:
        checked = conform(table, ROW_SCHEMA, "inbox rows")
        for start in range(0, checked.num_rows, INGEST_FACTS):
            self._write(batches_of_table(checked.slice(start, INGEST_FACTS)))

    def high_mark(self, venture_id: int) -> int:
        with self._database.reading() as connection:
            last = int(
                connection.scalar(_LAST_BLOCK) or 0
            )  # before the announcements are read: the order matters
            oldest = connection.scalar(_OLDEST_WRITER, {"space": _LOCK_SPACE})
        return BLOCK_SEQS * (last if oldest is None else min(last, int(oldest)))

    def read_arrow(self, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
        with translated("inbox"), contextlib.closing(adbc.connect(self._uri)) as connection:
            yield from facts_of(_stored(connection, venture_id, after_seq, through_seq), after_seq, through_seq)

    def delete_through(self, venture_id: int, seq: int) -> int:
        total = 0
        while deleted := self._delete(venture_id, seq):
            total += deleted
        return total

    def waiting(self, venture_id: int, after_seq: int) -> tuple[int, int | None]:
        with self._database.reading() as connection:
            found = connection.execute(sa.text(WAITING), {"after": after_seq, "venture": venture_id}).one()
        return count_and_oldest(self, venture_id, after_seq, *found)

    def close(self) -> None:
        """The engine belongs to the store."""

    def _write(self, batches: Sequence[Batch]) -> None:
        with self._database.writing() as connection:
            announce(connection)
            connection.execute(_APPEND, [batch._asdict() for batch in batches])

    def _delete(self, venture_id: int, seq: int) -> int:
        values = {"venture_id": venture_id, "seq": seq, "count": CHUNK_BATCHES}
        with self._database.writing() as connection:
            return int(connection.scalar(_DELETE, values) or 0)


def announce(connection: Connection) -> None:
    """Tell `high_mark` that this transaction is about to take blocks higher than the last one given out."""
    last = int(connection.scalar(_LAST_BLOCK) or 0)
    connection.execute(_ANNOUNCE, {"key": _LOCK_SPACE << 48 | last})


def _stored(connection: Any, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
    with connection.cursor() as cursor:
        cursor.execute(_READ, (after_seq, through_seq + BLOCK_SEQS, through_seq, venture_id))
        with cursor.fetch_record_batch() as reader:
            yield from reader
