"""Is there anything to do, and what? Asked every minute, so that an idle house stays idle."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol


class Work(StrEnum):
    """What may be due, by who does it."""

    delays = "delays"
    """Alert delays that are over."""
    chains = "chains"
    """Open chains to be looked at."""
    intents = "intents"
    steps = "steps"
    """Steps of running enrollments."""
    gates = "gates"
    """Touches to be judged, and drafts and queued touches that expire."""
    responses = "responses"
    """Answers nothing was drawn from yet."""
    decisions = "decisions"
    """Those answered, to be joined, to be reminded of, or past their deadline."""
    tasks = "tasks"
    """Overdue and urgent, and nobody was told."""
    outbox = "outbox"
    """Touches that may leave, or whose sender died."""


class Pending(Protocol):
    """Cheap: a handful of indexed lookups, whatever the size."""

    def due(self, venture_id: int, now_us: int) -> Collection[Work]:
        """What waits to be worked on now."""
        ...

    def anything(self, venture_id: int, now_us: int) -> bool:
        """Whether anything waits to be worked on now."""
        ...

    def next_due_us(self, venture_id: int, after_us: int) -> int | None:
        """When the next of it is due; None: nothing is; at or before `after_us`: now."""
        ...
