"""What came back from customers: written by webhooks, links, replies and facts; read by chains, playbooks and effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tenure.model.touches import Response, ResponseKind


class CampaignFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a playbook over some days (A20): messages delivered, people who were annoyed, each once."""

    playbook: str
    version: int
    delivered: int
    negative_people: int
    complaining_people: int


class Responses(Protocol):
    """Keys make a response one, however often a provider repeats it."""

    def add(self, venture_id: int, responses: Sequence[Response], *, now_us: int) -> int:
        """Write those whose key is new; returns how many were."""
        ...

    def of_customers(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Response]:
        """What these customers did since, oldest first, re-engagement and opens included (`kind.is_response` tells)."""
        ...

    def of_kind(self, venture_id: int, kind: ResponseKind, since_us: int) -> Sequence[Response]:
        """Everybody's responses of one kind since, oldest first."""
        ...

    def unhandled(self, venture_id: int, *, limit: int = 10_000) -> Sequence[Response]:
        """Those whose consequences were not drawn yet, oldest first."""
        ...

    def handled(self, venture_id: int, responses: Sequence[Response], *, now_us: int) -> None:
        """Tick these off, and keep the touch each was found to answer. Twice is once."""
        ...

    def feedback(self, venture_id: int, *, since_us: int) -> Sequence[CampaignFeedback]:
        """Per campaign version with anything delivered since: bounced messages are not delivered (A20)."""
        ...

    def count(self, venture_id: int) -> int:
        """How many signs of life there are: deliveries, opens, clicks, answers."""
        ...

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int: ...
