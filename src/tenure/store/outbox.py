"""The outbox: claims, and the ledger row written before the provider is called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.touches import Channel, Gate, Touch, TouchState, Verdict, VerdictLine
from tenure.ports.outbox import Settled
from tenure.rules.delivery.breaker import Breaker
from tenure.store.engine import Database
from tenure.store.gating import importance
from tenure.store.loop_tables import provider_health, touches
from tenure.store.records import from_row, to_row
from tenure.store.statements import in_chunks, replacing
from tenure.store.touches import CHUNK, LEFT, touch_of, write_lines

_UNKNOWN = "the worker died while it was being sent; nobody can say whether it left"


class OutboxRows:
    """The port `tenure.ports.outbox.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(self, venture_id: int, worker: str, *, dead_before_us: int, now_us: int) -> Settled:
        table = touches.c
        dead = sa.or_(table.claimed_by == worker, table.claimed_us < dead_before_us)
        found = (table.venture_id == venture_id, table.state == TouchState.sending.value, dead)
        shown = {"state": TouchState.unknown.value, "reason": _UNKNOWN}
        again = {"state": TouchState.queued.value, "claimed_by": None, "claimed_us": None}
        with self._database.writing() as connection:
            unknown = _moved(connection, sa.update(touches).where(*found, table.customer_facing == 1).values(**shown))
            repeated = _moved(connection, sa.update(touches).where(*found, table.customer_facing == 0).values(**again))
            write_lines(connection, venture_id, [_line(one, "unknown", _UNKNOWN, now_us) for one in unknown])
        return Settled(unknown=tuple(unknown), repeated=tuple(repeated))

    def claim(
        self, venture_id: int, worker: str, channels: Collection[Channel], *, now_us: int, stale_before_us: int, limit: int
    ) -> Sequence[Touch]:
        table = touches.c
        free = sa.or_(table.claimed_by.is_(None), table.claimed_by == worker, table.claimed_us < stale_before_us)
        ready = sa.or_(table.next_attempt_us.is_(None), table.next_attempt_us <= now_us)
        where = (table.venture_id == venture_id, table.state == TouchState.queued.value, free, ready)
        wanted = sa.select(table.touch_id).where(*where, table.channel.in_([channel.value for channel in channels]))
        wanted = wanted.order_by(importance(), table.due_us, table.touch_id).limit(limit).with_for_update(skip_locked=True)
        with self._database.writing() as connection:
            ids = list(connection.scalars(wanted))
            for chunk in in_chunks(ids, CHUNK):
                mine = (table.venture_id == venture_id, table.touch_id.in_(chunk))
                connection.execute(sa.update(touches).where(*mine).values(claimed_by=worker, claimed_us=now_us))
            rows = [row for chunk in in_chunks(ids, CHUNK) for row in connection.execute(_by_id(venture_id, chunk))]
        found = {row.touch_id: touch_of(row) for row in rows}
        return [found[one] for one in ids]

    def release(self, venture_id: int, worker: str, touch_ids: Sequence[int]) -> None:
        with self._database.writing() as connection:
            for chunk in in_chunks(touch_ids, CHUNK):
                mine = (*_mine(venture_id, worker, TouchState.queued), touches.c.touch_id.in_(chunk))
                connection.execute(sa.update(touches).where(*mine).values(claimed_by=None, claimed_us=None))

    def begin(self, venture_id: int, touch_id: int, worker: str, *, provider: str, now_us: int) -> bool:
        mine = (*_mine(venture_id, worker, TouchState.queued), touches.c.touch_id == touch_id)
        values = {"state": TouchState.sending.value, "provider": provider, "claimed_us": now_us, "sent_us": now_us}
        counted = {"attempts": touches.c.attempts + 1}
        with self._database.writing() as connection:
            return connection.execute(sa.update(touches).where(*mine).values(**values, **counted)).rowcount == 1

    def sent(self, venture_id: int, touch_id: int, worker: str, *, message_id: str, cost_cents: float, now_us: int) -> None:
        values = {"provider_message_id": message_id, "cost_cents": touches.c.cost_cents + cost_cents, "reason": ""}
        self._end(venture_id, touch_id, worker, TouchState.sent, now_us, sent_us=now_us, next_attempt_us=None, **values)

    def pretended(self, venture_id: int, worker: str, cost_cents: Mapping[int, float], *, provider: str, now_us: int) -> int:
        mine = (*_mine(venture_id, worker, TouchState.queued), touches.c.touch_id == sa.bindparam("_touch"))
        values = {"state": TouchState.sent.value, "provider": provider, "claimed_us": now_us, "sent_us": now_us, "next_attempt_us": None}
        counted = {"attempts": touches.c.attempts + 1, "cost_cents": touches.c.cost_cents + sa.bindparam("_cost")}
        update = sa.update(touches).where(*mine).values(provider_message_id=touches.c.key, reason="", **values, **counted)
        rows = [{"_touch": number, "_cost": cost} for number, cost in cost_cents.items()]
        with self._database.writing() as connection:
            return connection.execute(update, rows).rowcount if rows else 0

    def later(self, venture_id: int, touch_id: int, worker: str, *, at_us: int, reason: str, now_us: int) -> None:
        back = {"next_attempt_us": at_us, "claimed_by": None, "claimed_us": None, "sent_us": None}
        self._end(venture_id, touch_id, worker, TouchState.queued, now_us, reason=reason, **back)

    def failed(self, venture_id: int, touch_id: int, worker: str, *, reason: str, now_us: int) -> None:
        self._end(venture_id, touch_id, worker, TouchState.failed, now_us, reason=reason, sent_us=None)

    def unknown(self, venture_id: int, touch_id: int, worker: str, *, reason: str, now_us: int) -> None:
        self._end(venture_id, touch_id, worker, TouchState.unknown, now_us, reason=reason)

    def hold_back(self, venture_id: int, worker: str, verdicts: Mapping[int, Verdict], *, now_us: int) -> None:
        with self._database.writing() as connection:
            lines: list[VerdictLine] = []
            for touch_id, verdict in verdicts.items():
                mine = (*_mine(venture_id, worker, TouchState.queued), touches.c.touch_id == touch_id)
                back = {"claimed_by": None, "claimed_us": None, "next_attempt_us": verdict.until_us}
                update = sa.update(touches).where(*mine).values(state=verdict.outcome.state.value, reason=verdict.reason, **back)
                if connection.execute(update).rowcount:
                    gate = Gate.provider if verdict.gate is None else verdict.gate
                    lines.append(_line(touch_id, verdict.outcome.value, verdict.reason, now_us, gate))
            write_lines(connection, venture_id, lines)

    def left_since(self, venture_id: int, channel: Channel, since_us: int) -> int:
        table = touches.c
        mine = (table.venture_id == venture_id, table.channel == channel.value, table.customer_facing == 1, table.by_person == 0)
        query = sa.select(sa.func.count()).select_from(touches).where(*mine, table.state.in_(LEFT), table.sent_us >= since_us)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def waiting(self, venture_id: int, now_us: int) -> tuple[int, int | None]:
        table = touches.c
        due = (table.venture_id == venture_id, table.state == TouchState.queued.value, table.due_us <= now_us)
        with self._database.reading() as connection:
            row = connection.execute(sa.select(sa.func.count(), sa.func.min(table.due_us)).where(*due)).one()
        return int(row[0]), row[1]

    def breaker(self, venture_id: int, provider: str) -> Breaker:
        mine = (provider_health.c.venture_id == venture_id, provider_health.c.provider == provider)
        with self._database.reading() as connection:
            row = connection.execute(sa.select(provider_health).where(*mine)).one_or_none()
        return Breaker(provider=provider) if row is None else from_row(row, Breaker)

    def keep_breaker(self, venture_id: int, breaker: Breaker, *, now_us: int) -> None:
        row = to_row(breaker, provider_health, venture_id=venture_id, changed_us=now_us)
        with self._database.writing() as connection:
            connection.execute(replacing(connection, provider_health).values(**row))

    def _end(self, venture_id: int, touch_id: int, worker: str, state: TouchState, now_us: int, **values: Any) -> None:
        """What became of a call. One thought dead and settled as unknown is corrected by the worker that knows better."""
        ends = (TouchState.sending.value, TouchState.unknown.value)
        mine = (touches.c.venture_id == venture_id, touches.c.touch_id == touch_id, touches.c.claimed_by == worker)
        update = sa.update(touches).where(*mine, touches.c.state.in_(ends)).values(state=state.value, **values)
        with self._database.writing() as connection:
            if connection.execute(update).rowcount and state is not TouchState.sent:
                write_lines(connection, venture_id, [_line(touch_id, state.value, str(values["reason"]), now_us)])


def _mine(venture_id: int, worker: str, state: TouchState) -> tuple[sa.ColumnElement[bool], ...]:
    return touches.c.venture_id == venture_id, touches.c.claimed_by == worker, touches.c.state == state.value


def _by_id(venture_id: int, touch_ids: Sequence[int]) -> sa.Select[Any]:
    return sa.select(touches).where(touches.c.venture_id == venture_id, touches.c.touch_id.in_(touch_ids))


def _moved(connection: Connection, update: sa.Update) -> list[int]:
    return list(connection.scalars(update.returning(touches.c.touch_id)))


def _line(touch_id: int, verdict: str, reason: str, now_us: int, gate: Gate = Gate.provider) -> VerdictLine:
    return VerdictLine(touch_id=touch_id, at_us=now_us, gate=gate.value, verdict=verdict, reason=reason)
