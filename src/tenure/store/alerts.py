"""Alerts in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.model.alerts import NOTHING_FOLLOWED, Alert, AlertPrecision
from tenure.model.drills import MOCK_CUSTOMER
from tenure.store.engine import Database
from tenure.store.loop_tables import alerts, cards
from tenure.store.records import from_row, to_row
from tenure.store.statements import audit, in_chunks, insert_into, one_of

_CHUNK = 1_000


class AlertRows:
    """The port `tenure.ports.alerts.Alerts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, raised: Sequence[Alert]) -> Sequence[Alert]:
        rows = [to_row(one, alerts, venture_id=venture_id) for one in raised]
        for row in rows:
            del row["alert_id"]
        found: list[Alert] = []
        with self._database.writing() as connection:
            statement = insert_into(connection, alerts).on_conflict_do_nothing(index_elements=["venture_id", "key"])
            for chunk in in_chunks(rows, _CHUNK):
                connection.execute(statement, list(chunk))
            for chunk in in_chunks([one.key for one in raised], _CHUNK):
                query = sa.select(alerts).where(alerts.c.venture_id == venture_id, alerts.c.key.in_(chunk))
                found += [_alert(row) for row in connection.execute(query.order_by(alerts.c.alert_id))]
        return found

    def get(self, venture_id: int, alert_id: int) -> Alert:
        with self._database.reading() as connection:
            return _alert(one_of(connection, sa.select(alerts).where(*_one(venture_id, alert_id)), f"alert {alert_id}"))

    def list(self, venture_id: int, *, open_only: bool = True, limit: int | None = None) -> Sequence[Alert]:
        query = sa.select(alerts).where(alerts.c.venture_id == venture_id).order_by(alerts.c.alert_id.desc())
        return self._read(query.where(alerts.c.closed_us.is_(None)) if open_only else query, limit)

    def of_delivery(self, venture_id: int, delivery: str) -> Sequence[Alert]:
        mine = [alerts.c.venture_id == venture_id, alerts.c.delivery == delivery]
        return self._read(sa.select(alerts).where(*mine).order_by(alerts.c.alert_id))

    def raised_since(self, venture_id: int, kind: str, since_us: int) -> Sequence[Alert]:
        mine = [alerts.c.venture_id == venture_id, alerts.c.kind == kind, alerts.c.raised_us >= since_us]
        return self._read(sa.select(alerts).where(*mine).order_by(alerts.c.alert_id))

    def unanswered(self, venture_id: int, now_us: int) -> Sequence[Alert]:
        table = alerts.c
        mine = [table.venture_id == venture_id, table.answer_due_us <= now_us]
        mine += [column.is_(None) for column in (table.acknowledged_us, table.closed_us, table.escalated_us)]
        mine.append(sa.or_(table.snoozed_until_us.is_(None), table.snoozed_until_us <= now_us))
        return self._read(sa.select(alerts).where(*mine).order_by(table.alert_id))

    def unlabelled(self, venture_id: int, *, seen_since_us: int, raised_until_us: int) -> Sequence[Alert]:
        table = alerts.c
        mine = [table.venture_id == venture_id, table.customer_id != MOCK_CUSTOMER]  # null is not, either
        query = sa.select(alerts).where(*mine, table.was_real.is_(None), table.followed.is_(None))
        seen = sa.select(cards.c.customer_id).where(cards.c.venture_id == venture_id, cards.c.as_of_us >= seen_since_us)
        with self._database.reading() as connection:
            found = list(connection.execute(query.where(table.raised_us <= raised_until_us)))
            for chunk in in_chunks(connection.scalars(seen).all(), _CHUNK):
                found += connection.execute(query.where(table.customer_id.in_(chunk)))
        return [_alert(row) for row in sorted({row.alert_id: row for row in found}.values(), key=lambda row: row.alert_id)]

    def _read(self, query: sa.Select[Any], limit: int | None = None) -> Sequence[Alert]:
        with self._database.reading() as connection:
            return [_alert(row) for row in connection.execute(query.limit(limit))]

    # --- moves -------------------------------------------------------------------------------------------------------

    def last_acknowledged_us(self, venture_id: int) -> int | None:
        query = sa.select(sa.func.max(alerts.c.acknowledged_us)).where(alerts.c.venture_id == venture_id)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else int(found)

    def acknowledge(self, venture_id: int, alert_id: int, *, by: str, now_us: int) -> bool:
        values = {"acknowledged_us": now_us, "acknowledged_by": by}
        return self._move(venture_id, alert_id, values, alerts.c.acknowledged_us, by, now_us)

    def snooze(self, venture_id: int, alert_id: int, *, until_us: int, by: str, now_us: int) -> bool:
        return self._move(venture_id, alert_id, {"snoozed_until_us": until_us}, alerts.c.closed_us, by, now_us)

    def close(self, venture_id: int, alert_id: int, *, was_real: bool, by: str, note: str, now_us: int) -> bool:
        values = {"closed_us": now_us, "closed_by": by, "was_real": int(was_real), "note": note}
        return self._move(venture_id, alert_id, values, alerts.c.closed_us, by, now_us)

    def _move(
        self, venture_id: int, alert_id: int, values: Mapping[str, Any], unless: sa.Column[Any], by: str, now_us: int
    ) -> bool:
        with self._database.writing() as connection:
            one_of(connection, sa.select(alerts.c.alert_id).where(*_one(venture_id, alert_id)), f"alert {alert_id}")
            mine = [*_one(venture_id, alert_id), unless.is_(None)]
            if not connection.execute(sa.update(alerts).where(*mine).values(**values)).rowcount:
                return False
            after = {name: value for name, value in values.items() if name != "note"}
            audit(
                connection, venture_id, who=by, subject="alert", name=str(alert_id), before=None, after=after, why="", now_us=now_us
            )
            return True

    def escalated(self, venture_id: int, alert_ids: Sequence[int], *, now_us: int) -> None:
        with self._database.writing() as connection:
            for chunk in in_chunks(alert_ids, _CHUNK):
                mine = [alerts.c.venture_id == venture_id, alerts.c.alert_id.in_(chunk), alerts.c.escalated_us.is_(None)]
                connection.execute(sa.update(alerts).where(*mine).values(escalated_us=now_us))

    def followed(self, venture_id: int, notes: Mapping[int, str]) -> None:
        with self._database.writing() as connection:
            for number, note in notes.items():
                connection.execute(sa.update(alerts).where(*_one(venture_id, number)).values(followed=note))

    def precision(self, venture_id: int, since_us: int, until_us: int) -> AlertPrecision:
        table = alerts.c
        mine = [table.venture_id == venture_id, table.customer_id != MOCK_CUSTOMER, table.raised_us >= since_us, table.raised_us < until_us]
        seen = sa.and_(table.was_real.is_(None), table.followed.is_not(None), table.followed != NOTHING_FOLLOWED)
        count = sa.select(
            sa.func.count(),
            sa.func.count().filter(sa.or_(table.was_real == 1, seen)),
            sa.func.count().filter(table.was_real == 0),
        ).where(*mine)
        with self._database.reading() as connection:
            all_of_them, true, false = connection.execute(count).one()
        return AlertPrecision(alerts=all_of_them, true=true, false=false, unknown=all_of_them - true - false)


def _one(venture_id: int, alert_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return alerts.c.venture_id == venture_id, alerts.c.alert_id == alert_id


def _alert(row: Row[Any]) -> Alert:
    return from_row(row, Alert)
