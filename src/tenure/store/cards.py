"""Cards in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from tenure.model.cards import CustomerCard
from tenure.model.decisions import DecisionState
from tenure.model.playbooks import EnrollmentState
from tenure.model.tasks import TaskState
from tenure.store.engine import Database
from tenure.store.loop_tables import (
    alerts,
    cards,
    decisions,
    enrollments,
    recursion_executions,
    tasks,
    touches,
)
from tenure.store.statements import in_chunks, insert_into

_CHUNK = 2_000
_ASKED = (DecisionState.open.value, DecisionState.joined.value)
_GOING = [state.value for state in EnrollmentState if not state.is_over]
_WAITING_TOUCHES = ("drafted", "deferred", "queued")


class CardRows:
    """The port `tenure.ports.cards.Cards`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, venture_id: int, cards_now: Sequence[CustomerCard]) -> None:
        rows = [
            {"venture_id": venture_id, "customer_id": one.customer_id, "as_of_us": one.as_of_us, "document": msgspec.to_builtins(one)}
            for one in cards_now
        ]
        with self._database.writing() as connection:
            statement = insert_into(connection, cards)
            newer = {"as_of_us": statement.excluded.as_of_us, "document": statement.excluded.document}
            statement = statement.on_conflict_do_update(
                index_elements=["venture_id", "customer_id"], set_=newer, where=cards.c.as_of_us <= statement.excluded.as_of_us
            )
            for chunk in in_chunks(rows, _CHUNK):
                connection.execute(statement, list(chunk))

    def get(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, CustomerCard]:
        found: dict[str, CustomerCard] = {}
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                query = sa.select(cards.c.document).where(cards.c.venture_id == venture_id, cards.c.customer_id.in_(chunk))
                for row in connection.execute(query):
                    card = msgspec.convert(row.document, CustomerCard)
                    found[card.customer_id] = card
        return found

    def wanted(self, venture_id: int, *, followed: bool = True) -> Sequence[str]:
        chains, going, waiting = recursion_executions.c, enrollments.c, touches.c
        told, todo, asked = alerts.c, tasks.c, decisions.c
        unanswered = (told.answer_due_us.is_not(None), *(one.is_(None) for one in (told.acknowledged_us, told.closed_us, told.escalated_us)))
        unlabelled = (told.was_real.is_(None), told.followed.is_(None))
        parts = (
            sa.select(chains.subject).where(chains.venture_id == venture_id, chains.is_open == 1, chains.subject != ""),
            sa.select(going.customer_id).where(going.venture_id == venture_id, going.state.in_(_GOING), going.ended_us.is_(None)),
            sa.select(waiting.customer_id).where(
                waiting.venture_id == venture_id, waiting.state.in_(_WAITING_TOUCHES), waiting.customer_id.is_not(None)
            ),
            # an alert nobody labelled is followed for 60 days (M19)
            sa.select(told.customer_id).where(
                told.venture_id == venture_id, told.customer_id.is_not(None), *(unlabelled if followed else unanswered)
            ),
            sa.select(todo.customer_id).where(
                todo.venture_id == venture_id, todo.state == TaskState.open.value, todo.customer_id.is_not(None)
            ),
            sa.select(asked.customer_id).where(
                asked.venture_id == venture_id, asked.state.in_(_ASKED), asked.customer_id.is_not(None)
            ),
        )
        with self._database.reading() as connection:
            return sorted(row[0] for row in connection.execute(sa.union(*parts)))

    def delete(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        deleted = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                mine = sa.and_(cards.c.venture_id == venture_id, cards.c.customer_id.in_(chunk))
                deleted += connection.execute(sa.delete(cards).where(mine)).rowcount
        return deleted


class HeldCards(CardRows):
    """The same port for a store that is thrown away: cards stay as they are made, nothing writes them down and reads them again."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._held: dict[int, dict[str, CustomerCard]] = {}

    def put(self, venture_id: int, cards_now: Sequence[CustomerCard]) -> None:
        held = self._held.setdefault(venture_id, {})
        for one in cards_now:
            before = held.get(one.customer_id)
            if before is None or before.as_of_us <= one.as_of_us:
                held[one.customer_id] = one

    def get(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, CustomerCard]:
        held = self._held.get(venture_id, {})
        return {one: held[one] for one in customer_ids if one in held}

    def delete(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        held = self._held.get(venture_id, {})
        return sum(held.pop(one, None) is not None for one in customer_ids)
