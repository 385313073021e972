"""Enrollments: who goes through which version of a playbook, how far, and what became of each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from tenure.model.intents import Intent
from tenure.model.playbooks import Enrollment, EnrollmentState, StepDone
from tenure.ports.touches import WantedTouch


class NewEnrollment(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody enters (the store gives the `enrollment_id`); `ends` is the one superseded by it, as it ends."""

    enrollment: Enrollment
    ends: Enrollment | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """An enrollment as it was read and as it becomes, with everything this move wants: all of it or nothing.

    `withdraws`: what it still has waiting in the ledger is pulled back, with its reason.
    """

    before: Enrollment
    after: Enrollment
    log: tuple[StepDone, ...] = ()
    touches: tuple[WantedTouch, ...] = ()
    intents: tuple[Intent, ...] = ()
    withdraws: bool = False


class Enrollments(Protocol):
    """Races are settled by unique columns and conditional updates: who comes second changes nothing."""

    def enter(self, venture_id: int, entries: Sequence[NewEnrollment], *, now_us: int) -> Sequence[Enrollment]:
        """Write those whose entry is new and whose customer is free; returns them with their numbers.

        The superseded one ends, and its waiting touches are withdrawn, in the same transaction.
        """
        ...

    def move(self, venture_id: int, moves: Sequence[Move], *, now_us: int) -> int:
        """Carry out the moves whose enrollment still stands where it was read, in one transaction; returns how many."""
        ...

    def due(self, venture_id: int, *, now_us: int, limit: int = 20_000) -> Sequence[Enrollment]:
        """Running and held-out ones with a step due, or with an answer since they entered that they have not seen."""
        ...

    def in_state(
        self, venture_id: int, states: Sequence[EnrollmentState], *, after_id: int = 0, limit: int = 20_000
    ) -> Sequence[Enrollment]:
        """A page of those in a state, by number."""
        ...

    def about_to_leave(self, venture_id: int, *, now_us: int, after_id: int = 0, limit: int = 20_000) -> Sequence[Enrollment]:
        """A page, by number, of running ones of which a touch that had to wait may leave now."""
        ...

    def of_customers(self, venture_id: int, customer_ids: Sequence[str]) -> Sequence[Enrollment]:
        """Every enrollment of these customers, oldest first."""
        ...

    def entered_since(self, venture_id: int, since_us: int) -> Sequence[Enrollment]:
        """Those that entered since a time, oldest first."""
        ...

    def get(self, venture_id: int, enrollment_id: int) -> Enrollment:
        """Raises NotFound."""
        ...

    def steps(self, venture_id: int, enrollment_ids: Sequence[int]) -> Sequence[StepDone]:
        """The log of these enrollments, oldest first."""
        ...

    def counts(self, venture_id: int) -> Mapping[str, Mapping[str, int]]:
        """How many enrollments of each playbook are in each state."""
        ...

    def erase(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        """Delete every enrollment and step of these customers; returns how many enrollments."""
        ...
