"""What came back from customers: written by webhooks, links, replies and facts; read by chains, playbooks and effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.touches import Response


class Responses(Protocol):
    """Keys make a response one, however often a provider repeats it."""

    def add(self, venture_id: int, responses: Sequence[Response], *, now_us: int) -> int:
        """Write those whose key is new; returns how many were."""
        ...

    def of_customers(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Response]:
        """What these customers did since, oldest first, re-engagement and opens included (`kind.is_response` tells)."""
        ...
