"""What a venture set, and the log of every change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.errors import Refused
from tenure.model.configuration import AppliedPreset, AuditEntry, ParameterLock, SetValue, ValueChange
from tenure.store.engine import Database
from tenure.store.statements import audit, fields, hold_venture, insert_into, new_id, not_found, replacing
from tenure.store.tables import applied_presets, configuration_audit_log, parameter_locks, parameter_values


class ParameterRows:
    """The port `tenure.ports.parameters.ParameterValues`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def values(self, venture_id: int) -> Sequence[SetValue]:
        table = parameter_values.c
        query = (
            sa.select(parameter_values)
            .where(table.venture_id == venture_id)
            .order_by(table.name, table.segment)
        )
        with self._database.reading() as connection:
            return [SetValue(**fields(row, "venture_id")) for row in connection.execute(query)]

    def apply(
        self,
        venture_id: int,
        changes: Sequence[ValueChange],
        *,
        who: str,
        why: str,
        now_us: int,
        preset: str | None = None,
    ) -> Sequence[AuditEntry]:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            _refuse_locked(connection, venture_id, [change.name for change in changes])
            written = [_change(connection, venture_id, change, who, why, now_us) for change in changes]
            if preset is not None:
                new_id(
                    connection,
                    applied_presets,
                    venture_id=venture_id,
                    preset=preset,
                    applied_us=now_us,
                    applied_by=who,
                    why=why,
                )
                preset_line: dict[str, Any] = {"before": None, "after": [change.name for change in changes]}
                audit(
                    connection,
                    venture_id,
                    who=who,
                    subject="preset",
                    name=preset,
                    why=why,
                    now_us=now_us,
                    **preset_line,
                )
            return _entries(connection, venture_id, [number for number in written if number is not None])

    def locks(self, venture_id: int) -> Sequence[ParameterLock]:
        query = (
            sa.select(parameter_locks)
            .where(parameter_locks.c.venture_id == venture_id)
            .order_by(parameter_locks.c.name)
        )
        with self._database.reading() as connection:
            return [ParameterLock(**fields(row, "venture_id")) for row in connection.execute(query)]

    def lock(self, venture_id: int, name: str, *, who: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            statement = insert_into(connection, parameter_locks).values(
                venture_id=venture_id, name=name, locked_us=now_us, locked_by=who, why=why
            )
            locked = connection.execute(statement.on_conflict_do_nothing().returning(parameter_locks.c.name))
            if locked.first() is not None:
                audit(
                    connection,
                    venture_id,
                    who=who,
                    subject="lock",
                    name=name,
                    before=False,
                    after=True,
                    why=why,
                    now_us=now_us,
                )

    def unlock(self, venture_id: int, name: str, *, who: str, why: str, now_us: int) -> None:
        mine = sa.and_(parameter_locks.c.venture_id == venture_id, parameter_locks.c.name == name)
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            if not connection.execute(sa.delete(parameter_locks).where(mine)).rowcount:
                raise not_found(f"lock on {name}")
            audit(
                connection,
                venture_id,
                who=who,
                subject="lock",
                name=name,
                before=True,
                after=False,
                why=why,
                now_us=now_us,
            )

    def presets(self, venture_id: int) -> Sequence[AppliedPreset]:
        table = applied_presets.c
        query = sa.select(applied_presets).where(table.venture_id == venture_id).order_by(table.applied_id)
        with self._database.reading() as connection:
            return [
                AppliedPreset(**fields(row, "venture_id", "applied_id")) for row in connection.execute(query)
            ]


class AuditRows:
    """The port `tenure.ports.parameters.AuditLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(
        self, venture_id: int, *, subject: str | None = None, name: str | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]:
        table = configuration_audit_log.c
        query = sa.select(configuration_audit_log).where(table.venture_id == venture_id)
        if subject is not None:
            query = query.where(table.subject == subject)
        if name is not None:
            query = query.where(table.name == name)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.entry_id.desc()).limit(limit))
            return [AuditEntry(**fields(row, "venture_id")) for row in rows]

    def write(
        self,
        venture_id: int,
        *,
        who: str,
        subject: str,
        name: str,
        before: Any,
        after: Any,
        why: str,
        now_us: int,
        segment: str = "",
    ) -> None:
        line: dict[str, Any] = {"before": before, "after": after, "segment": segment}
        with self._database.writing() as connection:
            audit(connection, venture_id, who=who, subject=subject, name=name, why=why, now_us=now_us, **line)


def _refuse_locked(connection: Connection, venture_id: int, names: Sequence[str]) -> None:
    query = sa.select(parameter_locks).where(
        parameter_locks.c.venture_id == venture_id, parameter_locks.c.name.in_(names)
    )
    locked = connection.execute(query.order_by(parameter_locks.c.name)).first()
    if locked is not None:
        raise Refused(
            f"{locked.name} is locked by {locked.locked_by} ({locked.why}); nothing was changed.",
            "Ask for it to be unlocked, or leave it out.",
        )


def _change(
    connection: Connection, venture_id: int, change: ValueChange, who: str, why: str, now_us: int
) -> int | None:
    """Make one change and its audit line; None when it already was so."""
    table = parameter_values.c
    mine = sa.and_(table.venture_id == venture_id, table.name == change.name, table.segment == change.segment)
    before = connection.scalar(sa.select(table.value).where(mine))
    if before == change.value:
        return None
    if change.value is None:
        connection.execute(sa.delete(parameter_values).where(mine))
    else:
        connection.execute(
            replacing(connection, parameter_values).values(
                venture_id=venture_id,
                name=change.name,
                segment=change.segment,
                value=change.value,
                set_us=now_us,
                set_by=who,
                why=why,
            )
        )
    line: dict[str, Any] = {"before": before, "after": change.value, "segment": change.segment}
    return audit(
        connection, venture_id, who=who, subject="parameter", name=change.name, why=why, now_us=now_us, **line
    )


def _entries(connection: Connection, venture_id: int, numbers: Sequence[int]) -> Sequence[AuditEntry]:
    table = configuration_audit_log.c
    query = sa.select(configuration_audit_log).where(
        table.venture_id == venture_id, table.entry_id.in_(numbers)
    )
    return [
        AuditEntry(**fields(row, "venture_id")) for row in connection.execute(query.order_by(table.entry_id))
    ]
