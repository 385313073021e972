"""The outbox: what the gates let through, claimed by one worker at a time, written down before the provider is called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.model.touches import Channel, Touch, Verdict
from tenure.rules.delivery.breaker import Breaker


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a dead worker left: customer-facing ones nobody can say of, and internal ones to repeat."""

    unknown: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()


class Outbox(Protocol):
    """Called by delivery. Every change is a conditional UPDATE: of two workers one wins, the other moves on."""

    def settle(self, venture_id: int, worker: str, *, dead_before_us: int, now_us: int) -> Settled:
        """Rows found `sending` that this worker (in an earlier life) or a silent one began.

        Customer-facing ones become `unknown` and are never repeated; internal ones go back into the outbox.
        """
        ...

    def claim(
        self, venture_id: int, worker: str, channels: Collection[Channel], *, now_us: int, stale_before_us: int, limit: int
    ) -> Sequence[Touch]:
        """Queued rows whose time has come, now this worker's: internal first, then by playbook and due time.

        They stay `queued`: what was claimed and not begun is free again after `stale_before_us`.
        """
        ...

    def release(self, venture_id: int, worker: str, touch_ids: Sequence[int]) -> None:
        """Give back what was claimed and not begun."""
        ...

    def begin(self, venture_id: int, touch_id: int, worker: str, *, provider: str, now_us: int) -> bool:
        """Write `sending` before the provider is called. False: it is not this worker's any more, do not send."""
        ...

    def sent(self, venture_id: int, touch_id: int, worker: str, *, message_id: str, cost_cents: float, now_us: int) -> None: ...

    def pretended(self, venture_id: int, worker: str, cost_cents: Mapping[int, float], *, provider: str, now_us: int) -> int:
        """Rehearsed touches by number, with what each would have cost, as if begun and sent now; returns how many."""
        ...

    def later(self, venture_id: int, touch_id: int, worker: str, *, at_us: int, reason: str, now_us: int) -> None:
        """Surely not sent: back into the outbox, not before `at_us`."""
        ...

    def failed(self, venture_id: int, touch_id: int, worker: str, *, reason: str, now_us: int) -> None: ...

    def unknown(self, venture_id: int, touch_id: int, worker: str, *, reason: str, now_us: int) -> None: ...

    def hold_back(self, venture_id: int, worker: str, verdicts: Mapping[int, Verdict], *, now_us: int) -> None:
        """What may no longer leave goes back to the gates, or ends, with the reason."""
        ...

    def left_since(self, venture_id: int, channel: Channel, since_us: int) -> int:
        """Customer-facing messages that left on a channel since then: for the daily cap."""
        ...

    def waiting(self, venture_id: int, now_us: int) -> tuple[int, int | None]:
        """How many queued touches are due, and since when the oldest is."""
        ...

    def breaker(self, venture_id: int, provider: str) -> Breaker:
        """A closed one when nothing was ever written."""
        ...

    def keep_breaker(self, venture_id: int, breaker: Breaker, *, now_us: int) -> None: ...
