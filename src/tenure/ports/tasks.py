"""Tasks of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.intents import Intent
from tenure.model.tasks import Task, TaskOutcome


class Tasks(Protocol):
    """One task per key."""

    def add(self, venture_id: int, tasks: Sequence[Task]) -> Sequence[Task]:
        """Write those whose key is new (their number is ignored); returns all of these keys as they are stored."""
        ...

    def get(self, venture_id: int, task_id: int) -> Task:
        """Raises `NotFound`."""
        ...

    def list(
        self, venture_id: int, *, open_only: bool = True, assignee: str | None = None, limit: int | None = None
    ) -> Sequence[Task]:
        """Earliest due first."""
        ...

    def of_customers(self, venture_id: int, customer_ids: Sequence[str]) -> Sequence[Task]: ...

    def close(
        self,
        venture_id: int,
        task_id: int,
        *,
        outcome: TaskOutcome,
        by: str,
        minutes: float | None,
        note: str,
        intents: Sequence[Intent],
        now_us: int,
    ) -> bool:
        """Close it, its intents with it in one transaction; False when it was closed before."""
        ...

    def assignees(self, venture_id: int) -> Sequence[str]:
        """Whose open tasks are, each once."""
        ...

    def withdraw(self, venture_id: int, customer_id: str, *, why: str, now_us: int) -> int:
        """Open tasks of a customer that are no longer wanted."""
        ...

    def reassign(self, venture_id: int, task_ids: Sequence[int], *, assignee: str, by: str, now_us: int) -> int:
        """Hand open tasks over; whose they were stays in their details (Day one, 7)."""
        ...

    def overdue(self, venture_id: int, now_us: int) -> Sequence[Task]: ...

    def escalated(self, venture_id: int, task_ids: Sequence[int], *, now_us: int) -> None: ...
