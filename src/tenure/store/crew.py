"""The crew's ledger and the system's log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from tenure.ports.crew import Confirmation, CrewStep, Finding, GateState, SystemEntry
from tenure.rules.gates import GateResult
from tenure.store.engine import Database
from tenure.store.loop_tables import confirmations, crew_steps, findings, gate_states, system_health_log
from tenure.store.records import from_row
from tenure.store.statements import insert_into, insert_new, new_id, replacing

HEALTHY = "healthy"


class CrewRows:
    """The port `tenure.ports.crew.CrewLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def steps(self, venture_id: int) -> Mapping[str, CrewStep]:
        query = sa.select(crew_steps).where(crew_steps.c.venture_id == venture_id)
        with self._database.reading() as connection:
            return {row.step: from_row(row, CrewStep) for row in connection.execute(query)}

    def put_step(self, venture_id: int, step: CrewStep) -> None:
        with self._database.writing() as connection:
            connection.execute(replacing(connection, crew_steps).values(venture_id=venture_id, **msgspec.structs.asdict(step)))

    def gates(self, venture_id: int) -> Mapping[str, GateState]:
        query = sa.select(gate_states).where(gate_states.c.venture_id == venture_id)
        with self._database.reading() as connection:
            return {row.gate: from_row(row, GateState) for row in connection.execute(query)}

    def put_gates(self, venture_id: int, results: Sequence[GateResult], *, now_us: int) -> None:
        with self._database.writing() as connection:
            statement = insert_into(connection, gate_states)
            said = statement.excluded
            same = gate_states.c.verdict == said.verdict
            since = sa.case((same, gate_states.c.since_us), else_=said.since_us)
            changed = {"verdict": said.verdict, "since_us": since, "checked_us": said.checked_us, "evidence": said.evidence}
            statement = statement.on_conflict_do_update(index_elements=["venture_id", "gate"], set_=changed)
            rows = [
                {
                    "venture_id": venture_id,
                    "gate": one.gate,
                    "verdict": one.verdict.value,
                    "since_us": now_us,
                    "checked_us": now_us,
                    "evidence": {"group": one.group.value, "sentence": one.evidence},
                }
                for one in results
            ]
            if rows:
                connection.execute(statement, rows)

    def confirm(self, venture_id: int, what: str, person: str, *, now_us: int, note: str = "") -> None:
        with self._database.writing() as connection:
            statement = insert_into(connection, confirmations).values(
                venture_id=venture_id, what=what, person=person, at_us=now_us, note=note
            )
            connection.execute(statement.on_conflict_do_nothing())

    def confirmations(self, venture_id: int, what: str) -> Sequence[Confirmation]:
        table = confirmations.c
        query = sa.select(confirmations).where(table.venture_id == venture_id, table.what == what).order_by(table.at_us, table.person)
        with self._database.reading() as connection:
            return [from_row(row, Confirmation) for row in connection.execute(query)]

    def find(self, venture_id: int, found: Sequence[Finding]) -> int:
        rows = [{"venture_id": venture_id, **msgspec.structs.asdict(one)} for one in found]
        with self._database.writing() as connection:
            return insert_new(connection, findings, rows, "venture_id", "key")

    def findings(self, venture_id: int, since_us: int = 0) -> Sequence[Finding]:
        table = findings.c
        query = sa.select(findings).where(table.venture_id == venture_id, table.written_us >= since_us)
        with self._database.reading() as connection:
            return [from_row(row, Finding) for row in connection.execute(query.order_by(table.finding_id))]


class SystemLogRows:
    """The port `tenure.ports.crew.SystemLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, venture_id: int, component: str, status: str, details: Mapping[str, object], *, now_us: int) -> None:
        table = system_health_log.c
        mine = sa.and_(table.venture_id == venture_id, table.component == component, table.resolved_us.is_(None))
        with self._database.writing() as connection:
            if status == HEALTHY:
                connection.execute(sa.update(system_health_log).where(mine).values(resolved_us=now_us))
                return
            same = sa.and_(mine, table.status == status)
            if connection.execute(sa.update(system_health_log).where(same).values(details=dict(details))).rowcount:
                return
            connection.execute(sa.update(system_health_log).where(mine).values(resolved_us=now_us))
            values = {"component": component, "status": status, "details": dict(details), "checked_us": now_us, "resolved_us": None}
            new_id(connection, system_health_log, venture_id=venture_id, **values)

    def open(self, venture_id: int) -> Sequence[SystemEntry]:
        table = system_health_log.c
        return self._listed(table.venture_id == venture_id, table.resolved_us.is_(None))

    def since(self, venture_id: int, from_us: int) -> Sequence[SystemEntry]:
        table = system_health_log.c
        return self._listed(table.venture_id == venture_id, sa.or_(table.resolved_us.is_(None), table.resolved_us >= from_us))

    def _listed(self, *where: sa.ColumnElement[bool]) -> Sequence[SystemEntry]:
        query = sa.select(system_health_log).where(*where).order_by(system_health_log.c.entry_id)
        with self._database.reading() as connection:
            return [from_row(row, SystemEntry) for row in connection.execute(query)]
