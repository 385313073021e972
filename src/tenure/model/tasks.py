"""Tasks: what a person has to do, and what came of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class TaskState(StrEnum):
    open = "open"
    done = "done"
    withdrawn = "withdrawn"


class TaskOutcome(StrEnum):
    """How a task was closed. A call is reached or not reached; everything else is done."""

    reached = "reached"
    not_reached = "not_reached"
    done = "done"


CALL_KINDS = ("call", "critical_call", "check_in_call", "executive_call")


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One task. `assignee`: a person's address or name, or a role nobody was found for; `minutes` were logged (M18)."""

    task_id: int
    key: str
    kind: str
    title: str
    assignee: str
    created_us: int
    due_us: int
    state: TaskState = TaskState.open
    customer_id: str | None = None
    execution_id: int | None = None
    enrollment_id: int | None = None
    priority: str = "normal"
    script: str = ""
    details: dict[str, object] = {}
    escalated_us: int | None = None
    closed_us: int | None = None
    closed_by: str | None = None
    outcome: TaskOutcome | None = None
    minutes: float | None = None
    note: str = ""

    @property
    def is_call(self) -> bool:
        return self.kind in CALL_KINDS or self.kind.endswith("_call")


class LastContact(msgspec.Struct, frozen=True, kw_only=True):
    """When the customer was last contacted, and how (a channel, or `call`)."""

    at_us: int
    how: str
    by_person: bool
