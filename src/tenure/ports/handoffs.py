"""Vendors that run things for us, and the record of what they were handed (A21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.handoffs import HandedKind, HandedOff, StopResult


class Vendor(Protocol):
    """A provider with flows, lists or scheduled sends of its own. Every call raises `ports.senders.SendError`s."""

    @property
    def stops(self) -> frozenset[HandedKind]:
        """What it can stop when asked; the rest a person stops there."""
        ...

    def hand_over(self, kind: HandedKind, name: str, key: str, now_us: int) -> tuple[str, str]:
        """Let it run there; gives the vendor's id and the link where a person finds it. The same `key` again is the same thing."""
        ...

    def find(self, key: str, now_us: int) -> tuple[str, str] | None:
        """What was handed over under this key, as `hand_over` gave it; None when nothing was."""
        ...

    def stop(self, kind: HandedKind, vendor_id: str, now_us: int) -> None:
        """Stop it; what does not run any more is stopped. Raises TryLater, OutcomeUnknown or RefusedForGood."""
        ...


class HandOffs(Protocol):
    """The record: a thing is ordered once per key, and runs once per provider and id until it is stopped."""

    def add(self, venture_id: int, thing: HandedOff) -> HandedOff:
        """Write it (its number is ignored), running or only asked for; one of this key, or that runs already, is given as it is."""
        ...

    def taken(self, venture_id: int, handed_id: int, *, vendor_id: str, link: str) -> HandedOff:
        """The vendor's answer to what was asked for: it runs there, whatever was thought meanwhile; the first answer stays."""
        ...

    def get(self, venture_id: int, handed_id: int) -> HandedOff:
        """Raises `NotFound`."""
        ...

    def all(self, venture_id: int, *, running_only: bool = False, incident_id: int | None = None) -> Sequence[HandedOff]:
        """In order of number; `running_only`: those that run or may; with `incident_id` those this incident wanted stopped."""
        ...

    def tried(
        self, venture_id: int, handed_id: int, result: StopResult, *, note: str, incident_id: int | None, now_us: int
    ) -> None:
        """How stopping it ended; stopped, it runs no more, nor is it asked for. The first incident that wanted it stays."""
        ...
