"""Absences, hand-overs and assignments (Day one 7, A22)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.team import StandIn


class StandIns(Protocol):
    """Read before anybody is told something; written by people and decisions. Kept as history."""

    def all(self, venture_id: int) -> Sequence[StandIn]: ...

    def add(
        self,
        venture_id: int,
        *,
        deputy: str,
        from_us: int,
        by: str,
        reason: str,
        now_us: int,
        person: str = "",
        customer_id: str | None = None,
        until_us: int | None = None,
    ) -> StandIn:
        """A deputy for a person, or somebody for a customer (whose earlier assignment ends). Saying it twice is once."""
        ...

    def end(self, venture_id: int, stand_in_id: int, *, now_us: int) -> None:
        """Raises `NotFound`."""
        ...
