"""Published versions of triggers, a log of which was live when, and how each did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.triggers import TriggerDefinition
from tenure.ports.executions import TriggerMetric
from tenure.ports.triggers import TriggerVersion
from tenure.store.engine import Database
from tenure.store.loop_tables import recursion_metrics, recursion_triggers, recursion_triggers_live
from tenure.store.records import from_row, to_row
from tenure.store.statements import audit, hold_venture, insert_into, new_id, not_found, one_of

_version = recursion_triggers.c


class TriggerRows:
    """The port `tenure.ports.triggers.Triggers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(
        self, venture_id: int, definitions: Sequence[tuple[TriggerDefinition, str]], *, by: str, why: str, now_us: int
    ) -> Sequence[TriggerVersion]:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            found = []
            for definition, digest in definitions:
                name = definition.trigger_id
                version = _known(connection, venture_id, name, digest)
                if version is None:
                    version = _add(connection, venture_id, definition, digest, by, why, now_us)
                _make_live(connection, venture_id, name, version, by, why, now_us)
                found.append(_get(connection, venture_id, name, version))
            return found

    def retire(self, venture_id: int, trigger_id: str, *, by: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            if trigger_id not in _live(connection, venture_id, None):
                raise not_found(f"live trigger {trigger_id}")
            _make_live(connection, venture_id, trigger_id, None, by, why, now_us)

    def live(self, venture_id: int, *, at_us: int | None = None) -> Sequence[TriggerVersion]:
        with self._database.reading() as connection:
            live = _live(connection, venture_id, at_us)
            rows = connection.execute(_query(venture_id))
            return [one for one in map(_record, rows) if live.get(one.trigger_id) == one.version]

    def versions(self, venture_id: int, trigger_id: str | None = None) -> Sequence[TriggerVersion]:
        query = _query(venture_id)
        if trigger_id is not None:
            query = query.where(_version.trigger_id == trigger_id)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(query)]

    def get(self, venture_id: int, trigger_id: str, version: int) -> TriggerVersion:
        with self._database.reading() as connection:
            return _get(connection, venture_id, trigger_id, version)


class TriggerMetricRows:
    """The port `tenure.ports.executions.TriggerMetrics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, venture_id: int, metrics: Sequence[TriggerMetric]) -> None:
        with self._database.writing() as connection:
            statement = insert_into(connection, recursion_metrics)
            key = ["venture_id", "trigger_id", "metric", "as_of_us"]
            others = {
                column.name: statement.excluded[column.name]
                for column in recursion_metrics.c
                if column.name not in (*key, "metric_id")
            }
            statement = statement.on_conflict_do_update(index_elements=key, set_=others)
            for one in metrics:
                connection.execute(statement, to_row(one, recursion_metrics, venture_id=venture_id))

    def latest(self, venture_id: int) -> Sequence[TriggerMetric]:
        table = recursion_metrics.c
        newest = (
            sa.select(table.trigger_id, table.metric, sa.func.max(table.as_of_us).label("as_of_us"))
            .where(table.venture_id == venture_id)
            .group_by(table.trigger_id, table.metric)
            .subquery()
        )
        same = sa.and_(
            newest.c.trigger_id == table.trigger_id,
            newest.c.metric == table.metric,
            newest.c.as_of_us == table.as_of_us,
        )
        query = sa.select(recursion_metrics).join(newest, same).where(table.venture_id == venture_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.trigger_id, table.metric))
            return [from_row(row, TriggerMetric) for row in rows]


def _query(venture_id: int) -> sa.Select[Any]:
    return (
        sa.select(recursion_triggers)
        .where(_version.venture_id == venture_id)
        .order_by(_version.trigger_id, _version.version)
    )


def _record(row: Row[Any]) -> TriggerVersion:
    values = dict(row._mapping)
    definition = msgspec.convert(values.pop("document"), TriggerDefinition)
    return TriggerVersion(definition=definition, **{name: values[name] for name in values if name != "venture_id"})


def _get(connection: Connection, venture_id: int, trigger_id: str, version: int) -> TriggerVersion:
    query = _query(venture_id).where(_version.trigger_id == trigger_id, _version.version == version)
    return _record(one_of(connection, query, f"trigger {trigger_id} version {version}"))


def _known(connection: Connection, venture_id: int, trigger_id: str, digest: str) -> int | None:
    query = sa.select(_version.version).where(
        _version.venture_id == venture_id, _version.trigger_id == trigger_id, _version.digest == digest
    )
    return connection.scalar(query)


def _add(
    connection: Connection, venture_id: int, definition: TriggerDefinition, digest: str, by: str, why: str, now_us: int
) -> int:
    query = sa.select(sa.func.max(_version.version)).where(
        _version.venture_id == venture_id, _version.trigger_id == definition.trigger_id
    )
    version = int(connection.scalar(query) or 0) + 1
    connection.execute(
        sa.insert(recursion_triggers).values(
            venture_id=venture_id,
            trigger_id=definition.trigger_id,
            version=version,
            digest=digest,
            document=msgspec.to_builtins(definition),
            created_us=now_us,
            created_by=by,
            why=why,
        )
    )
    return version


def _live(connection: Connection, venture_id: int, at_us: int | None) -> dict[str, int]:
    """The live version of each: the last line of the log wins, also among lines of the same moment."""
    log = recursion_triggers_live.c
    query = sa.select(log.trigger_id, log.version).where(log.venture_id == venture_id)
    if at_us is not None:
        query = query.where(log.live_from_us <= at_us)
    rows = connection.execute(query.order_by(log.live_from_us, log.change_id))
    last = {row.trigger_id: row.version for row in rows}
    return {name: version for name, version in last.items() if version is not None}


def _make_live(
    connection: Connection, venture_id: int, trigger_id: str, version: int | None, by: str, why: str, now_us: int
) -> None:
    before = _live(connection, venture_id, None).get(trigger_id)
    if before == version:
        return
    line = {"venture_id": venture_id, "trigger_id": trigger_id, "version": version, "live_from_us": now_us}
    new_id(connection, recursion_triggers_live, **line)
    change: dict[str, Any] = {"subject": "trigger", "name": trigger_id, "before": before, "after": version}
    audit(connection, venture_id, who=by, why=why, now_us=now_us, **change)
