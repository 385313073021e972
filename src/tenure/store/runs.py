"""The ledger of refreshes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.errors import Refused
from tenure.model.runs import Run, RunEnd, RunKind, RunState
from tenure.store.engine import Database
from tenure.store.statements import fields, new_id, one_of
from tenure.store.tables import refresh_runs

SHOWN_KINDS = (RunKind.full, RunKind.incremental, RunKind.touched)
"""Runs that changed what pages show."""
CONFIRMING_KINDS = (RunKind.full, RunKind.incremental)
"""Runs that looked at every customer."""


class RunRows:
    """The port `tenure.ports.runs.Runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self, venture_id: int, kind: RunKind, *, as_of_us: int, known_batch: int | None, now_us: int
    ) -> Run:
        with self._database.writing() as connection:
            run_id = new_id(
                connection,
                refresh_runs,
                venture_id=venture_id,
                kind=kind.value,
                state=RunState.running.value,
                as_of_us=as_of_us,
                known_batch=known_batch,
                started_us=now_us,
                rows=0,
                checks={},
                message="",
            )
            return get_run(connection, venture_id, run_id)

    def finish(self, venture_id: int, run_id: int, state: RunState, end: RunEnd) -> Run:
        with self._database.writing() as connection:
            run = get_run(connection, venture_id, run_id)
            if state is RunState.published and run.kind is not RunKind.past:
                raise Refused("A run is published together with its scores.", "Hand the scores over with it.")
            end_run(connection, run, state, end)
            return get_run(connection, venture_id, run_id)

    def get(self, venture_id: int, run_id: int) -> Run:
        with self._database.reading() as connection:
            return get_run(connection, venture_id, run_id)

    def last_published(self, venture_id: int, kinds: Sequence[RunKind] | None = None) -> Run | None:
        with self._database.reading() as connection:
            return last_published(connection, venture_id, SHOWN_KINDS if kinds is None else kinds)

    def last(self, venture_id: int) -> Run | None:
        with self._database.reading() as connection:
            return _first(connection, _newest_first(venture_id))

    def list(self, venture_id: int, *, limit: int = 50) -> Sequence[Run]:
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(_newest_first(venture_id).limit(limit))]

    def was_reconfigured(self, venture_id: int, after_run: int) -> bool:
        run = refresh_runs.c
        query = sa.select(run.checks).where(
            run.venture_id == venture_id,
            run.run_id > after_run,
            run.state == RunState.published.value,
            run.kind.in_([kind.value for kind in SHOWN_KINDS]),
        )
        with self._database.reading() as connection:
            return any(not checks.get("same_configuration", True) for checks in connection.scalars(query))

    def fail_abandoned(self, venture_id: int, *, message: str, now_us: int) -> int:
        running = sa.and_(
            refresh_runs.c.venture_id == venture_id, refresh_runs.c.state == RunState.running.value
        )
        with self._database.writing() as connection:
            statement = sa.update(refresh_runs).where(running)
            return connection.execute(
                statement.values(state=RunState.failed.value, ended_us=now_us, message=message)
            ).rowcount


def get_run(connection: Connection, venture_id: int, run_id: int) -> Run:
    """Raises NotFound when the run is not of this venture."""
    query = sa.select(refresh_runs).where(
        refresh_runs.c.venture_id == venture_id, refresh_runs.c.run_id == run_id
    )
    return _run(one_of(connection, query, f"run {run_id}"))


def last_published(connection: Connection, venture_id: int, kinds: Sequence[RunKind]) -> Run | None:
    """The newest published run of these kinds."""
    run = refresh_runs.c
    query = _newest_first(venture_id).where(
        run.state == RunState.published.value, run.kind.in_([kind.value for kind in kinds])
    )
    return _first(connection, query)


def end_run(connection: Connection, run: Run, state: RunState, end: RunEnd) -> None:
    """End a running run; raises Refused when somebody ended it already."""
    values: dict[str, Any] = {
        "state": state.value,
        "ended_us": end.ended_us,
        "known_batch": run.known_batch if end.known_batch is None else end.known_batch,
        "newest_input_us": end.newest_input_us,
        "rows": end.rows,
        "checks": end.checks,
        "message": end.message,
    }
    still = sa.and_(refresh_runs.c.run_id == run.run_id, refresh_runs.c.state == RunState.running.value)
    if not connection.execute(sa.update(refresh_runs).where(still).values(**values)).rowcount:
        raise Refused(f"Run {run.run_id} is already over ({run.state.value}).", "Start a new refresh.")


def _newest_first(venture_id: int) -> sa.Select[Any]:
    return (
        sa.select(refresh_runs)
        .where(refresh_runs.c.venture_id == venture_id)
        .order_by(refresh_runs.c.run_id.desc())
    )


def _first(connection: Connection, query: sa.Select[Any]) -> Run | None:
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _run(row)


def _run(row: Row[Any]) -> Run:
    return Run(**{**fields(row, "venture_id"), "kind": RunKind(row.kind), "state": RunState(row.state)})
