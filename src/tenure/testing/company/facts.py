"""The facts a company produces: six tables with the column names of the file door, nothing about causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TIME = pa.timestamp("us", tz="UTC")
TEXT = pa.string()
CHANGED_AT = "changed_at"
"""Extra column in memory: when this state of a customer, user or ticket began. Never written to files."""

SCHEMAS: dict[str, Any] = {
    "customers": pa.schema(
        {
            "customer_id": TEXT,
            "created_at": TIME,
            "status": TEXT,
            "name": TEXT,
            "email": TEXT,
            "plan": TEXT,
            "arr": pa.float64(),
            "currency": TEXT,
            "industry": TEXT,
            "owner": TEXT,
            "renewal_date": pa.date32(),
            "term": TEXT,
            "onboarded_at": TIME,
            "cancel_requested_at": TIME,
            "churned_at": TIME,
            "timezone": TEXT,
            "language": TEXT,
            "phone": TEXT,
            "primary_contact": TEXT,
            "parent_id": TEXT,
            "internal": pa.bool_(),
            "seats": pa.int64(),
            CHANGED_AT: TIME,
        }
    ),
    "users": pa.schema(
        {
            "user_id": TEXT,
            "customer_id": TEXT,
            "name": TEXT,
            "email": TEXT,
            "role": TEXT,
            "created_at": TIME,
            CHANGED_AT: TIME,
        }
    ),
    "events": pa.schema(
        {
            "event_id": TEXT,
            "user_id": TEXT,
            "customer_id": TEXT,
            "event": TEXT,
            "timestamp": TIME,
            "properties": TEXT,
        }
    ),
    "tickets": pa.schema(
        {
            "ticket_id": TEXT,
            "customer_id": TEXT,
            "status": TEXT,
            "created_at": TIME,
            "resolved_at": TIME,
            "priority": TEXT,
            "subject": TEXT,
            "category": TEXT,
            "satisfaction": pa.int64(),
            CHANGED_AT: TIME,
        }
    ),
    "revenue": pa.schema(
        {
            "movement_id": TEXT,
            "customer_id": TEXT,
            "occurred_at": TIME,
            "kind": TEXT,
            "monthly_amount": pa.float64(),
        }
    ),
    "answers": pa.schema(
        {
            "answer_id": TEXT,
            "survey": TEXT,
            "customer_id": TEXT,
            "user_id": TEXT,
            "score": pa.int64(),
            "answered_at": TIME,
            "comment": TEXT,
        }
    ),
}
KINDS = tuple(SCHEMAS)
IDS = {
    "customers": "customer_id",
    "users": "user_id",
    "events": "event_id",
    "tickets": "ticket_id",
    "revenue": "movement_id",
    "answers": "answer_id",
}
Record = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """Six Arrow tables by kind. Times are UTC timestamps, money is in whole currency units.

    Customers, users and tickets are states: the same id appears again when something about it changed.
    """

    tables: dict[str, Any]

    def __getitem__(self, kind: str) -> Any:
        return self.tables[kind]

    def counts(self) -> dict[str, int]:
        """Rows by kind, states included."""
        return {kind: int(table.num_rows) for kind, table in self.tables.items()}

    def latest(self) -> Self:
        """The newest state of every customer, user and ticket; everything else as it is."""
        return type(self)({kind: latest_rows(kind, table) for kind, table in self.tables.items()})

    def for_files(self) -> Self:
        """The newest states with exactly the columns of the file door."""
        latest = self.latest().tables
        return type(self)({kind: _without_change_time(table) for kind, table in latest.items()})

    def records(self, kind: str) -> list[Record]:
        """Plain dicts; times as ISO 8601 text with Z, absent values as None, properties as JSON text."""
        rows: list[Record] = as_text_times(self.tables[kind]).to_pylist()
        return rows


def latest_rows(kind: str, table: Any) -> Any:
    """The last row of each id, in the order of those rows."""
    if CHANGED_AT not in table.column_names or not table.num_rows:
        return table
    codes = pc.dictionary_encode(table[IDS[kind]].combine_chunks()).indices.to_numpy()
    last = np.zeros(codes.max() + 1, dtype=np.int64)
    last[codes] = np.arange(codes.size)  # numpy keeps the last of equal positions
    return table.take(pa.array(np.sort(last)))


def _without_change_time(table: Any) -> Any:
    return table.drop_columns([CHANGED_AT]) if CHANGED_AT in table.column_names else table


def as_text_times(table: Any) -> Any:
    """The table with times as `2026-01-01T09:30:00.123Z` and dates as `2026-01-01`."""
    columns = {}
    for column in table.schema:
        values = table[column.name]
        if pa.types.is_timestamp(column.type):
            values = iso_text(values)
        elif pa.types.is_date(column.type):
            values = values.cast(TEXT)
        columns[column.name] = values
    return pa.table(columns)


def iso_text(times: Any) -> Any:
    """ISO 8601 text of timestamps, to the millisecond."""
    # without its zone the cast is eight times faster; the zone is always UTC
    text = times.cast(pa.timestamp("ms"), safe=False).cast(TEXT)
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")


def joined(parts: Iterable[Facts]) -> Facts:
    """All facts, in the order given."""
    parts = list(parts)
    return Facts({kind: pa.concat_tables([part[kind] for part in parts]) for kind in KINDS})


@dataclass
class DayBook:
    """Collects the facts of a day (or of a week of the past) while it is lived."""

    rows: dict[str, list[Record]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    changed: dict[int, int] = field(default_factory=dict)
    """Customer rows whose record changed, with the time of the last change."""
    events: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    """Single events: customer row, user row or -1, kind, property text, time."""

    def change(self, customer: int, at_us: int) -> None:
        """The customer's record changed at this time."""
        self.changed[customer] = max(at_us, self.changed.get(customer, 0))

    usage: Any = None
    """The table of all events, once they are recorded."""


def facts_of(books: Sequence[DayBook]) -> Facts:
    """The facts of consecutive books."""
    tables = {}
    for kind, schema in SCHEMAS.items():
        rows = [row for book in books for row in book.rows[kind]]
        tables[kind] = pa.Table.from_pylist(rows, schema=schema) if rows else schema.empty_table()
    usage = [book.usage for book in books if book.usage is not None]
    return Facts({**tables, "events": pa.concat_tables([tables["events"], *usage])})
