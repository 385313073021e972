"""Warehouse work is done here when the lock is free, else by whoever holds it; errors come back as they were raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tenure.app.jobdesk import JobDesk, Progress, pack_error, unpack_error
from tenure.clock import FixedClock
from tenure.errors import BadInput, Locked, Refused, Unavailable
from tenure.model.jobs import Job, JobState


class OneLock:
    """A lock two desks share."""

    def __init__(self) -> None:
        self.is_held = False

    @contextmanager
    def held(self) -> Iterator[None]:
        if self.is_held:
            raise Locked("Another process has the warehouse open.")
        self.is_held = True
        try:
            yield
        finally:
            self.is_held = False


class ListedJobs:
    """Jobs in a list; the real ones are tested against the databases in the contract suite."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}

    def enqueue(self, venture_id: int, kind: str, args: Mapping[str, Any], *, now_us: int, unless_queued: bool = False) -> Job:
        same = [j for j in self.jobs.values() if j.kind == kind and j.args == args and j.state is JobState.queued]
        if unless_queued and same:
            return same[0]
        job = Job(job_id=len(self.jobs) + 1, kind=kind, args=dict(args), state=JobState.queued, queued_us=now_us)
        self.jobs[job.job_id] = job
        return job

    def claim(self, venture_id: int, worker: str, *, kinds: Any = None, now_us: int) -> Job | None:
        for job in self.jobs.values():
            if job.state is JobState.queued:
                return self._change(job.job_id, state=JobState.running, claimed_by=worker)
        return None

    def _change(self, job_id: int, **changes: Any) -> Job:
        from msgspec.structs import replace

        self.jobs[job_id] = replace(self.jobs[job_id], **changes)
        return self.jobs[job_id]

    def beat(self, venture_id: int, job_id: int, worker: str, *, progress: float, text: str, now_us: int) -> bool:
        self._change(job_id, progress=progress, progress_text=text)
        return True

    def done(self, venture_id: int, job_id: int, worker: str, result: Any, *, now_us: int) -> bool:
        self._change(job_id, state=JobState.done, result=result)
        return True

    def fail(self, venture_id: int, job_id: int, worker: str, error: str, *, now_us: int) -> bool:
        self._change(job_id, state=JobState.failed, error=error)
        return True

    def give_back(self, venture_id: int, *, silent_since_us: int, now_us: int, max_attempts: int = 3) -> int:
        silent = [job for job in self.jobs.values() if job.state is JobState.running and now_us < silent_since_us]
        for job in silent:
            self._change(job.job_id, state=JobState.queued, claimed_by=None)
        return len(silent)

    def get(self, venture_id: int, job_id: int) -> Job:
        return self.jobs[job_id]

    def list(self, venture_id: int, *, state: JobState | None = None, limit: int = 50) -> list[Job]:
        return [job for job in self.jobs.values() if state is None or job.state is state][:limit]


def add(args: Mapping[str, Any], progress: Progress) -> Any:
    progress(0.5, "half way")
    return args["a"] + args["b"]


def refuse(args: Mapping[str, Any], progress: Progress) -> Any:
    raise Refused("The run violates its own checks.", "Look at the run.")


def break_down(args: Mapping[str, Any], progress: Progress) -> Any:
    raise KeyError("somebody@example.com")


HANDLERS = {"add": add, "refuse": refuse, "break": break_down}


def desk(jobs: ListedJobs, lock: OneLock, wait: Callable[[float], None] = lambda seconds: None) -> JobDesk:
    return JobDesk(jobs, 1, lock, HANDLERS, FixedClock(0), wait)


def test_with_a_free_lock_the_work_is_done_here_and_leaves_no_job() -> None:
    jobs = ListedJobs()
    assert desk(jobs, OneLock()).run("add", {"a": 1, "b": 2}) == 3
    assert jobs.jobs == {}


def busy_desks() -> tuple[ListedJobs, OneLock, JobDesk]:
    """A desk whose lock another process holds; while it waits, that process does the queued jobs once."""
    jobs, lock = ListedJobs(), OneLock()
    lock.is_held = True
    holder = desk(jobs, lock)

    def the_holder_works(seconds: float) -> None:
        holder.work()

    return jobs, lock, desk(jobs, lock, the_holder_works)


def test_with_a_held_lock_the_holder_does_it_and_the_result_comes_back() -> None:
    jobs, _, asking = busy_desks()
    assert asking.run("add", {"a": 1, "b": 2}) == 3
    assert jobs.jobs[1].state is JobState.done


def test_an_error_comes_back_as_it_was_raised() -> None:
    _, _, asking = busy_desks()
    with pytest.raises(Refused, match="violates its own checks") as caught:
        asking.run("refuse", {})
    assert caught.value.fix == "Look at the run."


def test_an_unforeseen_error_names_its_kind_and_nothing_personal() -> None:
    jobs, _, asking = busy_desks()
    with pytest.raises(Unavailable, match="KeyError"):
        asking.run("break", {})
    assert "example.com" not in jobs.jobs[1].error


def test_when_the_holder_goes_away_the_waiting_command_does_it_itself() -> None:
    jobs, lock = ListedJobs(), OneLock()
    lock.is_held = True

    def the_holder_dies(seconds: float) -> None:
        lock.is_held = False

    assert desk(jobs, lock, the_holder_dies).run("add", {"a": 4, "b": 5}) == 9


def test_a_job_whose_process_was_killed_is_done_by_the_next_holder_of_the_lock() -> None:
    jobs = ListedJobs()
    next_holder = desk(jobs, OneLock())
    next_holder.ask("add", {"a": 1, "b": 1})
    jobs.claim(1, "killed", now_us=0)
    assert next_holder.waiting()
    assert next_holder.work() == 1
    assert jobs.jobs[1].result == 2


def test_a_command_whose_job_was_claimed_by_a_killed_process_does_it_itself() -> None:
    jobs, lock = ListedJobs(), OneLock()
    lock.is_held = True

    def the_holder_is_killed_at_work(seconds: float) -> None:
        if lock.is_held:
            jobs.claim(1, "killed", now_us=0)
            lock.is_held = False

    assert desk(jobs, lock, the_holder_is_killed_at_work).run("add", {"a": 4, "b": 5}) == 9


def test_asking_twice_while_it_waits_is_once() -> None:
    jobs = ListedJobs()
    asking = desk(jobs, OneLock())
    asking.ask("add", {"a": 1, "b": 1})
    asking.ask("add", {"a": 1, "b": 1})
    assert len(jobs.jobs) == 1
    assert asking.waiting()
    assert asking.work() == 1
    assert not asking.waiting()


def test_a_kind_nobody_knows_fails_with_a_sentence() -> None:
    jobs = ListedJobs()
    asking = desk(jobs, OneLock())
    asking.ask("dance", {})
    asking.work()
    assert isinstance(unpack_error(jobs.jobs[1].error), BadInput)


@pytest.mark.parametrize("problem", [BadInput("a.", "b."), Refused("a.", "b."), Unavailable("a.", "b.")])
def test_errors_survive_the_jobs_table(problem: Any) -> None:
    back = unpack_error(pack_error(problem))
    assert (type(back), back.message, back.fix) == (type(problem), "a.", "b.")


def test_an_error_nobody_wrote_is_still_a_sentence() -> None:
    assert unpack_error("") .exit_code == 3
