"""The quarantine. What is kept here is broken by definition, so every text is made storable first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.model.quarantine import Quarantined, QuarantineGroup, QuarantineState, Refusal
from tenure.store.engine import Database
from tenure.store.statements import fields, in_chunks, insert_into, one_of
from tenure.store.tables import quarantine

_CHUNK = 2_000
_TEXTS = ("kind", "source", "position", "field", "rule", "value")


class QuarantineRows:
    """The port `tenure.ports.quarantine.Quarantine`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, venture_id: int, refusals: Sequence[Refusal]) -> int:
        if not refusals:
            return 0
        rows = [_values(venture_id, refusal) for refusal in refusals]
        with self._database.writing() as connection:
            statement = insert_into(connection, quarantine).on_conflict_do_nothing(
                index_elements=[quarantine.c.venture_id, quarantine.c.digest]
            )
            known = self._known(connection, venture_id, [row["digest"] for row in rows])
            fresh = list(
                {row["digest"]: row for row in reversed(rows) if row["digest"] not in known}.values()
            )[::-1]
            for chunk in in_chunks(fresh, _CHUNK):
                connection.execute(statement, chunk)
            return len(fresh)

    def list(
        self,
        venture_id: int,
        *,
        state: QuarantineState | None = QuarantineState.waiting,
        source: str | None = None,
        field: str | None = None,
        rule: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Quarantined]:
        wanted = {"state": state, "source": source, "field": field, "rule": rule}
        query = sa.select(quarantine).where(quarantine.c.venture_id == venture_id)
        query = query.where(
            *(quarantine.c[name] == str(value) for name, value in wanted.items() if value is not None)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(quarantine.c.item_id).limit(limit).offset(offset))
            return [_quarantined(row) for row in rows]

    def get(self, venture_id: int, item_id: int) -> Quarantined:
        query = sa.select(quarantine).where(
            quarantine.c.venture_id == venture_id, quarantine.c.item_id == item_id
        )
        with self._database.reading() as connection:
            return _quarantined(one_of(connection, query, f"quarantined record {item_id}"))

    def groups(self, venture_id: int) -> Sequence[QuarantineGroup]:
        table, count = quarantine.c, sa.func.count().label("count")
        by = (table.source, table.kind, table.field, table.rule)
        query = (
            sa.select(*by, count, sa.func.min(table.item_id).label("example_id"))
            .where(table.venture_id == venture_id, table.state == QuarantineState.waiting.value)
            .group_by(*by)
            .order_by(count.desc(), *by)
        )
        with self._database.reading() as connection:
            return [QuarantineGroup(**fields(row)) for row in connection.execute(query)]

    def waiting(self, venture_id: int) -> int:
        query = sa.select(sa.func.count()).where(
            quarantine.c.venture_id == venture_id, quarantine.c.state == QuarantineState.waiting.value
        )
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def decide(
        self, venture_id: int, item_ids: Sequence[int], state: QuarantineState, *, note: str, now_us: int
    ) -> Sequence[int]:
        table = quarantine.c
        waiting = sa.and_(table.venture_id == venture_id, table.state == QuarantineState.waiting.value)
        changed: list[int] = []
        with self._database.writing() as connection:
            for chunk in in_chunks(sorted(item_ids), _CHUNK):
                statement = (
                    sa.update(quarantine).where(waiting, table.item_id.in_(chunk)).returning(table.item_id)
                )
                changed += connection.scalars(
                    statement.values(state=state.value, decided_us=now_us, note=_clean(note))
                )
        return sorted(changed)

    def _known(self, connection: sa.Connection, venture_id: int, digests: Sequence[str]) -> set[str]:
        table = quarantine.c
        known: set[str] = set()
        for chunk in in_chunks(digests, _CHUNK):
            query = sa.select(table.digest).where(table.venture_id == venture_id, table.digest.in_(chunk))
            known.update(connection.scalars(query))
        return known


def _values(venture_id: int, refusal: Refusal) -> dict[str, Any]:
    texts = {name: _clean(getattr(refusal, name)) for name in _TEXTS}
    record = json.dumps(refusal.record, default=str)
    return {
        **texts,
        "venture_id": venture_id,
        "record": record,
        "digest": _digest([*(texts[name] for name in _TEXTS), record]),
        "first_seen_us": refusal.first_seen_us,
        "state": QuarantineState.waiting.value,
        "note": "",
    }


def _clean(text: str) -> str:
    """Without what a database refuses in text: NUL characters and halves of surrogate pairs, shown as they are written."""
    return text.replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _digest(texts: Sequence[str]) -> str:
    return blake2b("\x1f".join(texts).encode(), digest_size=16).hexdigest()


def _quarantined(row: Row[Any]) -> Quarantined:
    refusal = Refusal(
        record=json.loads(row.record),
        first_seen_us=row.first_seen_us,
        **{name: row._mapping[name] for name in _TEXTS},
    )
    state = QuarantineState(row.state)
    return Quarantined(
        item_id=row.item_id, refusal=refusal, state=state, decided_us=row.decided_us, note=row.note
    )
