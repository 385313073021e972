"""Mode, pauses and hands-off in the store; every change leaves an audit line in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.incidents import LoopState, Mode, Pause
from tenure.store.engine import Database
from tenure.store.loop_tables import hands_off, intents, loop_modes, pauses
from tenure.store.records import from_row
from tenure.store.statements import audit, hold_venture, in_chunks, new_id

_CHUNK = 2_000
BASELINE_KEY = "baseline:"


class ControlRows:
    """The port `tenure.ports.controls.Controls`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, venture_id: int, now_us: int) -> LoopState:
        with self._database.reading() as connection:
            return _state(connection, venture_id)

    def switch(self, venture_id: int, mode: Mode, *, by: str, why: str, now_us: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            before = _state(connection, venture_id).mode
            if before is mode:
                return
            new_id(connection, loop_modes, venture_id=venture_id, mode=mode.value, since_us=now_us, by=by, why=why)
            audit(
                connection, venture_id, who=by, subject="mode", name="mode", before=before.value, after=mode.value, why=why, now_us=now_us
            )

    def pause(
        self, venture_id: int, scope: str, *, by: str, why: str, now_us: int, incident_id: int | None = None
    ) -> Pause:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            return write_pause(connection, venture_id, scope, by=by, why=why, now_us=now_us, incident_id=incident_id)

    def resume(
        self, venture_id: int, scope: str, *, by: str, why: str, now_us: int, cohort_percent: float | None = None
    ) -> Sequence[Pause]:
        mine = _in_force(venture_id, scope)
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            found = [from_row(row, Pause) for row in connection.execute(sa.select(pauses).where(*mine))]
            if not found:
                return []
            change_pauses(connection, mine, by=by, now_us=now_us, cohort_percent=cohort_percent)
            after = "resumed" if cohort_percent is None else f"{cohort_percent:g} %"
            audit(
                connection, venture_id, who=by, subject="pause", name=scope, before="paused", after=after, why=why, now_us=now_us
            )
            numbers = [one.pause_id for one in found]
            rows = connection.execute(sa.select(pauses).where(pauses.c.pause_id.in_(numbers)).order_by(pauses.c.pause_id))
            return [from_row(row, Pause) for row in rows]

    def hands_off(self, venture_id: int, customer_ids: Sequence[str], now_us: int) -> Mapping[str, str]:
        table = hands_off.c
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                query = sa.select(table.customer_id, table.reason).where(
                    table.venture_id == venture_id,
                    table.customer_id.in_(chunk),
                    table.from_us <= now_us,
                    table.until_us > now_us,
                    sa.or_(table.ended_us.is_(None), table.ended_us > now_us),
                )
                found.update((row.customer_id, row.reason) for row in connection.execute(query))
        return found

    def keep_hands_off(
        self, venture_id: int, customer_id: str, *, until_us: int, reason: str, by: str, now_us: int
    ) -> None:
        values = {"customer_id": customer_id, "until_us": until_us, "reason": reason, "by": by}
        table = hands_off.c
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            same = sa.and_(table.venture_id == venture_id, *(table[name] == value for name, value in values.items()))
            if connection.scalar(sa.select(sa.func.count()).where(same, table.ended_us.is_(None))):
                return
            number = new_id(connection, hands_off, venture_id=venture_id, from_us=now_us, **values)
            audit(  # its number, not the customer: what is erased must not live on in the log
                connection, venture_id, who=by, subject="hands_off", name=str(number), before=None, after=until_us, why=reason, now_us=now_us
            )

    def end_hands_off(self, venture_id: int, customer_id: str, *, by: str, now_us: int) -> None:
        table = hands_off.c
        mine = [table.venture_id == venture_id, table.customer_id == customer_id, table.ended_us.is_(None), table.until_us > now_us]
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            ended = sa.update(hands_off).where(*mine).values(ended_us=now_us).returning(table.hands_off_id)
            for number in connection.scalars(ended).all():
                audit(
                    connection, venture_id, who=by, subject="hands_off", name=str(number), before=True, after=None, why="", now_us=now_us
                )

    def baseline_entries(self, venture_id: int, person: str, since_us: int) -> int:
        table = intents.c
        query = sa.select(table.document).where(
            table.venture_id == venture_id, table.key.like(f"{BASELINE_KEY}%"), table.created_us >= since_us
        )
        with self._database.reading() as connection:
            return sum(row.document["cause"].get("person") == person for row in connection.execute(query))


def write_pause(
    connection: Connection, venture_id: int, scope: str, *, by: str, why: str, now_us: int, incident_id: int | None
) -> Pause:
    """Pause a scope in the caller's transaction; paused already by the same incident (or by nobody's) changes nothing."""
    same = [*_in_force(venture_id, scope)]
    same.append(pauses.c.incident_id.is_(None) if incident_id is None else pauses.c.incident_id == incident_id)
    known = connection.execute(sa.select(pauses).where(*same)).first()
    if known is not None:
        return from_row(known, Pause)
    number = new_id(
        connection,
        pauses,
        venture_id=venture_id,
        scope=scope,
        since_us=now_us,
        by=by,
        why=why,
        incident_id=incident_id,
    )
    audit(
        connection, venture_id, who=by, subject="pause", name=scope, before=None, after="paused", why=why, now_us=now_us
    )
    return from_row(connection.execute(sa.select(pauses).where(pauses.c.pause_id == number)).one(), Pause)


def change_pauses(
    connection: Connection, mine: Sequence[sa.ColumnElement[bool]], *, by: str, now_us: int, cohort_percent: float | None
) -> None:
    """End pauses, or let a share act again."""
    ended = {"ended_us": now_us, "ended_by": by}
    values = ended if cohort_percent is None else {"cohort_percent": cohort_percent}
    connection.execute(sa.update(pauses).where(*mine).values(**values))


def _in_force(venture_id: int, scope: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (pauses.c.venture_id == venture_id, pauses.c.scope == scope, pauses.c.ended_us.is_(None))


def _state(connection: Connection, venture_id: int) -> LoopState:
    modes = loop_modes.c
    last = connection.execute(
        sa.select(loop_modes).where(modes.venture_id == venture_id).order_by(modes.change_id.desc()).limit(1)
    ).one_or_none()
    query = sa.select(pauses).where(pauses.c.venture_id == venture_id, pauses.c.ended_us.is_(None)).order_by(pauses.c.pause_id)
    paused = tuple(from_row(row, Pause) for row in connection.execute(query))
    if last is None or last.mode == Mode.watch.value:
        return LoopState(pauses=paused)
    return LoopState(mode=Mode.live, live_since_us=last.since_us, live_by=last.by, pauses=paused)
