"""Checked facts laid out flat, one step before they get their keys: the same columns from both paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from tenure.model.facts import (
    Alias,
    Answer,
    Customer,
    CustomerStatus,
    Event,
    InboxRow,
    Movement,
    Record,
    Ticket,
    User,
    event_bits,
    subject_id,
)
from tenure.model.mapping import FactMapping

STAGED = pa.schema(
    {
        "place": pa.int64(),
        "fact_id": pa.string(),
        "occurred_us": pa.int64(),
        "customer_id": pa.string(),
        "user_id": pa.string(),
        "anonymous": pa.int64(),
        "name": pa.string(),
        "feature": pa.string(),
        "body": pa.string(),
        "says": pa.int64(),
    }
)
"""`place` orders rows as in the file; `fact_id` is the given id, or the subject of a statement, or null (P9);
`says` has bit n set where a customer record states the n-th of `SAYS`."""

SAYS = ("created_us", "arr_cents", "renewal_us", "owner", "email", "churned_us")
"""What the rehearsal counts customer records for; a status churned counts as a churn date."""

INBOX = pa.schema(
    {
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
"""The columns of `InboxRow`, in order."""
assert tuple(INBOX.names) == InboxRow.__struct_fields__

Staged = tuple[int, str | None, int, str | None, str | None, int, str | None, str | None, str | None, int]


def stage(place: int, record: Record, fact_id: str | None, mapping: FactMapping) -> Staged:
    """One record as a staged row."""
    if isinstance(record, Event):
        feature = record.feature or mapping.feature_of(record.name, record.properties)
        body = msgspec.json.encode(record.properties).decode() if record.properties else None
        whose = (record.customer_id, record.user_id, event_bits(record))
        return (place, fact_id, record.occurred_us, *whose, record.name, feature, body, 0)
    if isinstance(record, Customer | User | Ticket | Alias):
        fact_id = subject_id(record)
    customer_id = None if isinstance(record, Alias) else record.customer_id
    user_id = None if isinstance(record, Customer | Movement) else record.user_id
    says = said_by(record) if isinstance(record, Customer) else 0
    return (place, fact_id, time_of(record), customer_id, user_id, 0, None, None, body_of(record), says)


def said_by(customer: Customer) -> int:
    """The bits of `says`."""
    stated = [getattr(customer, name) is not None for name in SAYS]
    stated[-1] = stated[-1] or customer.status is CustomerStatus.churned
    return sum(1 << place for place, is_stated in enumerate(stated) if is_stated)


def time_of(record: Record) -> int:
    """The time a record is filed under: when it happened, or when it was stated."""
    if isinstance(record, Event | Movement):
        return record.occurred_us
    return record.answered_us if isinstance(record, Answer) else record.stated_us


def body_of(record: Record) -> str:
    """The whole record as JSON without `stated_us` (a column says it), so that equal statements have equal bodies."""
    content: dict[str, Any] = msgspec.to_builtins(record)
    content.pop("stated_us", None)
    return msgspec.json.encode(content).decode()


def staged_table(rows: Sequence[Staged]) -> pa.Table:
    """Staged rows as a table."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(STAGED)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, STAGED, strict=True)], schema=STAGED)
