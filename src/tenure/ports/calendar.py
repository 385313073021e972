"""Which operations of the calendar were done for which time, and the minutes in which the loop was alive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Calendar(Protocol):
    """Claimed before an operation is done: of two workers one does it, and a killed one's claim is taken over."""

    def last_due_us(self, venture_id: int) -> Mapping[str, int]:
        """By operation, the latest due time it was done (or given up) for."""
        ...

    def claim(self, venture_id: int, operation: str, due_us: int, *, now_us: int, stale_before_us: int) -> bool:
        """Take it; False when somebody did it or is at it since `stale_before_us`."""
        ...

    def done(self, venture_id: int, operation: str, due_us: int, *, now_us: int, note: str = "") -> None: ...

    def failed(self, venture_id: int, operation: str, due_us: int, *, now_us: int, note: str) -> None:
        """It may be claimed again at once."""
        ...

    def beat(self, venture_id: int, now_us: int) -> None:
        """The loop was alive in this minute (M16)."""
        ...

    def beats(self, venture_id: int, from_us: int, to_us: int) -> int:
        """Minutes with a heartbeat in [from, to)."""
        ...

    def beaten(self, venture_id: int, from_us: int, to_us: int) -> Sequence[int]:
        """The minutes (us) with a heartbeat in [from, to)."""
        ...

    def forget_beats(self, venture_id: int, before_us: int) -> int: ...
