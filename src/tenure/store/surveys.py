"""Askings of surveys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.model.touches import TouchState
from tenure.ports.surveys import Deployment, SurveyCounts
from tenure.rules.surveys import AGAIN_AFTER_US, Asked
from tenure.store.engine import Database
from tenure.store.loop_tables import nps_surveys, touches
from tenure.store.records import from_row
from tenure.store.statements import in_chunks, insert_new

_CHUNK = 2_000
_LEFT = (TouchState.sent, TouchState.unknown)
_OF_TOUCH = sa.and_(touches.c.venture_id == nps_surveys.c.venture_id, touches.c.key == nps_surveys.c.key)
_LOST = sa.case((touches.c.state.in_(sorted(AGAIN_AFTER_US)), touches.c.state))
"""What became of a message that never left. A touch no longer kept is taken as one that left."""


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
        asked = sa.select(nps_surveys, _LOST.label("lost")).outerjoin_from(nps_surveys, touches, _OF_TOUCH)
        query = asked.where(*mine).order_by(table.deployed_us, table.deployment_id)
        with self._database.reading() as connection:
            if customer_ids is None:
                return _by_customer(connection.execute(query))
            found: dict[str, Asked] = {}
            for chunk in in_chunks(customer_ids, _CHUNK):
                found |= _by_customer(connection.execute(query.where(table.customer_id.in_(chunk))))
            return found

    def due_again(self, venture_id: int, survey: str, before_us: int, lost_before_us: Mapping[str, int]) -> Sequence[str]:
        table = nps_surveys.c
        mine = (table.venture_id == venture_id, table.survey == survey)
        early = [(touches.c.state == state, table.deployed_us - at_us) for state, at_us in sorted(lost_before_us.items())]
        over_us = sa.func.max(sa.case(*early, else_=table.deployed_us - before_us))
        asked = sa.select(table.customer_id).outerjoin_from(nps_surveys, touches, _OF_TOUCH)
        query = asked.where(*mine).group_by(table.customer_id).having(over_us <= 0)
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
        columns = [one for one in table if one is not table.deployed_us]
        left_us = sa.func.coalesce(touches.c.sent_us, table.deployed_us).label("deployed_us")
        asked: sa.Select[Any] = sa.select(*columns, left_us).outerjoin_from(nps_surveys, touches, _OF_TOUCH)
        did_leave = sa.or_(touches.c.state.in_(_LEFT), touches.c.state.is_(None))
        query = asked.where(table.venture_id == venture_id, table.deployed_us >= since_us, did_leave, *open_ones)
        with self._database.reading() as connection:
            return [(row.key, from_row({**row._mapping}, Asked)) for row in connection.execute(query.order_by(table.deployment_id))]

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

    def counts(self, venture_id: int, since_us: int, stuck_before_us: int | None = None) -> SurveyCounts:
        table, touch = nps_surveys.c, touches.c
        left = sa.or_(touch.state.in_(_LEFT), touch.state.is_(None))
        due = sa.or_(left, touch.state == TouchState.failed)
        if stuck_before_us is not None:
            due = sa.or_(due, sa.and_(touch.state == TouchState.queued, touch.due_us < stuck_before_us))
        answered = sa.and_(left, table.answered_us.is_not(None))
        counted = [sa.func.count(sa.case((one, 1))) for one in (due, left, answered)]
        query = sa.select(*counted).outerjoin_from(nps_surveys, touches, _OF_TOUCH)
        with self._database.reading() as connection:
            row = connection.execute(query.where(table.venture_id == venture_id, table.deployed_us >= since_us)).one()
        return SurveyCounts(due=row[0], left=row[1], answered=row[2])


def _by_customer(rows: sa.CursorResult[Any] | Sequence[Row[Any]]) -> dict[str, Asked]:
    """The last one of each, as the rows come oldest first."""
    return {row.customer_id: from_row({**row._mapping}, Asked) for row in rows}
