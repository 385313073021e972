"""Merges of duplicate customers (Day one, 8): what the loop knows of the duplicate follows, and goes back when undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.merges import Merge


class Merges(Protocol):
    """Called by the merging job, which also moves the facts; lists are read by commands and erasure."""

    def merge(self, venture_id: int, kept: str, duplicate: str, *, by: str, why: str, now_us: int) -> Merge:
        """One transaction: the duplicate's chains and enrollments end as merged, what waits for it is withdrawn; touches,
        responses, consents, hands-off, tasks, alerts, decisions and surveys become the kept customer's. The same pair again
        gives the merge that stands.

        Raises Refused when the two are one, either was merged away, or somebody was merged into the duplicate.
        """
        ...

    def undo(self, venture_id: int, duplicate: str, *, by: str, now_us: int) -> Merge:
        """Put every row back where it was, as far as nobody moved it meanwhile; what ended runs on where nothing new took
        its place. Raises `NotFound` when no merge of it stands, Refused when the kept one was merged away meanwhile.
        """
        ...

    def list(self, venture_id: int, *, standing_only: bool = True) -> Sequence[Merge]:
        """Newest first."""
        ...

    def into(self, venture_id: int, customer_ids: Sequence[str]) -> Sequence[str]:
        """Duplicates that were merged, directly or over others, into these customers."""
        ...

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        """Erase the merges that name one of these customers; returns how many."""
        ...
