"""The inbox of facts: accepted, durable, not yet in the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from tenure.model.facts import InboxRow

if TYPE_CHECKING:
    import pyarrow as pa


class Inbox(Protocol):
    """Called by `services.ingest` (append) and by the scoring job (read, delete)."""

    def append(self, rows: Sequence[InboxRow]) -> None:
        """Store the rows in order; they are durable when this returns (one transaction, fsync).

        Raises `Unavailable` when the store is locked, full or gone; then none of the rows is kept.
        """
        ...

    def append_arrow(self, table: pa.Table) -> None:
        """The same for a table whose columns are the fields of `InboxRow` (file imports, one chunk a call)."""
        ...

    def high_mark(self, venture_id: int) -> int:
        """A sequence up to which nothing can still appear; 0 when nothing was ever accepted.

        Sequences only grow, are never reused, and may have gaps.
        """
        ...

    def read_arrow(self, venture_id: int, after_seq: int, through_seq: int) -> Iterator[pa.RecordBatch]:
        """Rows with after_seq < seq <= through_seq in order of `seq` (a column), in batches that are not tiny.

        Raises `Corrupt` when what is stored cannot be read back.
        """
        ...

    def delete_through(self, venture_id: int, seq: int) -> int:
        """Remove what the warehouse's mark says it holds, in short transactions; returns how many rows went.

        Rows are stored in batches; one of which some rows lie after `seq` may stay whole until they are through too.
        """
        ...

    def waiting(self, venture_id: int, after_seq: int) -> tuple[int, int | None]:
        """How many rows wait, and when the oldest was received (us)."""
        ...
