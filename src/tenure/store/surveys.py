"""Askings of surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.ports.surveys import Deployment
from tenure.rules.surveys import Asked
from tenure.store.engine import Database
from tenure.store.loop_tables import nps_surveys
from tenure.store.records import from_row
from tenure.store.statements import in_chunks, insert_new

_CHUNK = 2_000


class DeploymentRows:
    """The port `tenure.ports.surveys.Deployments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, deployments: Sequence[Deployment]) -> int:
        rows = [{"venture_id": venture_id} | msgspec.structs.asdict(one) for one in deployments]
        with self._database.writing() as connection:
            return insert_new(connection, nps_surveys, rows, "venture_id", "key")

    def last(self, venture_id: int, survey: str, customer_ids: Sequence[str] | None = None) -> Mapping[str, Asked]:
        table = nps_surveys.c
        mine = [table.venture_id == venture_id, table.survey == survey]
        query = sa.select(nps_surveys).where(*mine).order_by(table.deployed_us, table.deployment_id)
        with self._database.reading() as connection:
            if customer_ids is None:
                return _by_customer(connection.execute(query))
            found: dict[str, Asked] = {}
            for chunk in in_chunks(customer_ids, _CHUNK):
                found |= _by_customer(connection.execute(query.where(table.customer_id.in_(chunk))))
            return found

    def due_again(self, venture_id: int, survey: str, before_us: int) -> Sequence[str]:
        table = nps_surveys.c
        mine = (table.venture_id == venture_id, table.survey == survey)
        query = sa.select(table.customer_id).where(*mine).group_by(table.customer_id).having(sa.func.max(table.deployed_us) <= before_us)
        with self._database.reading() as connection:
            return list(connection.scalars(query.order_by(table.customer_id)))

    def open_ones(self, venture_id: int, customer_ids: Sequence[str]) -> frozenset[tuple[str, str]]:
        table = nps_surveys.c
        found: set[tuple[str, str]] = set()
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = (table.venture_id == venture_id, table.customer_id.in_(chunk), table.answered_us.is_(None))
                found.update((row.survey, row.customer_id) for row in connection.execute(sa.select(table.survey, table.customer_id).where(*mine)))
        return frozenset(found)

    def waiting(self, venture_id: int, since_us: int) -> Sequence[tuple[str, Asked]]:
        table = nps_surveys.c
        open_ones = (table.answered_us.is_(None), table.reminded_us.is_(None))
        query = sa.select(nps_surveys).where(table.venture_id == venture_id, table.deployed_us >= since_us, *open_ones)
        with self._database.reading() as connection:
            return [(row.key, from_row(row, Asked)) for row in connection.execute(query.order_by(table.deployment_id))]

    def reminded(self, venture_id: int, keys: Sequence[str], *, now_us: int) -> None:
        table = nps_surveys.c
        with self._database.writing() as connection:
            for chunk in in_chunks(keys, _CHUNK):
                mine = sa.and_(table.venture_id == venture_id, table.key.in_(chunk))
                connection.execute(sa.update(nps_surveys).where(mine).values(reminded_us=now_us))

    def answered(self, venture_id: int, survey: str, customer_id: str, *, score: int | None, answered_us: int) -> bool:
        table = nps_surveys.c
        mine = (table.venture_id == venture_id, table.survey == survey, table.customer_id == customer_id)
        newest = sa.select(sa.func.max(table.deployment_id)).where(*mine, table.deployed_us <= answered_us).scalar_subquery()
        statement = sa.update(nps_surveys).where(*mine, table.deployment_id == newest, table.answered_us.is_(None))
        with self._database.writing() as connection:
            return connection.execute(statement.values(answered_us=answered_us, score=score)).rowcount == 1

    def counts(self, venture_id: int, since_us: int) -> tuple[int, int]:
        table = nps_surveys.c
        counted = sa.select(sa.func.count(), sa.func.count(table.answered_us))
        with self._database.reading() as connection:
            row = connection.execute(counted.where(table.venture_id == venture_id, table.deployed_us >= since_us)).one()
        return int(row[0]), int(row[1])


def _by_customer(rows: sa.CursorResult[Any] | Sequence[Row[Any]]) -> dict[str, Asked]:
    """The last one of each, as the rows come oldest first."""
    return {row.customer_id: from_row(row, Asked) for row in rows}
