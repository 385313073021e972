"""A warehouse from a list of records, filled through the real drain: for tests, examples and rehearsals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
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
    event_bits,
    subject_id,
)
from tenure.model.mapping import FactMapping

_KIND_OF = {
    Customer: FactKind.customer,
    User: FactKind.user,
    Event: FactKind.event,
    Ticket: FactKind.ticket,
    Movement: FactKind.movement,
    Answer: FactKind.answer,
    Alias: FactKind.alias,
}

STAGED = pa.schema(
    {
        "seq": pa.int64(),
        "venture_id": pa.int64(),
        "kind": pa.int64(),
        "key_hi": pa.int64(),
        "key_lo": pa.int64(),
        "source": pa.string(),
        "occurred_us": pa.int64(),
        "received_us": pa.int64(),
        "customer_id": pa.string(),
        "user_id": pa.string(),
        "anonymous": pa.int64(),
        "name": pa.string(),
        "feature": pa.string(),
        "body": pa.string(),
    }
)
"""The columns an inbox hands to a drain."""


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
    common = (venture_id, int(kind), key_hi, key_lo, source, _time_of(record), received_us)
    if isinstance(record, Event):
        feature = record.feature or (mapping or FactMapping()).feature_of(record.name, record.properties)
        body = msgspec.json.encode(record.properties).decode() if record.properties else None
        return InboxRow(
            *common, record.customer_id, record.user_id, event_bits(record), record.name, feature, body
        )
    customer_id = None if isinstance(record, Alias) else record.customer_id
    user_id = None if isinstance(record, Customer | Movement) else record.user_id
    return InboxRow(*common, customer_id, user_id, 0, None, None, _body_of(record))


def _time_of(record: Record) -> int:
    if isinstance(record, Event | Movement):
        return record.occurred_us
    return record.answered_us if isinstance(record, Answer) else record.stated_us


def _body_of(record: Record) -> str:
    content: dict[str, Any] = msgspec.to_builtins(record)
    content.pop("stated_us", None)
    return msgspec.json.encode(content).decode()


def fact_id_of(record: Record, place: int) -> str:
    """An id as the file door makes it: statements by subject, time and content, anything else by place."""
    if isinstance(record, Customer | User | Ticket | Alias):
        return f"{subject_id(record)}\x1f{record.stated_us}\x1f{_body_of(record)}"
    return str(place)


def inbox_table(rows: Sequence[InboxRow], first_seq: int = 1) -> pa.Table:
    """Rows as the inbox hands them to a drain, numbered from `first_seq`."""
    names = InboxRow.__struct_fields__
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in names}
    columns["seq"] = list(range(first_seq, first_seq + len(rows)))
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in STAGED}, schema=STAGED)


def inbox_rows(
    records: Iterable[Record], first_place: int = 1, mapping: FactMapping | None = None, source: str = "tests"
) -> list[InboxRow]:
    """Records as rows, each a fact of its own."""
    return [
        inbox_row(record, fact_id_of(record, place), mapping=mapping, source=source)
        for place, record in enumerate(records, first_place)
    ]
