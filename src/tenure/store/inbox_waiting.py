"""How many facts wait, counted from the ranges of the stored batches without opening them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

if TYPE_CHECKING:
    from tenure.ports.inbox import Inbox

WAITING = """
    SELECT
        coalesce(sum(CASE WHEN first_seq > :after THEN last_seq - first_seq + 1 ELSE last_seq - :after END), 0),
        min(CASE WHEN first_seq > :after THEN oldest_us END),
        max(CASE WHEN first_seq <= :after THEN last_seq END)
    FROM inbox WHERE last_seq > :after AND venture_id = :venture
"""
"""Facts after a sequence; the oldest of the batches wholly after it; where the batch ends that it falls into."""


def count_and_oldest(
    inbox: Inbox, venture_id: int, after_seq: int, count: int, oldest_us: int | None, cut_through: int | None
) -> tuple[int, int | None]:
    """The answer of `Inbox.waiting` from a row of `WAITING`; a batch that is cut is opened."""
    found = [] if oldest_us is None else [int(oldest_us)]
    if cut_through is not None:
        rest = inbox.read_arrow(venture_id, after_seq, int(cut_through))
        found += [pc.min(batch.column("received_us")).as_py() for batch in rest]
    return int(count), min(found, default=None)
