"""Taking people out for ever, in the store's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


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
