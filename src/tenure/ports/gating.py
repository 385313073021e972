"""What the gates need to know in bulk, and their verdicts written at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.model.intents import Intent
from tenure.model.touches import Touch, Verdict
from tenure.rules.eligibility.budget import Contacted

ContactedBy = Mapping[str, Mapping[str, Contacted]]
"""By customer and user_id ("" where no person is named)."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A touch, what was said of it, and what its refusal asks for instead (P5: a task for the owner)."""

    touch: Touch
    verdict: Verdict
    intents: tuple[Intent, ...] = ()


class Gating(Protocol):
    """Called by the gate pass; bulk only."""

    def due(self, venture_id: int, *, now_us: int, limit: int) -> Sequence[Touch]:
        """Deferred touches whose time has come, the more important playbook first, then the earlier due (A7)."""
        ...

    def contacted(self, venture_id: int, customer_ids: Sequence[str], *, now_us: int) -> ContactedBy:
        """What counts against the budget: sent or maybe sent in the last 7 days, being sent, or in the outbox."""
        ...

    def in_touch(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Mapping[str, int]:
        """When a person of ours was last in touch with them, or they wrote to one, since then (Day one, 11)."""
        ...

    def held_out(self, venture_id: int, enrollment_ids: Sequence[int]) -> frozenset[int]:
        """Which of these enrollments are held out."""
        ...

    def campaign_ends(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Mapping[str, int]:
        """When the last campaign of these customers ended, if since then (A5)."""
        ...

    def last_sent_us(self, venture_id: int) -> int | None:
        """When a step of a playbook last left."""
        ...

    def judge(self, venture_id: int, judged: Sequence[Judged], seen: ContactedBy, *, now_us: int) -> Sequence[int]:
        """Write verdicts and the intents that go with them, in one transaction; returns the touches that were moved.

        One that another worker moved is left alone, and so is one let through on a count of contacts (`seen`) that is no
        longer true: the next pass asks again. That keeps the budget under racing workers.
        """
        ...
