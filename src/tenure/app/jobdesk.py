"""Who does warehouse work: this process when the lock is free, else the process that holds it, through a job row."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tenure.clock import Clock
from tenure.errors import BadInput, Locked, Refused, TenureError, Unavailable
from tenure.model.jobs import Job, JobState
from tenure.ports.jobs import Jobs

POLL_SECONDS = 0.2
Progress = Callable[[float, str], None]
"""Called with a share 0-1 and a sentence."""

_BY_EXIT_CODE: dict[int, type[TenureError]] = {1: Refused, 2: BadInput, 3: Unavailable}


def no_progress(share: float, text: str) -> None:
    """For callers that do not watch."""


class Handler(Protocol):
    """Does one kind of job with the warehouse open; the result is JSON-able."""

    def __call__(self, args: Mapping[str, Any], progress: Progress) -> Any: ...


class Lock(Protocol):
    """The warehouse lock of one venture, of ours (never DuckDB's)."""

    def held(self) -> AbstractContextManager[None]:
        """Hold it for the block; raises `Locked` at once when another process does."""
        ...


def worker_name() -> str:
    """This process, as the jobs table names it."""
    return f"{os.uname().nodename}:{os.getpid()}"


def pack_error(problem: TenureError) -> str:
    """An error as the jobs table keeps it: nothing personal is in a TenureError."""
    return json.dumps({"message": problem.message, "fix": problem.fix, "exit_code": problem.exit_code})


def unpack_error(text: str) -> TenureError:
    """The error a job failed with, as it was raised where it happened."""
    try:
        said = json.loads(text)
        return _BY_EXIT_CODE.get(said["exit_code"], Unavailable)(said["message"], said["fix"])
    except (ValueError, KeyError, TypeError):
        return Unavailable(text or "The job failed without saying why.", "Look at the log of `tenure up`.")


class JobDesk:
    """Runs jobs of one venture; `run` is called by commands, `work` by the worker of `tenure up`."""

    def __init__(
        self,
        jobs: Jobs,
        venture_id: int,
        lock: Lock,
        handlers: Mapping[str, Handler],
        clock: Clock,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._jobs, self._venture_id, self._lock = jobs, venture_id, lock
        self._handlers, self._clock, self._wait = handlers, clock, wait

    def run(self, kind: str, args: Mapping[str, Any], progress: Progress = no_progress) -> Any:
        """Do this now, here or there; returns the handler's result, raises its error."""
        try:
            with self._lock.held():
                return self._handlers[kind](args, progress)
        except Locked:
            return self._hand_over(kind, args, progress)

    def _hand_over(self, kind: str, args: Mapping[str, Any], progress: Progress) -> Any:
        """Queue it for the holder of the lock; when the holder goes away, do it here after all."""
        progress(0.0, "waiting for the process that has the warehouse open")
        queued = self._jobs.enqueue(self._venture_id, kind, args, now_us=self._clock.now_us())
        while not (job := self._jobs.get(self._venture_id, queued.job_id)).state.is_over:
            self._try_here()
            if job.state is JobState.running:
                progress(job.progress, job.progress_text)
            self._wait(POLL_SECONDS)
        if job.state is JobState.failed:
            raise unpack_error(job.error)
        return job.result

    def _try_here(self) -> None:
        try:
            with self._lock.held():
                self.work()
        except Locked:
            return

    def ask(self, kind: str, args: Mapping[str, Any]) -> None:
        """Leave a job for the worker; asking twice while it waits is once."""
        self._jobs.enqueue(self._venture_id, kind, args, now_us=self._clock.now_us(), unless_queued=True)

    def work(self) -> int:
        """Do every queued job, and those a killed process left; the caller holds the lock. Returns how many were done."""
        self._take_back_abandoned()
        done = 0
        while (job := self._jobs.claim(self._venture_id, worker_name(), now_us=self._clock.now_us())) is not None:
            self._do(job)
            done += 1
        return done

    def _take_back_abandoned(self) -> None:
        """Jobs run under the lock only and it is held here: whoever claimed one that still runs was killed."""
        now_us = self._clock.now_us()
        self._jobs.give_back(self._venture_id, silent_since_us=now_us + 1, now_us=now_us)

    def waiting(self) -> bool:
        """Is anything to do: queued, or running in a process that may be dead (the lock will tell)?"""
        states = (JobState.queued, JobState.running)
        return any(self._jobs.list(self._venture_id, state=state, limit=1) for state in states)

    def _do(self, job: Job) -> None:
        worker = worker_name()

        def report(share: float, text: str) -> None:
            self._jobs.beat(self._venture_id, job.job_id, worker, progress=share, text=text, now_us=self._clock.now_us())

        try:
            handler = self._handlers.get(job.kind)
            if handler is None:
                raise BadInput(f"No worker knows jobs of kind {job.kind!r}.", "Upgrade the running `tenure up`.")
            result = handler(job.args, report)
        except TenureError as problem:
            self._jobs.fail(self._venture_id, job.job_id, worker, pack_error(problem), now_us=self._clock.now_us())
        except Exception as surprise:
            said = pack_error(_unforeseen(job.kind, surprise))
            self._jobs.fail(self._venture_id, job.job_id, worker, said, now_us=self._clock.now_us())
        else:
            self._jobs.done(self._venture_id, job.job_id, worker, result, now_us=self._clock.now_us())


def _unforeseen(kind: str, surprise: Exception) -> TenureError:
    return Unavailable(f"The job {kind} failed ({type(surprise).__name__}).", "Try again; if it stays, report it.")
