"""What vendors were handed, in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.model.handoffs import HandedKind, HandedOff, StopResult
from tenure.store.engine import Database
from tenure.store.loop_tables import handed_off
from tenure.store.statements import fields, insert_into, one_of

_MAY_RUN = sa.or_(
    handed_off.c.is_running == 1,
    sa.and_(handed_off.c.vendor_id == "", sa.or_(handed_off.c.result.is_(None), handed_off.c.result != StopResult.stopped.value)),
)


class HandOffRows:
    """The port `tenure.ports.handoffs.HandOffs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, thing: HandedOff) -> HandedOff:
        named = ("provider", "vendor_id", "name", "scope", "link", "handed_us", "handed_by", "key", "note")
        values: dict[str, Any] = {name: getattr(thing, name) for name in named}
        values |= {"kind": thing.kind.value, "by_score": int(thing.by_score), "is_running": 1 if thing.is_running else None}
        table = handed_off.c
        runs = sa.and_(table.provider == thing.provider, table.vendor_id == thing.vendor_id, table.is_running == 1)
        same = sa.select(handed_off).where(table.venture_id == venture_id, sa.or_(table.key == thing.key, runs))
        with self._database.writing() as connection:
            connection.execute(insert_into(connection, handed_off).values(venture_id=venture_id, **values).on_conflict_do_nothing())
            return _thing(connection.execute(same.order_by(table.key != thing.key).limit(1)).one())

    def taken(self, venture_id: int, handed_id: int, *, vendor_id: str, link: str) -> HandedOff:
        values = {"vendor_id": vendor_id, "link": link, "is_running": 1, "result": None, "note": ""}
        unknown = (*_one(venture_id, handed_id), handed_off.c.vendor_id == "")
        with self._database.writing() as connection:
            connection.execute(sa.update(handed_off).where(*unknown).values(**values))
            return _thing(one_of(connection, sa.select(handed_off).where(*_one(venture_id, handed_id)), f"handed-off thing {handed_id}"))

    def get(self, venture_id: int, handed_id: int) -> HandedOff:
        query = sa.select(handed_off).where(*_one(venture_id, handed_id))
        with self._database.reading() as connection:
            return _thing(one_of(connection, query, f"handed-off thing {handed_id}"))

    def all(self, venture_id: int, *, running_only: bool = False, incident_id: int | None = None) -> Sequence[HandedOff]:
        table = handed_off.c
        query = sa.select(handed_off).where(table.venture_id == venture_id).order_by(table.handed_id)
        if running_only:
            query = query.where(_MAY_RUN)
        if incident_id is not None:
            query = query.where(table.incident_id == incident_id)
        with self._database.reading() as connection:
            return [_thing(row) for row in connection.execute(query)]

    def tried(
        self, venture_id: int, handed_id: int, result: StopResult, *, note: str, incident_id: int | None, now_us: int
    ) -> None:
        values: dict[str, Any] = {
            "result": result.value,
            "note": note,
            "tried_us": now_us,
            "is_running": None if result is StopResult.stopped else handed_off.c.is_running,
            "incident_id": sa.func.coalesce(handed_off.c.incident_id, incident_id),
        }
        running = (*_one(venture_id, handed_id), _MAY_RUN)  # what was stopped meanwhile stays stopped
        with self._database.writing() as connection:
            connection.execute(sa.update(handed_off).where(*running).values(**values))


def _one(venture_id: int, handed_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return handed_off.c.venture_id == venture_id, handed_off.c.handed_id == handed_id


def _thing(row: Row[Any]) -> HandedOff:
    plain = fields(row, "venture_id")
    result = plain["result"]
    plain |= {"kind": HandedKind(plain["kind"]), "result": None if result is None else StopResult(result)}
    plain |= {"by_score": bool(plain["by_score"]), "is_running": bool(plain["is_running"])}
    return HandedOff(**plain)
