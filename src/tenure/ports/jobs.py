"""Jobs: handed in by doors, claimed by workers; the database settles who gets one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tenure.model.jobs import Job, JobState


class Jobs(Protocol):
    """`enqueue`, `get` are called by doors and commands; `claim`, `beat`, `done`, `fail` by the worker."""

    def enqueue(
        self, venture_id: int, kind: str, args: Mapping[str, Any], *, now_us: int, unless_queued: bool = False
    ) -> Job:
        """A new queued job. `unless_queued` returns a job of this kind and args that already waits instead."""
        ...

    def claim(
        self, venture_id: int, worker: str, *, kinds: Sequence[str] | None = None, now_us: int
    ) -> Job | None:
        """The oldest queued job, now running for this worker; each job is claimed by exactly one."""
        ...

    def beat(
        self, venture_id: int, job_id: int, worker: str, *, progress: float, text: str, now_us: int
    ) -> bool:
        """Still at work. False: the job was taken away (given back or over), stop working on it."""
        ...

    def done(self, venture_id: int, job_id: int, worker: str, result: Any, *, now_us: int) -> bool:
        """False when the job no longer belongs to this worker; then nothing is changed."""
        ...

    def fail(self, venture_id: int, job_id: int, worker: str, error: str, *, now_us: int) -> bool:
        """`error` is a sentence without personal data. False as in `done`."""
        ...

    def give_back(self, venture_id: int, *, silent_since_us: int, now_us: int, max_attempts: int = 3) -> int:
        """Running jobs whose last heartbeat is older are queued again, or failed after `max_attempts`; how many."""
        ...

    def get(self, venture_id: int, job_id: int) -> Job:
        """Raises `NotFound`."""
        ...

    def list(self, venture_id: int, *, state: JobState | None = None, limit: int = 50) -> Sequence[Job]:
        """Newest first."""
        ...
