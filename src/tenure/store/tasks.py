"""Tasks in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.model.intents import Intent
from tenure.model.tasks import Task, TaskOutcome, TaskState
from tenure.store.engine import Database
from tenure.store.intents import write_intents
from tenure.store.loop_tables import tasks
from tenure.store.records import from_row, to_row
from tenure.store.statements import audit, in_chunks, insert_into, one_of

_CHUNK = 1_000
_OPEN = TaskState.open.value


class TaskRows:
    """The port `tenure.ports.tasks.Tasks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, wanted: Sequence[Task]) -> Sequence[Task]:
        rows = [to_row(one, tasks, venture_id=venture_id) for one in wanted]
        for row in rows:
            del row["task_id"]
        found: list[Task] = []
        with self._database.writing() as connection:
            statement = insert_into(connection, tasks).on_conflict_do_nothing(index_elements=["venture_id", "key"])
            for chunk in in_chunks(rows, _CHUNK):
                connection.execute(statement, list(chunk))
            for chunk in in_chunks([one.key for one in wanted], _CHUNK):
                query = sa.select(tasks).where(tasks.c.venture_id == venture_id, tasks.c.key.in_(chunk))
                found += [_task(row) for row in connection.execute(query.order_by(tasks.c.task_id))]
        return found

    def get(self, venture_id: int, task_id: int) -> Task:
        with self._database.reading() as connection:
            return _task(one_of(connection, sa.select(tasks).where(*_one(venture_id, task_id)), f"task {task_id}"))

    def list(
        self, venture_id: int, *, open_only: bool = True, assignee: str | None = None, limit: int | None = None
    ) -> Sequence[Task]:
        mine = [tasks.c.venture_id == venture_id]
        mine += [tasks.c.state == _OPEN] if open_only else []
        mine += [sa.func.lower(tasks.c.assignee) == assignee.lower()] if assignee is not None else []
        return self._read(sa.select(tasks).where(*mine).order_by(tasks.c.due_us, tasks.c.task_id).limit(limit))

    def assignees(self, venture_id: int) -> Sequence[str]:
        query = sa.select(tasks.c.assignee).distinct().where(tasks.c.venture_id == venture_id, tasks.c.state == _OPEN)
        with self._database.reading() as connection:
            return list(connection.scalars(query.order_by(tasks.c.assignee)))

    def of_customers(self, venture_id: int, customer_ids: Sequence[str]) -> Sequence[Task]:
        found: list[Task] = []
        for chunk in in_chunks(customer_ids, _CHUNK):
            mine = [tasks.c.venture_id == venture_id, tasks.c.customer_id.in_(chunk)]
            found += self._read(sa.select(tasks).where(*mine).order_by(tasks.c.task_id))
        return found

    def overdue(self, venture_id: int, now_us: int) -> Sequence[Task]:
        mine = [tasks.c.venture_id == venture_id, tasks.c.state == _OPEN, tasks.c.due_us < now_us]
        return self._read(sa.select(tasks).where(*mine).order_by(tasks.c.due_us, tasks.c.task_id))

    def _read(self, query: sa.Select[Any]) -> Sequence[Task]:
        with self._database.reading() as connection:
            return [_task(row) for row in connection.execute(query)]

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
        values = {"state": TaskState.done.value, "closed_us": now_us, "closed_by": by, "outcome": outcome.value}
        with self._database.writing() as connection:
            mine = [*_one(venture_id, task_id), tasks.c.state == _OPEN]
            if not connection.execute(sa.update(tasks).where(*mine).values(**values, minutes=minutes, note=note)).rowcount:
                return False
            write_intents(connection, venture_id, intents, now_us)
            return True

    def withdraw(self, venture_id: int, customer_id: str, *, why: str, now_us: int) -> int:
        mine = [tasks.c.venture_id == venture_id, tasks.c.customer_id == customer_id, tasks.c.state == _OPEN]
        values = {"state": TaskState.withdrawn.value, "closed_us": now_us, "note": why}
        with self._database.writing() as connection:
            return connection.execute(sa.update(tasks).where(*mine).values(**values)).rowcount

    def reassign(self, venture_id: int, task_ids: Sequence[int], *, assignee: str, by: str, now_us: int) -> int:
        moved = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(task_ids, _CHUNK):
                mine = [tasks.c.venture_id == venture_id, tasks.c.task_id.in_(chunk), tasks.c.state == _OPEN]
                for row in connection.execute(sa.select(tasks).where(*mine, tasks.c.assignee != assignee)).all():
                    was = [*row.details.get("was", []), {"assignee": row.assignee, "until_us": now_us, "by": by}]
                    values = {"assignee": assignee, "details": {**row.details, "was": was}}
                    moved += connection.execute(sa.update(tasks).where(*_one(venture_id, row.task_id)).values(**values)).rowcount
            if moved:
                after = {"assignee": assignee, "tasks": moved}
                audit(
                    connection, venture_id, who=by, subject="task", name="reassign", before=None, after=after, why="", now_us=now_us
                )
        return moved

    def escalated(self, venture_id: int, task_ids: Sequence[int], *, now_us: int) -> None:
        with self._database.writing() as connection:
            for chunk in in_chunks(task_ids, _CHUNK):
                mine = [tasks.c.venture_id == venture_id, tasks.c.task_id.in_(chunk), tasks.c.escalated_us.is_(None)]
                connection.execute(sa.update(tasks).where(*mine).values(escalated_us=now_us))


def _one(venture_id: int, task_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return tasks.c.venture_id == venture_id, tasks.c.task_id == task_id


def _task(row: Row[Any]) -> Task:
    return from_row(row, Task)
