"""What the loop did, in sums a page can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class DoneSum(msgspec.Struct, frozen=True, kw_only=True):
    """Customer-facing touches of one playbook (None: a survey, or a person's) over one channel that left.

    `answered`: customers who responded (A14) to one of them; `by_person`: of the touches, those a person approved or did.
    """

    playbook: str | None
    channel: str
    sent: int
    by_person: int
    customers: int
    answered: int


class RefusalSum(msgspec.Struct, frozen=True, kw_only=True):
    """Customer-facing touches that did not leave for one reason; `state` is refused, skipped, withdrawn, failed or deferred."""

    state: str
    reason: str
    touches: int
    customers: int


class ChainSum(msgspec.Struct, frozen=True, kw_only=True):
    """Chains of a trigger opened in the time; `reason` why they ended, None while they run."""

    trigger_id: str
    reason: str | None
    chains: int


class LoopSummary(Protocol):
    """Called by whoever draws a report; each is one set-wise query."""

    def done(self, venture_id: int, since_us: int, until_us: int) -> Sequence[DoneSum]:
        """Most touches first."""
        ...

    def not_done(self, venture_id: int, since_us: int, until_us: int) -> Sequence[RefusalSum]:
        """Of touches decided in [since, until); most touches first."""
        ...

    def chains(self, venture_id: int, since_us: int, until_us: int) -> Sequence[ChainSum]:
        """Chains open now, whenever they were opened, and those ended in [since, until)."""
        ...
