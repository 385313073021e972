"""When customers were contacted: the ledger of touches and closed tasks, read together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tenure.model.cause import CauseKind
from tenure.model.tasks import LastContact, TaskOutcome
from tenure.model.touches import Purpose, TouchState
from tenure.store.engine import Database
from tenure.store.loop_tables import tasks, touches
from tenure.store.statements import hold_venture, in_chunks

_CHUNK = 1_000
_LEFT = [state.value for state in TouchState if state.left]
_CALLED = [TaskOutcome.reached.value, TaskOutcome.not_reached.value]


class ContactRows:
    """The port `tenure.ports.contacts.Contacts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(self, venture_id: int) -> None:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)

    def last(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, LastContact]:
        found: dict[str, LastContact] = {}
        for customer_id, contact in self._each(venture_id, customer_ids, 0):
            if customer_id not in found or found[customer_id].at_us <= contact.at_us:
                found[customer_id] = contact
        return found

    def first_by_person(
        self, venture_id: int, customer_ids: Sequence[str], since_us: int
    ) -> Mapping[str, LastContact]:
        found: dict[str, LastContact] = {}
        for customer_id, contact in self._each(venture_id, customer_ids, since_us):
            if contact.by_person and (customer_id not in found or contact.at_us < found[customer_id].at_us):
                found[customer_id] = contact
        return found

    def tried(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {one: [] for one in customer_ids}
        sent, done = touches.c, tasks.c
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                messages = sa.select(sent.customer_id, sent.decided_us, sent.channel, sent.playbook, sent.step, sent.state).where(
                    sent.venture_id == venture_id, sent.customer_id.in_(chunk), sent.decided_us >= since_us,
                    sent.purpose != Purpose.internal.value,
                )
                for row in connection.execute(messages):
                    found[row.customer_id].append(
                        {"at_us": row.decided_us, "what": row.channel, "playbook": row.playbook, "step": row.step, "state": row.state}
                    )
                work = sa.select(done.customer_id, done.created_us, done.kind, done.state, done.outcome).where(
                    done.venture_id == venture_id, done.customer_id.in_(chunk), done.created_us >= since_us
                )
                for one in connection.execute(work):
                    found[one.customer_id].append(
                        {"at_us": one.created_us, "what": "task", "task": one.kind, "state": one.outcome or one.state}
                    )
        return {one: sorted(lines, key=lambda line: line["at_us"]) for one, lines in found.items()}

    def _each(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Iterator[tuple[str, LastContact]]:
        sent, done = touches.c, tasks.c
        with self._database.reading() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                messages = sa.select(sent.customer_id, sent.sent_us, sent.channel, sent.cause).where(
                    sent.venture_id == venture_id, sent.customer_id.in_(chunk), sent.customer_facing == 1,
                    sent.state.in_(_LEFT), sent.sent_us >= since_us,
                )
                for row in connection.execute(messages):
                    by_person = row.cause.get("kind") == CauseKind.person.value
                    yield row.customer_id, LastContact(at_us=row.sent_us, how=row.channel, by_person=by_person)
                calls = sa.select(done.customer_id, done.closed_us).where(
                    done.venture_id == venture_id, done.customer_id.in_(chunk), done.outcome.in_(_CALLED), done.closed_us >= since_us
                )
                for one in connection.execute(calls):
                    yield one.customer_id, LastContact(at_us=one.closed_us, how="call", by_person=True)
