"""Overrides and pulses: people's judgements about one customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.errors import BadInput
from tenure.model.health import HealthStatus
from tenure.model.judgements import Override, Pulse
from tenure.store.engine import Database
from tenure.store.statements import audit, fields, hold_venture, new_id, one_of
from tenure.store.tables import overrides, pulses


class OverrideRows:
    """The port `tenure.ports.overrides.Overrides`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        venture_id: int,
        customer_id: str,
        *,
        score: float | None,
        status: HealthStatus | None,
        reason: str,
        person: str,
        from_us: int,
        until_us: int,
        now_us: int,
    ) -> Override:
        _check_override(score, status, reason, from_us, until_us)
        values: dict[str, Any] = {"score": score, "status": None if status is None else status.value}
        values |= {"from_us": from_us, "until_us": until_us}
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            _withdraw_overlapping(
                connection, venture_id, customer_id, from_us, until_us, max(from_us, now_us)
            )
            who = {"customer_id": customer_id, "reason": reason, "person": person}
            override_id = new_id(connection, overrides, venture_id=venture_id, **who, **values)
            _audit_override(connection, venture_id, override_id, None, values, person, reason, now_us)
            return _override(connection.execute(_override_query(venture_id, override_id)).one())

    def withdraw(self, venture_id: int, override_id: int, *, by: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            row = one_of(connection, _override_query(venture_id, override_id), f"override {override_id}")
            statement = sa.update(overrides).where(
                overrides.c.override_id == override_id,
                sa.or_(overrides.c.withdrawn_us.is_(None), overrides.c.withdrawn_us > now_us),
            )
            if connection.execute(statement.values(withdrawn_us=now_us)).rowcount:
                before = {
                    "score": row.score,
                    "status": row.status,
                    "from_us": row.from_us,
                    "until_us": row.until_us,
                }
                _audit_override(connection, venture_id, override_id, before, None, by, why, now_us)

    def in_force(self, venture_id: int, now_us: int) -> Sequence[Override]:
        table = overrides.c
        withdrawn_later = sa.or_(table.withdrawn_us.is_(None), table.withdrawn_us > now_us)
        query = (
            sa.select(overrides)
            .where(
                table.venture_id == venture_id,
                table.from_us <= now_us,
                table.until_us > now_us,
                withdrawn_later,
            )
            .order_by(table.customer_id, table.override_id)
        )
        with self._database.reading() as connection:
            latest = {row.customer_id: _override(row) for row in connection.execute(query)}
        return list(latest.values())

    def of_customer(self, venture_id: int, customer_id: str) -> Sequence[Override]:
        table = overrides.c
        query = sa.select(overrides).where(table.venture_id == venture_id, table.customer_id == customer_id)
        with self._database.reading() as connection:
            return [_override(row) for row in connection.execute(query.order_by(table.override_id.desc()))]


class PulseRows:
    """The port `tenure.ports.overrides.Pulses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        venture_id: int,
        customer_id: str,
        *,
        value: float,
        reason: str,
        person: str,
        now_us: int,
        until_us: int,
    ) -> Pulse:
        _check_points("pulse", value)
        _check_reason_and_time(reason, now_us, until_us)
        values = {"customer_id": customer_id, "value": value, "reason": reason, "person": person}
        with self._database.writing() as connection:
            pulse_id = new_id(
                connection, pulses, venture_id=venture_id, given_us=now_us, until_us=until_us, **values
            )
        return Pulse(
            pulse_id=pulse_id,
            customer_id=customer_id,
            value=value,
            reason=reason,
            person=person,
            given_us=now_us,
            until_us=until_us,
        )

    def in_force(self, venture_id: int, now_us: int) -> Sequence[Pulse]:
        table = pulses.c
        query = (
            sa.select(pulses)
            .where(table.venture_id == venture_id, table.given_us <= now_us, table.until_us > now_us)
            .order_by(table.customer_id, table.given_us, table.pulse_id)
        )
        with self._database.reading() as connection:
            latest = {row.customer_id: _pulse(row) for row in connection.execute(query)}
        return list(latest.values())

    def of_customer(self, venture_id: int, customer_id: str) -> Sequence[Pulse]:
        table = pulses.c
        query = sa.select(pulses).where(table.venture_id == venture_id, table.customer_id == customer_id)
        with self._database.reading() as connection:
            return [_pulse(row) for row in connection.execute(query.order_by(table.pulse_id.desc()))]


def _check_override(
    score: float | None, status: HealthStatus | None, reason: str, from_us: int, until_us: int
) -> None:
    if (score is None) == (status is None):
        raise BadInput("An override sets either a score or a status.", "Give exactly one of the two.")
    if score is not None:
        _check_points("override", score)
    _check_reason_and_time(reason, from_us, until_us)


def _check_points(what: str, value: float) -> None:
    if not 0 <= value <= 100:
        raise BadInput(f"The {what} {value} is not between 0 and 100.", "Give a score in that range.")


def _check_reason_and_time(reason: str, from_us: int, until_us: int) -> None:
    if not reason.strip():
        raise BadInput("A judgement needs a reason.", "Say in a few words why.")
    if from_us >= until_us:
        raise BadInput("A judgement must end after it begins.", "Give a later end.")


def _withdraw_overlapping(
    connection: Connection, venture_id: int, customer_id: str, from_us: int, until_us: int, when_us: int
) -> None:
    """Where the new judgement begins the earlier ones end, so that at any time one counts."""
    table = overrides.c
    overlapping = sa.and_(
        table.venture_id == venture_id,
        table.customer_id == customer_id,
        table.withdrawn_us.is_(None),
        table.from_us < until_us,
        table.until_us > from_us,
    )
    connection.execute(sa.update(overrides).where(overlapping).values(withdrawn_us=when_us))


def _audit_override(
    connection: Connection,
    venture_id: int,
    override_id: int,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    who: str,
    why: str,
    now_us: int,
) -> None:
    """The line names the override, not the customer: what is erased must not live on in the log."""
    change: dict[str, Any] = {"name": str(override_id), "before": before, "after": after}
    audit(connection, venture_id, who=who, subject="override", why=why, now_us=now_us, **change)


def _override_query(venture_id: int, override_id: int) -> sa.Select[Any]:
    return sa.select(overrides).where(
        overrides.c.venture_id == venture_id, overrides.c.override_id == override_id
    )


def _override(row: Row[Any]) -> Override:
    status = None if row.status is None else HealthStatus(row.status)
    return Override(**{**fields(row, "venture_id"), "status": status})


def _pulse(row: Row[Any]) -> Pulse:
    return Pulse(**fields(row, "venture_id"))
