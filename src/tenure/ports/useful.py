"""Marks of usefulness (Day one, 14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.useful import UsefulMark


class UsefulMarks(Protocol):
    """One per person and thing: the last word counts."""

    def put(self, venture_id: int, mark: UsefulMark) -> None: ...

    def since(self, venture_id: int, since_us: int, until_us: int) -> Sequence[UsefulMark]:
        """Given in [since, until), oldest first."""
        ...
