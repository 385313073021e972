"""Responses in the store."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tenure.model.touches import Response, ResponseKind, TouchState
from tenure.ports.responses import CampaignFeedback
from tenure.store.engine import Database
from tenure.store.loop_tables import responses, touches
from tenure.store.records import from_row, to_row
from tenure.store.statements import in_chunks, insert_new

_CHUNK = 2_000
_NEGATIVE = [kind.value for kind in ResponseKind if kind.is_negative]


class ResponseRows:
    """The port `tenure.ports.responses.Responses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, responses_now: Sequence[Response], *, now_us: int) -> int:
        rows = [to_row(one, responses, venture_id=venture_id, received_us=now_us, handled_us=None) for one in responses_now]
        with self._database.writing() as connection:
            return insert_new(connection, responses, rows, "venture_id", "key")

    def of_customers(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Response]:
        found: list[Response] = []
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = (responses.c.venture_id == venture_id, responses.c.customer_id.in_(chunk), responses.c.occurred_us >= since_us)
                rows = connection.execute(sa.select(responses).where(*mine).order_by(responses.c.occurred_us, responses.c.response_id))
                found += [from_row(row, Response) for row in rows]
        return sorted(found, key=lambda one: one.occurred_us)

    def of_kind(self, venture_id: int, kind: ResponseKind, since_us: int) -> Sequence[Response]:
        mine = (responses.c.venture_id == venture_id, responses.c.kind == kind.value, responses.c.occurred_us >= since_us)
        query = sa.select(responses).where(*mine).order_by(responses.c.occurred_us, responses.c.response_id)
        with self._database.reading() as connection:
            return [from_row(row, Response) for row in connection.execute(query)]

    def unhandled(self, venture_id: int, *, limit: int = 10_000) -> Sequence[Response]:
        mine = (responses.c.venture_id == venture_id, responses.c.handled_us.is_(None))
        query = sa.select(responses).where(*mine).order_by(responses.c.response_id).limit(limit)
        with self._database.reading() as connection:
            return [from_row(row, Response) for row in connection.execute(query)]

    def handled(self, venture_id: int, responses_now: Sequence[Response], *, now_us: int) -> None:
        mine = (responses.c.venture_id == venture_id, responses.c.key == sa.bindparam("_key"), responses.c.handled_us.is_(None))
        update = sa.update(responses).where(*mine).values(handled_us=now_us, touch_id=sa.bindparam("_touch"))
        rows = [{"_key": one.key, "_touch": one.touch_id} for one in responses_now]
        with self._database.writing() as connection:
            for chunk in in_chunks(rows, _CHUNK):
                connection.execute(update, list(chunk))

    def count(self, venture_id: int) -> int:
        query = sa.select(sa.func.count()).select_from(responses).where(responses.c.venture_id == venture_id)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def feedback(self, venture_id: int, *, since_us: int) -> Sequence[CampaignFeedback]:
        with self._database.reading() as connection:
            delivered = {(row.playbook, row.version): row.delivered for row in connection.execute(_delivered(venture_id, since_us))}
            angry = {(row.playbook, row.version): row for row in connection.execute(_annoyed(venture_id, since_us))}
        return [
            CampaignFeedback(
                playbook=playbook,
                version=version,
                delivered=count,
                negative_people=angry[playbook, version].negative if (playbook, version) in angry else 0,
                complaining_people=angry[playbook, version].complaining if (playbook, version) in angry else 0,
            )
            for (playbook, version), count in sorted(delivered.items())
        ]

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        forgotten = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = (responses.c.venture_id == venture_id, responses.c.customer_id.in_(chunk))
                forgotten += connection.execute(sa.delete(responses).where(*mine)).rowcount
        return forgotten


def _campaign_touches(venture_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    table = touches.c
    return table.venture_id == venture_id, table.playbook.is_not(None), table.version.is_not(None), table.customer_facing == 1


def _delivered(venture_id: int, since_us: int) -> sa.Select[tuple[str, int, int]]:
    bounced = sa.exists().where(
        responses.c.venture_id == venture_id, responses.c.touch_id == touches.c.touch_id, responses.c.kind == ResponseKind.bounced.value
    )
    where = (*_campaign_touches(venture_id), touches.c.state == TouchState.sent.value, touches.c.sent_us >= since_us, ~bounced)
    counted = sa.select(touches.c.playbook, touches.c.version, sa.func.count().label("delivered")).where(*where)
    return counted.group_by(touches.c.playbook, touches.c.version)


def _annoyed(venture_id: int, since_us: int) -> sa.Select[tuple[str, int, int, int]]:
    """People, each once however often they say it: by customer and user."""
    person = responses.c.customer_id + "\x1f" + sa.func.coalesce(responses.c.user_id, touches.c.user_id, "")
    complaint = sa.case((responses.c.kind == ResponseKind.complained.value, person))
    query = sa.select(
        touches.c.playbook,
        touches.c.version,
        sa.func.count(sa.distinct(person)).label("negative"),
        sa.func.count(sa.distinct(complaint)).label("complaining"),
    ).join(touches, touches.c.touch_id == responses.c.touch_id)
    where = (responses.c.venture_id == venture_id, responses.c.kind.in_(_NEGATIVE), responses.c.occurred_us >= since_us)
    return query.where(*where, *_campaign_touches(venture_id)).group_by(touches.c.playbook, touches.c.version)


