"""The ledger of touches: asking for them, listing them, approving drafts, pulling back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from tenure.model.touches import EXPIRED, Gate, Outcome, Purpose, Touch, TouchState, VerdictLine
from tenure.ports.touches import TouchFilter, WantedTouch
from tenure.store.engine import Database
from tenure.store.loop_tables import touch_verdicts, touches
from tenure.store.records import from_row, to_row
from tenure.store.statements import in_chunks, insert_new, not_found, one_of

CHUNK = 2_000
LEFT = tuple(state.value for state in TouchState if state.left)
WAITING = (TouchState.advised, TouchState.drafted, TouchState.deferred, TouchState.queued)
_TO_APPROVE = (TouchState.advised, TouchState.drafted)


class TouchRows:
    """The port `tenure.ports.touches.Touches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def want(self, venture_id: int, wanted: Sequence[WantedTouch], *, now_us: int) -> int:
        with self._database.writing() as connection:
            return write_touches(connection, venture_id, wanted, now_us=now_us)

    def log(self, venture_id: int, done: Sequence[WantedTouch], *, sent_us: int, now_us: int) -> int:
        by_people = [msgspec.structs.replace(one, by_person=True) for one in done]
        with self._database.writing() as connection:
            return write_touches(connection, venture_id, by_people, now_us=now_us, state=TouchState.sent, sent_us=sent_us)

    def revise(self, venture_id: int, key: str, content: dict[str, object], *, now_us: int) -> bool:
        mine = [touches.c.venture_id == venture_id, touches.c.key == key, touches.c.customer_facing == 0]
        ended = touches.c.state.in_([state.value for state in TouchState if state.is_over])
        again = sa.case((ended, TouchState.queued.value), else_=touches.c.state)
        values = {"content": content, "state": again, "attempts": 0, "next_attempt_us": None}
        with self._database.writing() as connection:
            # one being sent right now is left to finish; the caller asks again
            not_now = touches.c.state != TouchState.sending.value
            return connection.execute(sa.update(touches).where(*mine, not_now).values(**values)).rowcount > 0

    def by_keys(self, venture_id: int, keys: Sequence[str]) -> Sequence[Touch]:
        return self._in(venture_id, touches.c.key, keys)

    def get(self, venture_id: int, touch_id: int) -> Touch:
        query = sa.select(touches).where(touches.c.venture_id == venture_id, touches.c.touch_id == touch_id)
        with self._database.reading() as connection:
            return touch_of(one_of(connection, query, f"touch {touch_id}"))

    def list(self, venture_id: int, where: TouchFilter, *, limit: int | None = None) -> Sequence[Touch]:
        query = sa.select(touches).where(touches.c.venture_id == venture_id, *_conditions(where))
        query = query.order_by(touches.c.decided_us.desc(), touches.c.touch_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [touch_of(row) for row in connection.execute(query)]

    def of_enrollments(self, venture_id: int, enrollment_ids: Sequence[int]) -> Sequence[Touch]:
        return self._in(venture_id, touches.c.enrollment_id, enrollment_ids)

    def sent_to(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Touch]:
        left = (touches.c.state.in_(LEFT), touches.c.customer_facing == 1, touches.c.sent_us >= since_us)
        found = self._in(venture_id, touches.c.customer_id, customer_ids, *left)
        return sorted(found, key=lambda one: (one.sent_us or 0, one.touch_id))

    def history(self, venture_id: int, touch_ids: Sequence[int]) -> Sequence[VerdictLine]:
        found: list[VerdictLine] = []
        with self._database.reading() as connection:
            for chunk in in_chunks(touch_ids, CHUNK):
                lines = sa.select(touch_verdicts).where(
                    touch_verdicts.c.venture_id == venture_id, touch_verdicts.c.touch_id.in_(chunk)
                )
                rows = connection.execute(lines.order_by(touch_verdicts.c.verdict_id))
                found += [from_row(row, VerdictLine) for row in rows]
        return found

    def withdraw(
        self, venture_id: int, *, reason: str, now_us: int, customer_id: str | None = None, playbook: str | None = None,
        enrollment_ids: Sequence[int] | None = None,
    ) -> int:
        ours = [touches.c.customer_facing == 1, touches.c.by_person == 0] if enrollment_ids is None else []
        if customer_id is not None:
            ours.append(touches.c.customer_id == customer_id)
        if playbook is not None:
            ours.append(touches.c.playbook == playbook)
        pulled = 0
        with self._database.writing() as connection:
            for chunk in [None] if enrollment_ids is None else in_chunks(enrollment_ids, CHUNK):
                named = ours if chunk is None else [*ours, touches.c.enrollment_id.in_(chunk)]
                pulled += move(
                    connection, venture_id, named, WAITING, Outcome.withdraw, gate=Gate.person.value, reason=reason, now_us=now_us
                )
        return pulled

    def approve(self, venture_id: int, touch_ids: Sequence[int], *, by: str, now_us: int, expires_us: int) -> int:
        back = {"approved_by": by, "next_attempt_us": now_us, "expires_us": expires_us}
        return self._answer(venture_id, touch_ids, Outcome.defer, f"approved by {by}", now_us, **back)

    def reject(self, venture_id: int, touch_ids: Sequence[int], *, by: str, why: str, now_us: int) -> int:
        reason = f"rejected by {by}" + (f": {why}" if why else "")
        return self._answer(venture_id, touch_ids, Outcome.refuse, reason, now_us)

    def edit(
        self, venture_id: int, touch_id: int, content: dict[str, object], *, was: Mapping[str, object], by: str, now_us: int
    ) -> bool:
        mine = (touches.c.venture_id == venture_id, touches.c.touch_id == touch_id, _state_in(_TO_APPROVE))
        with self._database.writing() as connection:
            found = connection.execute(sa.select(touches.c.content).where(*mine).with_for_update()).one_or_none()
            if found is None:
                raise not_found(f"draft {touch_id}")
            if found.content != was:
                return False
            connection.execute(sa.update(touches).where(*mine).values(content=content))
            line = {"touch_id": touch_id, "gate": Gate.person.value, "verdict": "edited", "reason": f"edited by {by}"}
            connection.execute(sa.insert(touch_verdicts).values(venture_id=venture_id, at_us=now_us, **line))
            return True

    def expire(self, venture_id: int, *, now_us: int) -> int:
        over = (_state_in(_TO_APPROVE), touches.c.next_attempt_us <= now_us)
        unsent = (_state_in((TouchState.queued,)), touches.c.expires_us <= now_us)
        with self._database.writing() as connection:
            drafts = move(
                connection, venture_id, list(over), _TO_APPROVE, Outcome.skip,
                gate=Gate.expiry.value, reason="expired, waited for approval", now_us=now_us,
            )  # fmt: skip
            return drafts + move(
                connection, venture_id, list(unsent), (TouchState.queued,), Outcome.skip,
                gate=Gate.expiry.value, reason="expired, waited in the outbox", now_us=now_us,
            )  # fmt: skip

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        forgotten = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, CHUNK):
                mine = sa.and_(touches.c.venture_id == venture_id, touches.c.customer_id.in_(chunk))
                ids = sa.select(touches.c.touch_id).where(mine)
                lines = (touch_verdicts.c.venture_id == venture_id, touch_verdicts.c.touch_id.in_(ids))
                connection.execute(sa.delete(touch_verdicts).where(*lines))
                forgotten += connection.execute(sa.delete(touches).where(mine)).rowcount
        return forgotten

    def _answer(self, venture_id: int, touch_ids: Sequence[int], outcome: Outcome, reason: str, now_us: int, **values: Any) -> int:
        moved = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(touch_ids, CHUNK):
                named = [touches.c.touch_id.in_(chunk)]
                moved += move(
                    connection, venture_id, named, _TO_APPROVE, outcome, gate=Gate.person.value, reason=reason, now_us=now_us, **values
                )
        return moved

    def _in(self, venture_id: int, column: sa.Column[Any], values: Sequence[Any], *others: sa.ColumnElement[bool]) -> Sequence[Touch]:
        found: list[Touch] = []
        with self._database.reading() as connection:
            for chunk in in_chunks(values, CHUNK):
                query = sa.select(touches).where(touches.c.venture_id == venture_id, column.in_(chunk), *others)
                found += [touch_of(row) for row in connection.execute(query.order_by(touches.c.touch_id))]
        return sorted(found, key=lambda one: one.touch_id)


def write_touches(
    connection: Connection,
    venture_id: int,
    wanted: Sequence[WantedTouch],
    *,
    now_us: int,
    state: TouchState = TouchState.deferred,
    sent_us: int | None = None,
) -> int:
    """Write those whose key is new, in the caller's transaction; returns how many were."""
    always = {"venture_id": venture_id, "state": state.value, "sent_us": sent_us, "decided_us": now_us}
    untouched = {"reason": "", "attempts": 0, "cost_cents": 0.0, "provider": None, "provider_message_id": None}
    nobodys = {"next_attempt_us": None, "claimed_by": None, "claimed_us": None, "approved_by": None}
    rows = [to_row(one, touches, **always, **untouched, **nobodys) for one in wanted]
    return insert_new(connection, touches, rows, "venture_id", "key")


def move(
    connection: Connection,
    venture_id: int,
    conditions: Sequence[sa.ColumnElement[bool]],
    states: Sequence[TouchState],
    outcome: Outcome,
    *,
    gate: str,
    reason: str,
    now_us: int,
    **values: Any,
) -> int:
    """Move every touch of these states to what `outcome` says, with a line each; returns how many."""
    mine = sa.and_(touches.c.venture_id == venture_id, _state_in(states), *conditions)
    changed = {"next_attempt_us": None, "claimed_by": None, "claimed_us": None} | values
    update = sa.update(touches).where(mine).values(state=outcome.state.value, reason=reason, **changed)
    moved = [row.touch_id for row in connection.execute(update.returning(touches.c.touch_id))]
    write_lines(connection, venture_id, [VerdictLine(touch_id=one, at_us=now_us, gate=gate, verdict=outcome.value, reason=reason) for one in moved])
    return len(moved)


def write_lines(connection: Connection, venture_id: int, lines: Sequence[VerdictLine]) -> None:
    """Into the history, in the caller's transaction."""
    rows = [to_row(line, touch_verdicts, venture_id=venture_id) for line in lines]
    for chunk in in_chunks(rows, CHUNK):
        connection.execute(sa.insert(touch_verdicts), list(chunk))


def touch_of(row: Row[Any]) -> Touch:
    return from_row(row, Touch)


def _state_in(states: Sequence[TouchState]) -> sa.ColumnElement[bool]:
    return touches.c.state.in_([state.value for state in states])


def _conditions(where: TouchFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if where.states:
        conditions.append(_state_in(where.states))
    if where.customer_id is not None:
        conditions.append(touches.c.customer_id == where.customer_id)
    if where.playbook is not None:
        conditions.append(touches.c.playbook == where.playbook if where.playbook else touches.c.playbook.is_(None))
    if where.channel is not None:
        conditions.append(touches.c.channel == where.channel.value)
    if where.reason is not None:
        conditions.append(_for_reason(where.reason))
    if where.customer_facing is not None:
        conditions.append(touches.c.customer_facing == int(where.customer_facing))
    return conditions + _when(where)


def _for_reason(reason: str) -> sa.ColumnElement[bool]:
    said = touches.c.reason
    forms: list[sa.ColumnElement[bool]] = [said.in_([reason, EXPIRED + reason])]
    forms += [said.startswith(f"{begin}{reason}:", autoescape=True) for begin in ("", EXPIRED)]
    return sa.or_(*forms)


def _when(where: TouchFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [touches.c.state.in_(LEFT)] if where.left else []
    moment = touches.c.sent_us if where.left else touches.c.decided_us
    if where.since_us is not None:
        conditions.append(moment >= where.since_us)
    if where.until_us is not None:
        conditions.append(moment <= where.until_us)
    return conditions


BUDGETED = (Purpose.service.value, Purpose.marketing.value)
