"""Taking people out for ever, in the store's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.rules.traces import Traces


class ErasureInStore(Protocol):
    """Called by the erasure command; doing it again is harmless."""

    def refused_records(self, venture_id: int, ids: Sequence[str]) -> int:
        """Delete quarantined records, decided ones too, that name any of these ids; returns how many."""
        ...

    def finished_jobs(self, venture_id: int, ids: Sequence[str]) -> int:
        """Delete jobs that are over and name any of these ids in what was asked or answered; returns how many."""
        ...

    def acts(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        """Alerts, tasks, intents, assignments and hands-off of these customers go; decisions stay without identity (A29);
        lists told to the team that name one of them lose their text. Called before the cards go; returns how many rows."""
        ...

    def words(self, venture_id: int, traces: Traces) -> int:
        """What was written of these people elsewhere: their quotes go from findings, decisions, tasks and wishes about the
        whole venture, reasons and notes that name them are blanked, messages to the team with their words lose their text.

        Called before the warehouse forgets them; returns how many rows.
        """
        ...

    def jobs_with_words(self, venture_id: int, traces: Traces) -> int:
        """Delete jobs that are over and name or quote them; returns how many."""
        ...
