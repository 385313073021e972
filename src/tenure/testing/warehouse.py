"""A warehouse from a list of records, filled through the real drain: for tests, examples and rehearsals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from tenure.ids import fact_key
from tenure.model.facts import (
    Alias,
    Answer,
    Customer,
    Event,
    FactKind,
    InboxRow,
    Movement,
    Record,
    Ticket,
    User,
    subject_id,
)
from tenure.model.flat import body_of, flat
from tenure.model.mapping import FactMapping
from tenure.ports.inbox_columns import NUMBERED

_KIND_OF = {
    Customer: FactKind.customer,
    User: FactKind.user,
    Event: FactKind.event,
    Ticket: FactKind.ticket,
    Movement: FactKind.movement,
    Answer: FactKind.answer,
    Alias: FactKind.alias,
}


def inbox_row(
    record: Record,
    fact_id: str,
    *,
    source: str = "tests",
    received_us: int = 0,
    mapping: FactMapping | None = None,
    venture_id: int = 1,
) -> InboxRow:
    """A record as a door would put it into the inbox; `fact_id` is what makes it that fact and no other."""
    kind = _KIND_OF[type(record)]
    key_hi, key_lo = fact_key(kind.name, source, fact_id)
    said = flat(record, mapping or FactMapping())._asdict()
    return InboxRow(venture_id, int(kind), key_hi, key_lo, source, received_us=received_us, **said)


def fact_id_of(record: Record, place: int) -> str:
    """An id as the file door makes it: statements by subject, time and content, anything else by place."""
    if isinstance(record, Customer | User | Ticket | Alias):
        return f"{subject_id(record)}\x1f{record.stated_us}\x1f{body_of(record)}"
    return str(place)


def inbox_table(rows: Sequence[InboxRow], first_seq: int = 1) -> pa.Table:
    """Rows as the inbox hands them to a drain, numbered from `first_seq`."""
    names = InboxRow.__struct_fields__
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in names}
    columns["seq"] = list(range(first_seq, first_seq + len(rows)))
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in NUMBERED}, schema=NUMBERED)


def inbox_rows(
    records: Iterable[Record], first_place: int = 1, mapping: FactMapping | None = None, source: str = "tests"
) -> list[InboxRow]:
    """Records as rows, each a fact of its own."""
    return [
        inbox_row(record, fact_id_of(record, place), mapping=mapping, source=source)
        for place, record in enumerate(records, first_place)
    ]
