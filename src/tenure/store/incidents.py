"""Incidents in the store: opening pauses in the same transaction, each move leaves its step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.clock import DAY_US
from tenure.model.incidents import Incident, IncidentState, IncidentStep
from tenure.model.intents import Intent
from tenure.model.touches import TouchState
from tenure.store.controls import change_pauses, write_pause
from tenure.store.engine import Database
from tenure.store.intents import write_intents
from tenure.store.loop_tables import incident_steps, incidents, pauses, touches
from tenure.store.records import from_row, to_row
from tenure.store.statements import audit, hold_venture, insert_into, new_id, one_of

_LEFT = [state.value for state in TouchState if state.left]


class IncidentRows:
    """The port `tenure.ports.incidents.Incidents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self, venture_id: int, incident: Incident, *, pauses: Sequence[str], intents: Sequence[Intent], by: str, now_us: int
    ) -> Incident | None:
        row = to_row(incident, incidents, venture_id=venture_id, is_open=1)
        del row["incident_id"]
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            inserted = connection.execute(
                insert_into(connection, incidents).values(**row).on_conflict_do_nothing().returning(incidents.c.incident_id)
            ).scalar_one_or_none()
            if inserted is None:
                return None
            for scope in pauses:
                write_pause(connection, venture_id, scope, by=by, why=incident.title, now_us=now_us, incident_id=inserted)
            _write_step(connection, venture_id, inserted, IncidentState.paused, by, incident.title, now_us)
            write_intents(connection, venture_id, intents, now_us)
            return _read(connection, venture_id, inserted)

    def get(self, venture_id: int, incident_id: int) -> Incident:
        with self._database.reading() as connection:
            return _read(connection, venture_id, incident_id)

    def list(self, venture_id: int, *, open_only: bool = False, limit: int | None = None) -> Sequence[Incident]:
        query = sa.select(incidents).where(incidents.c.venture_id == venture_id).order_by(incidents.c.incident_id.desc())
        if open_only:
            query = query.where(incidents.c.is_open == 1)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).all()
            steps = _steps(connection, venture_id, [row.incident_id for row in rows])
        return [_incident(row, steps.get(row.incident_id, ())) for row in rows]

    def move(
        self,
        venture_id: int,
        incident: Incident,
        to: IncidentState,
        *,
        by: str,
        note: str,
        now_us: int,
        cohort_percent: float | None = None,
        ends_pauses: bool = False,
    ) -> bool:
        table, number = incidents.c, incident.incident_id
        values: dict[str, Any] = {"state": to.value}
        if to.is_over:
            values |= {"is_open": None, "ended_us": now_us}
        with self._database.writing() as connection:
            mine = [table.venture_id == venture_id, table.incident_id == number, table.state == incident.state.value]
            if not connection.execute(sa.update(incidents).where(*mine).values(**values)).rowcount:
                return False
            _write_step(connection, venture_id, number, to, by, note, now_us)
            its_own = [pauses.c.venture_id == venture_id, pauses.c.incident_id == number, pauses.c.ended_us.is_(None)]
            if ends_pauses or cohort_percent is not None:
                change_pauses(connection, its_own, by=by, now_us=now_us, cohort_percent=None if ends_pauses else cohort_percent)
            elif to is not IncidentState.small_cohort:
                connection.execute(sa.update(pauses).where(*its_own).values(cohort_percent=None))
            line: dict[str, Any] = {"before": incident.state.value, "after": to.value}
            audit(connection, venture_id, who=by, subject="incident", name=str(number), why=note, now_us=now_us, **line)
            return True

    def last_ended_us(self, venture_id: int, rule: str, scope: str) -> int | None:
        table = incidents.c
        mine = [table.venture_id == venture_id, table.rule == rule, table.scope == scope]
        with self._database.reading() as connection:
            ended_us: int | None = connection.scalar(sa.select(sa.func.max(table.ended_us)).where(*mine))
        return ended_us

    def touched(self, venture_id: int, incident: Incident, now_us: int) -> Sequence[Mapping[str, Any]]:
        table, evidence = touches.c, incident.evidence
        mine = [table.venture_id == venture_id, table.customer_facing == 1, table.state.in_(_LEFT)]
        mine.append(table.sent_us >= _number(evidence.get("from_us"), incident.opened_us - DAY_US))
        mine.append(table.sent_us <= _number(evidence.get("to_us"), now_us))
        if evidence.get("playbook"):
            mine.append(table.playbook == evidence["playbook"])
        if evidence.get("version"):
            mine.append(table.version == evidence["version"])
        wanted = (table.touch_id, table.key, table.customer_id, table.user_id, table.channel, table.playbook, table.version,
                  table.step, table.state, table.sent_us, table.cause)  # fmt: skip
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(*wanted).where(*mine).order_by(table.touch_id)).all()
        run = evidence.get("run")
        return [dict(row._mapping) for row in rows if run is None or row.cause.get("score_run") == run]


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _write_step(
    connection: Connection, venture_id: int, incident_id: int, state: IncidentState, by: str, note: str, now_us: int
) -> None:
    values = {"incident_id": incident_id, "state": state.value, "at_us": now_us, "by": by, "note": note}
    new_id(connection, incident_steps, venture_id=venture_id, **values)


def _read(connection: Connection, venture_id: int, incident_id: int) -> Incident:
    mine = [incidents.c.venture_id == venture_id, incidents.c.incident_id == incident_id]
    row = one_of(connection, sa.select(incidents).where(*mine), f"incident {incident_id}")
    return _incident(row, _steps(connection, venture_id, [incident_id]).get(incident_id, ()))


def _steps(connection: Connection, venture_id: int, numbers: Sequence[int]) -> dict[int, tuple[IncidentStep, ...]]:
    table = incident_steps.c
    mine = [table.venture_id == venture_id, table.incident_id.in_(numbers)]
    found: dict[int, tuple[IncidentStep, ...]] = {}
    for row in connection.execute(sa.select(incident_steps).where(*mine).order_by(table.step_id)):
        found[row.incident_id] = (*found.get(row.incident_id, ()), from_row(row, IncidentStep))
    return found


def _incident(row: Row[Any], steps: tuple[IncidentStep, ...]) -> Incident:
    return msgspec.structs.replace(from_row(row, Incident), steps=steps)
