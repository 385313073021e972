"""Is there anything to do? Asked every minute, so that an idle house stays idle."""

from __future__ import annotations

from typing import Protocol


class Pending(Protocol):
    """Cheap: a handful of indexed lookups, whatever the size."""

    def anything(self, venture_id: int, now_us: int) -> bool:
        """Whether an intent, a step, a touch, a chain, an alert delay, a decision or an answered one waits to be worked on now."""
        ...

    def next_due_us(self, venture_id: int, after_us: int) -> int | None:
        """When the next step, touch, chain, alert delay, decision or wish is due; None: nothing is; at or before `after_us`: now."""
        ...
