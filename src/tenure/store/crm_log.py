"""The ledger of CRM syncs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from tenure.ports.crm import CrmRun
from tenure.store.engine import Database
from tenure.store.loop_tables import crm_sync_log
from tenure.store.records import from_row
from tenure.store.statements import new_id


class CrmLogRows:
    """The port `tenure.ports.crm.CrmLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, venture_id: int, platform: str, *, now_us: int) -> int:
        counts = {"records": 0, "errors": 0, "details": {}, "ended_us": None}
        with self._database.writing() as connection:
            return new_id(
                connection, crm_sync_log, venture_id=venture_id, platform=platform, started_us=now_us, state="running", **counts
            )

    def end(
        self, venture_id: int, sync_id: int, *, state: str, records: int, errors: int, details: Mapping[str, object], now_us: int
    ) -> None:
        table = crm_sync_log.c
        values = {"state": state, "records": records, "errors": errors, "details": dict(details), "ended_us": now_us}
        mine = sa.and_(table.venture_id == venture_id, table.sync_id == sync_id)
        with self._database.writing() as connection:
            connection.execute(sa.update(crm_sync_log).where(mine).values(**values))

    def last(self, venture_id: int, *, limit: int = 50) -> Sequence[CrmRun]:
        table = crm_sync_log.c
        query = sa.select(crm_sync_log).where(table.venture_id == venture_id).order_by(table.sync_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [from_row(row, CrmRun) for row in connection.execute(query)]

    def last_success_us(self, venture_id: int) -> int | None:
        table = crm_sync_log.c
        query = sa.select(sa.func.max(table.ended_us)).where(table.venture_id == venture_id, table.state == "done")
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else int(found)
