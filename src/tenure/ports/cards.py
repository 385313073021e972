"""The latest cards of customers the loop deals with, readable without the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tenure.model.cards import CustomerCard


class Cards(Protocol):
    """Written by the job after each refresh, read by whoever does a step; erased with the customer."""

    def put(self, venture_id: int, cards: Sequence[CustomerCard]) -> None:
        """Replace the cards of these customers; one older than what is there changes nothing."""
        ...

    def get(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, CustomerCard]: ...

    def wanted(self, venture_id: int, *, followed: bool = True) -> Sequence[str]:
        """Customers with an open chain, task or decision, a running or confirming enrollment, a touch that waits, or an alert that
        waits for its answer or (with `followed`) is followed: whose cards to renew."""
        ...

    def delete(self, venture_id: int, customer_ids: Sequence[str]) -> int: ...
