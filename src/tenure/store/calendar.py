"""The calendar's ledger and heartbeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tenure.clock import MINUTE_US
from tenure.store.engine import Database
from tenure.store.loop_tables import calendar_runs, heartbeats
from tenure.store.statements import insert_into

_RUNNING, _DONE, _FAILED = "running", "done", "failed"


class CalendarRows:
    """The port `tenure.ports.calendar.Calendar`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_due_us(self, venture_id: int) -> Mapping[str, int]:
        table = calendar_runs.c
        query = (
            sa.select(table.operation, sa.func.max(table.due_us))
            .where(table.venture_id == venture_id, table.state == _DONE)
            .group_by(table.operation)
        )
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def claim(self, venture_id: int, operation: str, due_us: int, *, now_us: int, stale_before_us: int) -> bool:
        table = calendar_runs.c
        values = {"state": _RUNNING, "started_us": now_us, "ended_us": None, "note": ""}
        with self._database.writing() as connection:
            statement = insert_into(connection, calendar_runs).values(
                venture_id=venture_id, operation=operation, due_us=due_us, **values
            )
            abandoned = sa.and_(table.state == _RUNNING, table.started_us < stale_before_us)
            statement = statement.on_conflict_do_update(
                index_elements=["venture_id", "operation", "due_us"],
                set_=values,
                where=sa.or_(table.state == _FAILED, abandoned),
            )
            return connection.execute(statement.returning(table.due_us)).first() is not None

    def done(self, venture_id: int, operation: str, due_us: int, *, now_us: int, note: str = "") -> None:
        self._end(venture_id, operation, due_us, _DONE, now_us, note)

    def failed(self, venture_id: int, operation: str, due_us: int, *, now_us: int, note: str) -> None:
        self._end(venture_id, operation, due_us, _FAILED, now_us, note)

    def _end(self, venture_id: int, operation: str, due_us: int, state: str, now_us: int, note: str) -> None:
        table = calendar_runs.c
        mine = (table.venture_id == venture_id, table.operation == operation, table.due_us == due_us)
        with self._database.writing() as connection:
            connection.execute(sa.update(calendar_runs).where(*mine).values(state=state, ended_us=now_us, note=note))

    def beat(self, venture_id: int, now_us: int) -> None:
        minute_us = now_us // MINUTE_US * MINUTE_US
        with self._database.writing() as connection:
            statement = insert_into(connection, heartbeats).values(venture_id=venture_id, minute_us=minute_us)
            connection.execute(statement.on_conflict_do_nothing())

    def beats(self, venture_id: int, from_us: int, to_us: int) -> int:
        table = heartbeats.c
        inside = (table.venture_id == venture_id, table.minute_us >= from_us, table.minute_us < to_us)
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(heartbeats).where(*inside)).scalar_one())

    def beaten(self, venture_id: int, from_us: int, to_us: int) -> Sequence[int]:
        table = heartbeats.c
        inside = (table.venture_id == venture_id, table.minute_us >= from_us, table.minute_us < to_us)
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(sa.select(table.minute_us).where(*inside).order_by(table.minute_us))]

    def forget_beats(self, venture_id: int, before_us: int) -> int:
        table = heartbeats.c
        with self._database.writing() as connection:
            old = sa.and_(table.venture_id == venture_id, table.minute_us < before_us)
            return connection.execute(sa.delete(heartbeats).where(old)).rowcount
