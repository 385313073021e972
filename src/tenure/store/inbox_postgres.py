"""The inbox of facts as a table of PostgreSQL: any number of writers, none of which waits for another or for a reader."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.facts import InboxRow
from tenure.store.arrow import INBOX_SCHEMA, ROW_SCHEMA, conform, table_of
from tenure.store.bulk import copy_in
from tenure.store.engine import Database
from tenure.store.failures import translated
from tenure.store.tables import inbox

CHUNK_ROWS = 50_000
INGEST_ROWS = 250_000

_LOCK_SPACE = 0x7E40
"""First 16 bits of our advisory locks' keys; the other 48 carry a sequence."""
_COLUMNS = ", ".join(ROW_SCHEMA.names)
_COPY = f"COPY inbox ({_COLUMNS}) FROM STDIN (FORMAT csv)"
_READ = f"SELECT {', '.join(INBOX_SCHEMA.names)} FROM inbox WHERE seq > $1 AND seq <= $2 AND venture_id = $3 ORDER BY seq"
_LAST_GIVEN = sa.text("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM inbox_seq_seq")
_ANNOUNCE = sa.text("SELECT pg_advisory_xact_lock_shared(:key)")
_OLDEST_WRITER = sa.text(
    "SELECT min((classid::bigint & 65535) << 32 | objid::bigint) FROM pg_locks "
    "WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint >> 16) = :space "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class PostgresInbox:
    """The port `tenure.ports.inbox.Inbox` on PostgreSQL.

    Sequences are given out before they commit, so a higher one can become visible first. Every writer therefore
    announces, as a shared advisory lock that ends with its transaction, the last sequence given out before its own
    rows. The mark is the last sequence given out, or the oldest such announcement where that is lower: whoever
    announces later gets higher sequences, whoever has finished is visible.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uri = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def append(self, rows: Sequence[InboxRow]) -> None:
        if rows:
            self._copy(table_of(rows))

    def append_arrow(self, table: pa.Table) -> None:
        checked = conform(table, ROW_SCHEMA, "inbox rows")
        for start in range(0, checked.num_rows, INGEST_ROWS):
            self._copy(checked.slice(start, INGEST_ROWS))

    def high_mark(self, venture_id: int) -> int:
        with self._database.reading() as connection:
            last = int(
                connection.scalar(_LAST_GIVEN) or 0
            )  # before the announcements are read: the order matters
            oldest = connection.scalar(_OLDEST_WRITER, {"space": _LOCK_SPACE})
        return last if oldest is None else min(last, int(oldest))

    def read_arrow(self, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
        with (
            translated("inbox"),
            contextlib.closing(adbc.connect(self._uri)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(_READ, (after_seq, through_seq, venture_id))
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    if batch.num_rows:
                        yield pa.RecordBatch.from_arrays(batch.columns, schema=INBOX_SCHEMA)

    def delete_through(self, venture_id: int, seq: int) -> int:
        deleted = 0
        with self._database.reading() as connection:
            first = connection.scalar(
                sa.select(inbox.c.seq).where(inbox.c.venture_id == venture_id).order_by(inbox.c.seq).limit(1)
            )
        for start in range(first, seq + 1, CHUNK_ROWS) if first is not None else ():
            chunk = inbox.c.seq.between(start, min(start + CHUNK_ROWS - 1, seq))
            with self._database.writing() as connection:
                deleted += connection.execute(
                    sa.delete(inbox).where(chunk, inbox.c.venture_id == venture_id)
                ).rowcount
        return deleted

    def waiting(self, venture_id: int, after_seq: int) -> tuple[int, int | None]:
        query = sa.select(sa.func.count(), sa.func.min(inbox.c.received_us)).where(
            inbox.c.venture_id == venture_id, inbox.c.seq > after_seq
        )
        with self._database.reading() as connection:
            count, oldest = connection.execute(query).one()
        return count, oldest

    def close(self) -> None:
        """The engine belongs to the store."""

    def _copy(self, table: pa.Table) -> None:
        with self._database.writing() as connection:
            announce(connection)
            copy_in(connection, _COPY, table)


def announce(connection: Connection) -> None:
    """Tell `high_mark` that this transaction is about to take sequences higher than the last one given out."""
    last = int(connection.scalar(_LAST_GIVEN) or 0)
    connection.execute(_ANNOUNCE, {"key": _LOCK_SPACE << 48 | last})
