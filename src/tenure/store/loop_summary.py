"""The loop in sums: done by playbook and channel, not done by reason, chains by how they ended."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tenure.model.touches import ResponseKind, TouchState
from tenure.ports.loop_summary import ChainSum, DoneSum, RefusalSum
from tenure.store.engine import Database
from tenure.store.loop_tables import recursion_executions, responses, touches

_LEFT = [state.value for state in TouchState if state.left]
_NOT_DONE = [
    one.value
    for one in (
        TouchState.refused,
        TouchState.skipped,
        TouchState.withdrawn,
        TouchState.failed,
        TouchState.deferred,
    )
]
_ANSWERS = [kind.value for kind in ResponseKind if kind.is_response]


class LoopSums:
    """The port `tenure.ports.loop_summary.LoopSummary`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def done(self, venture_id: int, since_us: int, until_us: int) -> Sequence[DoneSum]:
        one, said = touches.c, responses.c
        answers = sa.select(said.touch_id).where(
            said.venture_id == venture_id, said.kind.in_(_ANSWERS), said.touch_id.is_not(None)
        )
        answered = answers.distinct().subquery()
        person = sa.or_(one.by_person == 1, one.approved_by.is_not(None))
        count = sa.func.count()
        query = (
            sa.select(
                one.playbook,
                one.channel,
                count.label("sent"),
                sa.func.sum(sa.case((person, 1), else_=0)).label("by_person"),
                sa.func.count(one.customer_id.distinct()).label("customers"),
                sa.func.count(sa.case((answered.c.touch_id.is_not(None), one.customer_id)).distinct()).label(
                    "answered"
                ),
            )
            .outerjoin(answered, answered.c.touch_id == one.touch_id)
            .where(one.venture_id == venture_id, one.customer_facing == 1, one.state.in_(_LEFT))
            .where(one.sent_us >= since_us, one.sent_us < until_us)
            .group_by(one.playbook, one.channel)
            .order_by(count.desc(), one.playbook, one.channel)
        )
        with self._database.reading() as connection:
            return [DoneSum(**row._mapping) for row in connection.execute(query)]

    def not_done(self, venture_id: int, since_us: int, until_us: int) -> Sequence[RefusalSum]:
        one, count = touches.c, sa.func.count()
        customers = sa.func.count(one.customer_id.distinct()).label("customers")
        query = (
            sa.select(one.state, one.reason, count.label("touches"), customers)
            .where(one.venture_id == venture_id, one.customer_facing == 1, one.state.in_(_NOT_DONE))
            .where(one.decided_us >= since_us, one.decided_us < until_us, one.reason != "")
            .group_by(one.state, one.reason)
            .order_by(count.desc(), one.state, one.reason)
        )
        with self._database.reading() as connection:
            return [RefusalSum(**row._mapping) for row in connection.execute(query)]

    def chains(self, venture_id: int, since_us: int, until_us: int) -> Sequence[ChainSum]:
        one, count = recursion_executions.c, sa.func.count()
        in_time = sa.or_(
            one.is_open == 1, sa.and_(one.terminated_us >= since_us, one.terminated_us < until_us)
        )
        query = (
            sa.select(
                one.trigger_id,
                sa.case((one.is_open.is_(None), one.reason)).label("reason"),
                count.label("chains"),
            )
            .where(one.venture_id == venture_id, one.opened_us < until_us, in_time)
            .group_by(one.trigger_id, sa.case((one.is_open.is_(None), one.reason)))
            .order_by(one.trigger_id, count.desc())
        )
        with self._database.reading() as connection:
            return [ChainSum(**row._mapping) for row in connection.execute(query)]
