"""Intents as the dispatcher sees them: written by whoever decides, carried out by the service of their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tenure.model.intents import Intent


class Intents(Protocol):
    """The spine of the loop. Repositories that move chains or enrollments write intents in the same transaction."""

    def add(self, venture_id: int, intents: Sequence[Intent], *, now_us: int) -> int:
        """Write those whose key is new; returns how many were."""
        ...

    def pending(self, venture_id: int, kind: str, *, now_us: int, limit: int = 10_000) -> Sequence[Intent]:
        """Those of a kind that are due, oldest first. Two workers may see the same: handlers are idempotent by key."""
        ...

    def pending_kinds(self, venture_id: int, *, now_us: int) -> frozenset[str]:
        """The kinds of which some are due."""
        ...

    def done(self, venture_id: int, notes: Mapping[str, str], *, now_us: int) -> None:
        """Tick off by key, each with what came of it in a few words ("" when there is nothing to say)."""
        ...

    def withdraw(self, venture_id: int, customer_id: str, *, execution_id: int | None = None, now_us: int) -> int:
        """Take back what is still pending for a customer (of one chain, when named)."""
        ...


class CarriesOut(Protocol):
    """A service that handles some kinds of intent. Called by the dispatcher; killed anywhere, called again."""

    @property
    def kinds(self) -> tuple[str, ...]: ...

    def carry_out(self, intents: Sequence[Intent], now_us: int) -> Mapping[str, str]:
        """Do them; returns a note by key for each that is finished with (done or refused). Left out: tried again."""
        ...
