"""What the gates ask in bulk, and their verdicts in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.contacts import ATTEMPTS
from tenure.model.playbooks import EnrollmentState, PlaybookKind
from tenure.model.touches import Outcome, Purpose, ResponseKind, Touch, TouchState, VerdictLine
from tenure.ports.gating import ContactedBy, Judged
from tenure.rules.eligibility.budget import BUDGET_WINDOW_US, Contacted, is_refusable
from tenure.store.engine import Database
from tenure.store.intents import write_intents
from tenure.store.loop_tables import enrollments, responses, touches
from tenure.store.statements import hold_venture, in_chunks
from tenure.store.touches import BUDGETED, CHUNK, LEFT, touch_of, write_lines

_CAMPAIGNS = [kind.value for kind in PlaybookKind if kind.is_campaign]
_TALKED = [kind.value for kind in (ResponseKind.replied, ResponseKind.angry_reply, ResponseKind.meeting_booked, ResponseKind.call_reached)]


class GatingRows:
    """The port `tenure.ports.gating.Gating`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, venture_id: int, *, now_us: int, limit: int) -> Sequence[Touch]:
        query = sa.select(touches).where(touches.c.venture_id == venture_id, *_is_due(now_us))
        query = query.order_by(importance(), touches.c.due_us, touches.c.touch_id).limit(limit)
        with self._database.reading() as connection:
            return [touch_of(row) for row in connection.execute(query)]

    def contacted(self, venture_id: int, customer_ids: Sequence[str], *, now_us: int) -> ContactedBy:
        with self._database.reading() as connection:
            return contacted_by(connection, venture_id, customer_ids, now_us)

    def in_touch(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Mapping[str, int]:
        talked = sa.func.coalesce(touches.c.variant, "").not_in([one.value for one in ATTEMPTS])
        ours = (touches.c.by_person == 1, touches.c.state == TouchState.sent.value, touches.c.purpose != Purpose.internal.value, talked)
        theirs = (responses.c.kind.in_(_TALKED),)
        spoke = self._latest(venture_id, touches.c.customer_id, touches.c.sent_us, customer_ids, since_us, ours)
        wrote = self._latest(venture_id, responses.c.customer_id, responses.c.occurred_us, customer_ids, since_us, theirs)
        return {customer: max(spoke.get(customer, 0), wrote.get(customer, 0)) for customer in spoke.keys() | wrote.keys()}

    def held_out(self, venture_id: int, enrollment_ids: Sequence[int]) -> frozenset[int]:
        found: set[int] = set()
        table = enrollments.c
        with self._database.reading() as connection:
            for chunk in in_chunks(sorted(set(enrollment_ids)), CHUNK):
                query = sa.select(table.enrollment_id).where(
                    table.venture_id == venture_id, table.enrollment_id.in_(chunk), table.state == EnrollmentState.held_out.value
                )
                found.update(connection.scalars(query))
        return frozenset(found)

    def campaign_ends(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Mapping[str, int]:
        campaigns = (enrollments.c.kind.in_(_CAMPAIGNS), enrollments.c.state != EnrollmentState.held_out.value)
        return self._latest(venture_id, enrollments.c.customer_id, enrollments.c.ended_us, customer_ids, since_us, campaigns)

    def last_sent_us(self, venture_id: int) -> int | None:
        table = touches.c
        query = sa.select(sa.func.max(table.sent_us)).where(table.venture_id == venture_id, table.playbook.is_not(None))
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else int(found)

    def judge(self, venture_id: int, judged: Sequence[Judged], seen: ContactedBy, *, now_us: int) -> Sequence[int]:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            waiting = _still_due(connection, venture_id, [one.touch.touch_id for one in judged], now_us)
            mine = [one for one in judged if one.touch.touch_id in waiting]
            moved = _without_overtaken(connection, venture_id, mine, seen, now_us)
            _write_verdicts(connection, venture_id, moved, now_us)
            write_intents(connection, venture_id, [intent for one in moved for intent in one.intents], now_us)
        return [one.touch.touch_id for one in moved]

    def _latest(
        self,
        venture_id: int,
        customer: sa.Column[Any],
        at: sa.Column[Any],
        customer_ids: Sequence[str],
        since_us: int,
        conditions: Iterable[sa.ColumnElement[bool]],
    ) -> dict[str, int]:
        found: dict[str, int] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, CHUNK):
                mine = (customer.table.c.venture_id == venture_id, customer.in_(chunk), at >= since_us, *conditions)
                query = sa.select(customer, sa.func.max(at)).where(*mine).group_by(customer)
                found |= {row[0]: row[1] for row in connection.execute(query)}
        return found


def importance() -> sa.ColumnElement[int]:
    """The order in which budget and outbox are shared out: internal, then by the playbook's rank, what has none last."""
    ranks = {kind.value: kind.rank for kind in PlaybookKind}
    last = max(ranks.values()) + 1
    return sa.case((touches.c.customer_facing == 0, -1), else_=sa.case(ranks, value=touches.c.kind, else_=last))


def contacted_by(connection: Connection, venture_id: int, customer_ids: Iterable[str], now_us: int) -> dict[str, dict[str, Contacted]]:
    """By customer and person, what counts against the budget now."""
    left: dict[tuple[str, str], list[int]] = defaultdict(list)
    waiting: dict[tuple[str, str], int] = defaultdict(int)
    table = touches.c
    since_us = now_us - BUDGET_WINDOW_US
    counted = sa.or_(sa.and_(table.state.in_(LEFT), table.sent_us > since_us), table.state.in_(("queued", "sending")))
    for chunk in in_chunks(sorted(set(customer_ids)), CHUNK):
        query = sa.select(table.customer_id, table.user_id, table.state, table.sent_us).where(
            table.venture_id == venture_id, table.customer_id.in_(chunk), counted, table.customer_facing == 1, table.purpose.in_(BUDGETED)
        )
        for row in connection.execute(query):
            person = (row.customer_id, row.user_id or "")
            if row.state in ("queued", "sending"):
                waiting[person] += 1
            else:
                left[person].append(row.sent_us)
    found: dict[str, dict[str, Contacted]] = defaultdict(dict)
    for customer, user in left.keys() | waiting.keys():
        person = (customer, user)
        found[customer][user] = Contacted(left_us=tuple(sorted(left.get(person, ()))), waiting=waiting.get(person, 0))
    return dict(found)


def _is_due(now_us: int) -> tuple[sa.ColumnElement[bool], ...]:
    look_us = sa.func.coalesce(touches.c.next_attempt_us, touches.c.due_us)
    return touches.c.state == TouchState.deferred.value, look_us <= now_us


def _still_due(connection: Connection, venture_id: int, touch_ids: Sequence[int], now_us: int) -> set[int]:
    found: set[int] = set()
    for chunk in in_chunks(touch_ids, CHUNK):
        query = sa.select(touches.c.touch_id).where(touches.c.venture_id == venture_id, touches.c.touch_id.in_(chunk), *_is_due(now_us))
        found.update(connection.scalars(query))
    return found


def _without_overtaken(
    connection: Connection, venture_id: int, judged: Sequence[Judged], seen: ContactedBy, now_us: int
) -> list[Judged]:
    """Without those let through on a count that another worker has made wrong meanwhile."""
    counting = {one.touch.customer_id for one in judged if _spends(one)}
    now = contacted_by(connection, venture_id, [customer for customer in counting if customer is not None], now_us)
    overtaken = {customer for customer in counting if customer is not None and now.get(customer, {}) != seen.get(customer, {})}
    return [one for one in judged if not (_spends(one) and one.touch.customer_id in overtaken)]


def _spends(judged: Judged) -> bool:
    return judged.verdict.outcome is Outcome.allow and is_refusable(judged.touch)


_update = (
    sa.update(touches)
    .where(touches.c.venture_id == sa.bindparam("_venture"), touches.c.touch_id == sa.bindparam("_touch"))
    .values(
        state=sa.bindparam("_state"),
        reason=sa.bindparam("_reason"),
        next_attempt_us=sa.bindparam("_until"),
        expires_us=sa.bindparam("_expires"),
        user_id=sa.bindparam("_user"),
    )
)


def _write_verdicts(connection: Connection, venture_id: int, judged: Sequence[Judged], now_us: int) -> None:
    rows = [_change(venture_id, one) for one in judged]
    for chunk in in_chunks(rows, CHUNK):
        connection.execute(_update, list(chunk))
    write_lines(connection, venture_id, [line for one in judged for line in _lines(one, now_us)])


def _change(venture_id: int, judged: Judged) -> dict[str, Any]:
    touch, verdict = judged.touch, judged.verdict
    return {
        "_venture": venture_id,
        "_touch": touch.touch_id,
        "_state": verdict.outcome.state.value,
        "_reason": verdict.reason,
        "_until": verdict.until_us,
        "_expires": touch.expires_us,
        "_user": verdict.user_id or touch.user_id,
    }


def _lines(judged: Judged, now_us: int) -> list[VerdictLine]:
    """One per verdict and per warning; waiting on for the same reason is not said again."""
    touch, verdict = judged.touch, judged.verdict
    if verdict.outcome is Outcome.defer and verdict.reason == touch.reason:
        return []
    gate = "" if verdict.gate is None else verdict.gate.value
    said = [(verdict.outcome.value, gate, verdict.reason), *(("warned", one.partition(":")[0], one) for one in verdict.warnings)]
    return [VerdictLine(touch_id=touch.touch_id, at_us=now_us, gate=of, verdict=what, reason=why) for what, of, why in said]
