"""Erasure in the store: what names or quotes somebody goes, whatever became of it (A29)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.model.jobs import JobState
from tenure.model.touches import Purpose
from tenure.rules.traces import ERASED, Traces
from tenure.store.engine import Database
from tenure.store.loop_tables import (
    alerts,
    cards,
    customer_merges,
    decisions,
    findings,
    hands_off,
    incident_steps,
    intents,
    loop_modes,
    pauses,
    playbooks,
    recursion_triggers,
    stand_ins,
    tasks,
    touches,
    useful_marks,
)
from tenure.store.statements import in_chunks
from tenure.store.tables import (
    applied_presets,
    configuration_audit_log,
    customers,
    jobs,
    parameter_locks,
    parameter_values,
    quarantine,
    scorecards,
)

_CHUNK = 2_000
_BETWEEN_WORDS = re.compile(r"[\s,;|\"'<>()\[\]{}]+")

_FREE_WORDS = (
    configuration_audit_log.c.why, parameter_values.c.why, parameter_locks.c.why, applied_presets.c.why, scorecards.c.why,
    playbooks.c.why, recursion_triggers.c.why, pauses.c.why, loop_modes.c.why, customer_merges.c.why, incident_steps.c.note,
)  # fmt: skip
"""Reasons people wrote: they may name anybody."""
_OF_THE_VENTURE = ((decisions, ("context", "answer_details", "outcome")), (tasks, ("details", "note")))
"""Where customers are quoted in what is about no customer alone."""


class StoreErasure:
    """The port `tenure.ports.erasure.ErasureInStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def refused_records(self, venture_id: int, ids: Sequence[str]) -> int:
        table, wanted = quarantine.c, frozenset(ids)
        query = sa.select(table.item_id, table.record, table.value).where(table.venture_id == venture_id)
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_CHUNK).execute(query)
            mine = [row.item_id for row in rows if mentions([_decoded(row.record), row.value], wanted)]
        return self._delete(quarantine, quarantine.c.item_id, venture_id, mine)

    def finished_jobs(self, venture_id: int, ids: Sequence[str]) -> int:
        table, wanted = jobs.c, frozenset(ids)
        over = [state.value for state in JobState if state.is_over]
        query = sa.select(table.job_id, table.args, table.result).where(table.venture_id == venture_id, table.state.in_(over))
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_CHUNK).execute(query)
            mine = [row.job_id for row in rows if mentions([row.args, row.result], wanted)]
        return self._delete(jobs, jobs.c.job_id, venture_id, mine)

    def acts(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        with self._database.writing() as connection:
            names = _names(connection, venture_id, customer_ids)
            gone = 0
            for chunk in in_chunks(customer_ids, _CHUNK):
                for table in (alerts, tasks, stand_ins, hands_off, intents, useful_marks):
                    mine = [table.c.venture_id == venture_id, table.c.customer_id.in_(chunk)]
                    gone += len(connection.execute(sa.delete(table).where(*mine).returning(sa.literal(1))).all())
                gone += _without_identity(connection, venture_id, chunk)
            return gone + _blank_notices(connection, venture_id, frozenset(customer_ids), names)

    def words(self, venture_id: int, traces: Traces) -> int:
        with self._database.writing() as connection:
            gone = sum(_blank_reasons(connection, column, venture_id, traces) for column in _FREE_WORDS)
            gone += _rewrite(connection, findings, ("title", "details"), venture_id, traces.without)
            for table, names in _OF_THE_VENTURE:
                gone += _rewrite(connection, table, names, venture_id, traces.without, table.c.customer_id.is_(None))
            # a wish is read again: of it only quotes go, or a name could take the place of a word it is read by
            gone += _rewrite(connection, intents, ("document",), venture_id, traces.without_quotes, intents.c.customer_id.is_(None))
            return gone + _blank_quoting(connection, venture_id, traces)

    def jobs_with_words(self, venture_id: int, traces: Traces) -> int:
        over = [state.value for state in JobState if state.is_over]
        query = sa.select(jobs.c.job_id, jobs.c.args, jobs.c.result).where(jobs.c.venture_id == venture_id, jobs.c.state.in_(over))
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=_CHUNK).execute(query)
            mine = [row.job_id for row in rows if any(traces.quote(one) or traces.name(one) for one in _texts([row.args, row.result]))]
        return self._delete(jobs, jobs.c.job_id, venture_id, mine)

    def _delete(self, table: sa.Table, key: sa.Column[Any], venture_id: int, found: Sequence[int]) -> int:
        deleted = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(found, _CHUNK):
                deleted += connection.execute(sa.delete(table).where(table.c.venture_id == venture_id, key.in_(chunk))).rowcount
        return deleted


def _names(connection: Connection, venture_id: int, customer_ids: Sequence[str]) -> set[str]:
    """What these customers are called, as far as a card or a profile still says so."""
    found: set[str] = set()
    for chunk in in_chunks(customer_ids, _CHUNK):
        query = sa.select(cards.c.document).where(cards.c.venture_id == venture_id, cards.c.customer_id.in_(chunk))
        found |= {row.document["name"] for row in connection.execute(query) if row.document.get("name")}
        shown = sa.select(customers.c.name).where(customers.c.venture_id == venture_id, customers.c.customer_id.in_(chunk))
        found |= {name for name in connection.execute(shown).scalars() if name}
    return found


def _without_identity(connection: Connection, venture_id: int, customer_ids: Sequence[str]) -> int:
    """Decisions stay, with their money and without whom they were about."""
    table = decisions.c
    mine = [table.venture_id == venture_id, table.customer_id.in_(customer_ids)]
    blank: dict[str, Any] = {"customer_id": None, "context": {}, "answer_details": {}, "outcome": {}, "title": "erased"}
    key = sa.literal("erased:") + sa.cast(table.decision_id, sa.Text)
    return len(connection.execute(sa.update(decisions).where(*mine).values(**blank, key=key).returning(table.decision_id)).all())


def _blank_notices(connection: Connection, venture_id: int, ids: frozenset[str], names: set[str]) -> int:
    """Lists told to the team (many customers in one message) lose their text when one of them is erased."""
    table = touches.c
    query = sa.select(table.touch_id, table.content).where(
        table.venture_id == venture_id, table.purpose == Purpose.internal.value
    )
    named = [row.touch_id for row in connection.execute(query) if mentions(row.content, ids) or _says(row.content, names)]
    for chunk in in_chunks(named, _CHUNK):
        connection.execute(sa.update(touches).where(table.venture_id == venture_id, table.touch_id.in_(chunk)).values(content={}))
    return len(named)


def _blank_reasons(connection: Connection, column: sa.Column[str], venture_id: int, traces: Traces) -> int:
    table = column.table
    said = connection.execute(sa.select(column).distinct().where(table.c.venture_id == venture_id, column != "")).scalars()
    naming = [words for words in said if traces.name(words) or traces.quote(words)]
    update = sa.update(table).values({column.name: ERASED})
    return sum(connection.execute(update.where(table.c.venture_id == venture_id, column == words)).rowcount for words in naming)


def _rewrite(
    connection: Connection, table: sa.Table, names: Sequence[str], venture_id: int, without: Callable[[Any], Any], *only: sa.ColumnElement[bool]
) -> int:
    """Write anew what these columns say, where it changes; returns of how many rows."""
    key = next(iter(table.primary_key.columns))
    query = sa.select(key, *(table.c[name] for name in names)).where(table.c.venture_id == venture_id, *only)
    changed = 0
    for row in connection.execute(query).all():
        said = {name: row._mapping[name] for name in names}
        left = {name: without(value) for name, value in said.items()}
        if left != said:
            connection.execute(sa.update(table).where(key == row[0]).values(**left))
            changed += 1
    return changed


def _blank_quoting(connection: Connection, venture_id: int, traces: Traces) -> int:
    table = touches.c
    query = sa.select(table.touch_id, table.content).where(table.venture_id == venture_id, table.purpose == Purpose.internal.value)
    found = [row.touch_id for row in connection.execute(query) if any(traces.stand_in(one) for one in _texts(row.content))]
    for chunk in in_chunks(found, _CHUNK):
        connection.execute(sa.update(touches).where(table.venture_id == venture_id, table.touch_id.in_(chunk)).values(content={}))
    return len(found)


def _says(content: Any, names: set[str]) -> bool:
    return any(name in text for text in _texts(content) for name in names)


def _decoded(record: str) -> Any:
    try:
        return msgspec.json.decode(record)
    except msgspec.DecodeError:
        return record


def mentions(value: Any, ids: frozenset[str]) -> bool:
    """Whether one of these ids stands somewhere in a document: as a value, a key, or a word of a text."""
    return any(text.strip() in ids or not ids.isdisjoint(_BETWEEN_WORDS.split(text)) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)
