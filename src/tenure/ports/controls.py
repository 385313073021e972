"""Whether the loop may act: watch or live, what is paused, whom to keep hands off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tenure.model.incidents import LoopState, Mode, Pause


class Controls(Protocol):
    """Read before every act; written by people and safety rules. Every change is a row with who, when and why."""

    def state(self, venture_id: int, now_us: int) -> LoopState: ...

    def switch(self, venture_id: int, mode: Mode, *, by: str, why: str, now_us: int) -> None: ...

    def pause(
        self, venture_id: int, scope: str, *, by: str, why: str, now_us: int, incident_id: int | None = None
    ) -> Pause:
        """Pause a scope; already paused by the same incident (or by nobody's) changes nothing."""
        ...

    def resume(
        self, venture_id: int, scope: str, *, by: str, why: str, now_us: int, cohort_percent: float | None = None
    ) -> Sequence[Pause]:
        """End the pauses of a scope, or, with `cohort_percent`, let only that share act again."""
        ...

    def hands_off(self, venture_id: int, customer_ids: Sequence[str], now_us: int) -> Mapping[str, str]:
        """Which of these customers are out of all automation now, with the reason (Day one, 1)."""
        ...

    def keep_hands_off(
        self, venture_id: int, customer_id: str, *, until_us: int, reason: str, by: str, now_us: int
    ) -> None: ...

    def end_hands_off(self, venture_id: int, customer_id: str, *, by: str, now_us: int) -> None: ...

    def baseline_entries(self, venture_id: int, person: str, since_us: int) -> int:
        """How many customers of the baseline this person enrolled since then (A1: at most 20 a day)."""
        ...
