"""Jobs: each is claimed by one conditional UPDATE, so the database settles every race."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.jobs import Job, JobState
from tenure.store.engine import Database
from tenure.store.statements import fields, hold_venture, new_id, one_of
from tenure.store.tables import jobs


class JobRows:
    """The port `tenure.ports.jobs.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(
        self, venture_id: int, kind: str, args: Mapping[str, Any], *, now_us: int, unless_queued: bool = False
    ) -> Job:
        with self._database.writing() as connection:
            if unless_queued:
                hold_venture(connection, venture_id)
                waiting = _queued_like(connection, venture_id, kind, args)
                if waiting is not None:
                    return waiting
            values = {
                "venture_id": venture_id,
                "kind": kind,
                "args": dict(args),
                "state": JobState.queued.value,
            }
            job_id = new_id(
                connection,
                jobs,
                queued_us=now_us,
                progress=0.0,
                progress_text="",
                error="",
                attempts=0,
                **values,
            )
            return _get(connection, venture_id, job_id)

    def claim(
        self, venture_id: int, worker: str, *, kinds: Sequence[str] | None = None, now_us: int
    ) -> Job | None:
        oldest = (
            _of(venture_id, JobState.queued).with_only_columns(jobs.c.job_id).order_by(jobs.c.job_id).limit(1)
        )
        if kinds is not None:
            oldest = oldest.where(jobs.c.kind.in_(kinds))
        if not self._anything(oldest):
            return None
        claimed = {
            "state": JobState.running.value,
            "claimed_by": worker,
            "heartbeat_us": now_us,
            "started_us": now_us,
        }
        with self._database.writing() as connection:
            # SKIP LOCKED (PostgreSQL) passes over a job another worker is claiming at this moment
            chosen = oldest.with_for_update(skip_locked=True).scalar_subquery()
            statement = sa.update(jobs).where(jobs.c.job_id == chosen, jobs.c.state == JobState.queued.value)
            row = connection.execute(
                statement.values(attempts=jobs.c.attempts + 1, **claimed).returning(jobs)
            ).one_or_none()
        return None if row is None else _job(row)

    def beat(
        self, venture_id: int, job_id: int, worker: str, *, progress: float, text: str, now_us: int
    ) -> bool:
        return self._by_owner(
            venture_id,
            job_id,
            worker,
            progress=min(max(progress, 0.0), 1.0),
            progress_text=text,
            heartbeat_us=now_us,
        )

    def done(self, venture_id: int, job_id: int, worker: str, result: Any, *, now_us: int) -> bool:
        values = {"state": JobState.done.value, "progress": 1.0, "ended_us": now_us}
        return self._by_owner(venture_id, job_id, worker, result=result, **values)

    def fail(self, venture_id: int, job_id: int, worker: str, error: str, *, now_us: int) -> bool:
        return self._by_owner(
            venture_id, job_id, worker, error=error, state=JobState.failed.value, ended_us=now_us
        )

    def give_back(self, venture_id: int, *, silent_since_us: int, now_us: int, max_attempts: int = 3) -> int:
        silent = sa.and_(
            jobs.c.venture_id == venture_id,
            jobs.c.state == JobState.running.value,
            jobs.c.heartbeat_us < silent_since_us,
        )
        over = {
            "state": JobState.failed.value,
            "ended_us": now_us,
            "error": "The worker stopped without a word.",
        }
        again = {"state": JobState.queued.value, "claimed_by": None, "heartbeat_us": None}
        with self._database.writing() as connection:
            failed = connection.execute(
                sa.update(jobs).where(silent, jobs.c.attempts >= max_attempts).values(**over)
            )
            queued = connection.execute(sa.update(jobs).where(silent).values(**again))
            return failed.rowcount + queued.rowcount

    def get(self, venture_id: int, job_id: int) -> Job:
        with self._database.reading() as connection:
            return _get(connection, venture_id, job_id)

    def list(self, venture_id: int, *, state: JobState | None = None, limit: int = 50) -> Sequence[Job]:
        query = _of(venture_id, state).order_by(jobs.c.job_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def _anything(self, query: sa.Select[Any]) -> bool:
        """A look before the write lock: idle workers ask often and should disturb nobody."""
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def _by_owner(self, venture_id: int, job_id: int, worker: str, **values: Any) -> bool:
        mine = sa.and_(
            jobs.c.venture_id == venture_id,
            jobs.c.job_id == job_id,
            jobs.c.claimed_by == worker,
            jobs.c.state == JobState.running.value,
        )
        with self._database.writing() as connection:
            return bool(connection.execute(sa.update(jobs).where(mine).values(**values)).rowcount)


def _of(venture_id: int, state: JobState | None) -> sa.Select[Any]:
    query = sa.select(jobs).where(jobs.c.venture_id == venture_id)
    return query if state is None else query.where(jobs.c.state == state.value)


def _queued_like(connection: Connection, venture_id: int, kind: str, args: Mapping[str, Any]) -> Job | None:
    wanted = msgspec.json.decode(msgspec.json.encode(dict(args)))
    queued = connection.execute(
        _of(venture_id, JobState.queued).where(jobs.c.kind == kind).order_by(jobs.c.job_id)
    )
    return next((_job(row) for row in queued if row.args == wanted), None)


def _get(connection: Connection, venture_id: int, job_id: int) -> Job:
    query = sa.select(jobs).where(jobs.c.venture_id == venture_id, jobs.c.job_id == job_id)
    return _job(one_of(connection, query, f"job {job_id}"))


def _job(row: Row[Any]) -> Job:
    return Job(**{**fields(row, "venture_id"), "state": JobState(row.state)})
