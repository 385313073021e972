"""The quarantine: what was refused, why, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.quarantine import Quarantined, QuarantineGroup, QuarantineState, Refusal


class Quarantine(Protocol):
    """`add` is called by the doors (many rows at once), the rest by the quarantine commands."""

    def add(self, venture_id: int, refusals: Sequence[Refusal]) -> int:
        """Keep the refusals in one transaction; durable when this returns.

        A refusal already there (same source, position, field, rule and record) is not kept twice; returns how many are new.
        """
        ...

    def list(
        self,
        venture_id: int,
        *,
        state: QuarantineState | None = QuarantineState.waiting,
        source: str | None = None,
        field: str | None = None,
        rule: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Quarantined]:
        """Oldest first."""
        ...

    def get(self, venture_id: int, item_id: int) -> Quarantined:
        """Raises `NotFound`."""
        ...

    def groups(self, venture_id: int) -> Sequence[QuarantineGroup]:
        """Waiting records by source, kind, field and rule, largest first."""
        ...

    def waiting(self, venture_id: int) -> int:
        """How many records wait for a person."""
        ...

    def decide(
        self, venture_id: int, item_ids: Sequence[int], state: QuarantineState, *, note: str, now_us: int
    ) -> Sequence[int]:
        """Mark waiting records `replayed` or `dropped`; returns those that this call changed (races are settled here).

        Replaying again is harmless: the keys of facts de-duplicate, so mark after the facts are in the inbox.
        """
        ...
