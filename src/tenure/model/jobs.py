"""Jobs: work handed to whoever holds the warehouse."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class JobState(StrEnum):
    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"

    @property
    def is_over(self) -> bool:
        return self in (JobState.done, JobState.failed)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work. `progress` is a share 0-1 with a sentence; `result` and `error` come at the end."""

    job_id: int
    kind: str
    args: dict[str, Any]
    state: JobState
    queued_us: int
    progress: float = 0.0
    progress_text: str = ""
    result: Any = None
    error: str = ""
    claimed_by: str | None = None
    heartbeat_us: int | None = None
    started_us: int | None = None
    ended_us: int | None = None
    attempts: int = 0
