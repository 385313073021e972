"""Overrides and pulses: people's judgements about one customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.health import HealthStatus
from tenure.model.judgements import Override, Pulse


class Overrides(Protocol):
    """Called by the customer page and commands; every change is audited in the same transaction."""

    def add(
        self,
        venture_id: int,
        customer_id: str,
        *,
        score: float | None,
        status: HealthStatus | None,
        reason: str,
        person: str,
        from_us: int,
        until_us: int,
        now_us: int,
    ) -> Override:
        """A new override ends an earlier one of the same customer where they overlap.

        Raises `BadInput` unless exactly one of score and status is given, there is a reason, and from < until.
        """
        ...

    def withdraw(self, venture_id: int, override_id: int, *, by: str, why: str, now_us: int) -> None:
        """Raises `NotFound`; withdrawing twice changes nothing."""
        ...

    def in_force(self, venture_id: int, now_us: int) -> Sequence[Override]:
        """At most one per customer, by customer id. Called by every refresh."""
        ...

    def of_customer(self, venture_id: int, customer_id: str) -> Sequence[Override]:
        """All ever made, newest first."""
        ...


class Pulses(Protocol):
    """Called by the customer page (add) and by every refresh (in_force)."""

    def add(
        self,
        venture_id: int,
        customer_id: str,
        *,
        value: float,
        reason: str,
        person: str,
        now_us: int,
        until_us: int,
    ) -> Pulse:
        """Raises `BadInput` when the value is not 0-100, the reason is empty or the end is not after now."""
        ...

    def in_force(self, venture_id: int, now_us: int) -> Sequence[Pulse]:
        """The latest unexpired one of each customer, by customer id."""
        ...

    def of_customer(self, venture_id: int, customer_id: str) -> Sequence[Pulse]:
        """Newest first."""
        ...
