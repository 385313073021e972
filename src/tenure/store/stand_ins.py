"""Stand-ins in the store."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tenure.model.team import StandIn
from tenure.store.engine import Database
from tenure.store.loop_tables import stand_ins
from tenure.store.records import from_row
from tenure.store.statements import audit, hold_venture, new_id, not_found


class StandInRows:
    """The port `tenure.ports.stand_ins.StandIns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, venture_id: int) -> Sequence[StandIn]:
        query = sa.select(stand_ins).where(stand_ins.c.venture_id == venture_id).order_by(stand_ins.c.stand_in_id)
        with self._database.reading() as connection:
            return [from_row(row, StandIn) for row in connection.execute(query)]

    def add(
        self,
        venture_id: int,
        *,
        deputy: str,
        from_us: int,
        by: str,
        reason: str,
        now_us: int,
        person: str = "",
        customer_id: str | None = None,
        until_us: int | None = None,
    ) -> StandIn:
        table = stand_ins.c
        same = [table.venture_id == venture_id, table.person == person, table.ended_us.is_(None)]
        same.append(table.customer_id.is_(None) if customer_id is None else table.customer_id == customer_id)
        values = {"deputy": deputy, "from_us": from_us, "until_us": until_us}
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            before = [from_row(row, StandIn) for row in connection.execute(sa.select(stand_ins).where(*same))]
            known = next((one for one in before if all(getattr(one, name) == value for name, value in values.items())), None)
            if known is not None:
                return known
            if customer_id is not None:
                connection.execute(sa.update(stand_ins).where(*same).values(ended_us=now_us))
            number = new_id(
                connection,
                stand_ins,
                venture_id=venture_id,
                person=person,
                customer_id=customer_id,
                reason=reason,
                by=by,
                **values,
            )
            what = "absence" if customer_id is None else "assignment"
            audit(
                connection, venture_id, who=by, subject=what, name=str(number), before=None, after=values, why=reason, now_us=now_us
            )
            return from_row(connection.execute(sa.select(stand_ins).where(table.stand_in_id == number)).one(), StandIn)

    def end(self, venture_id: int, stand_in_id: int, *, now_us: int) -> None:
        mine = sa.and_(stand_ins.c.venture_id == venture_id, stand_ins.c.stand_in_id == stand_in_id)
        with self._database.writing() as connection:
            if not connection.execute(sa.update(stand_ins).where(mine).values(ended_us=now_us)).rowcount:
                raise not_found(f"stand-in {stand_in_id}")
