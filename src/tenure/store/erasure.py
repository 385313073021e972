"""Erasure in the store: refused records and jobs that name somebody go, whatever became of them (A29)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from tenure.model.jobs import JobState
from tenure.store.engine import Database
from tenure.store.statements import in_chunks
from tenure.store.tables import jobs, quarantine

_CHUNK = 2_000
_BETWEEN_WORDS = re.compile(r"[\s,;|\"'<>()\[\]{}]+")


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

    def _delete(self, table: sa.Table, key: sa.Column[Any], venture_id: int, found: Sequence[int]) -> int:
        deleted = 0
        with self._database.writing() as connection:
            for chunk in in_chunks(found, _CHUNK):
                deleted += connection.execute(sa.delete(table).where(table.c.venture_id == venture_id, key.in_(chunk))).rowcount
        return deleted


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
