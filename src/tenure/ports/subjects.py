"""Customers as the loop sees them at a time: the set-wise narrowing before pure rules decide one by one.

In production the warehouse answers for now (inside a job); in a rehearsal it answers for a day of the past, with a standing of
its own. What stands is kept per watch: a customer for whom the condition held when it was last judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition


class Subjects(Protocol):
    """Called by playbook and trigger services at each refresh."""

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        """By watch, the customers for whom the condition holds at `now_us` and did not when last judged, in order of id.

        Whoever it no longer holds for leaves the standing, and can cross again. Internal customers never appear.
        """
        ...

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        """These were decided upon (entered or refused for good): they stand until the condition ends for them.

        Call it after the decision is durable: killed in between, the same customers cross again and their keys say so.
        """
        ...

    def baseline(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, int]:
        """Everybody for whom a condition holds now stands from here on (A1); returns how many per watch."""
        ...

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        """Cards of these customers as of `now_us`; whoever does not exist then is left out."""
        ...
