"""Checked facts laid out flat, one step before they get their keys: the same columns from both paths."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tenure.model.facts import Alias, Customer, CustomerStatus, Record, Ticket, User, subject_id
from tenure.model.flat import flat
from tenure.model.mapping import FactMapping
from tenure.ports.inbox_columns import WHAT

STAGED = pa.schema(
    {
        "place": pa.int64(),
        "fact_id": pa.string(),
        "occurred_us": pa.int64(),
        **WHAT,
        "says": pa.int64(),
    }
)
"""`place` orders rows as in the file; `fact_id` is the given id, or the subject of a statement, or null (P9);
`says` has bit n set where a customer record states the n-th of `SAYS`."""

SAYS = ("created_us", "arr_cents", "renewal_us", "owner", "email", "churned_us")
"""What the rehearsal counts customer records for; a status churned counts as a churn date."""

Staged = tuple[int, str | None, int, str | None, str | None, int, str | None, str | None, str | None, int]


def stage(place: int, record: Record, fact_id: str | None, mapping: FactMapping) -> Staged:
    """One record as a staged row."""
    if isinstance(record, Customer | User | Ticket | Alias):
        fact_id = subject_id(record)
    says = said_by(record) if isinstance(record, Customer) else 0
    return (place, fact_id, *flat(record, mapping), says)


def said_by(customer: Customer) -> int:
    """The bits of `says`."""
    stated = [getattr(customer, name) is not None for name in SAYS]
    stated[-1] = stated[-1] or customer.status is CustomerStatus.churned
    return sum(1 << place for place, is_stated in enumerate(stated) if is_stated)


def staged_table(rows: Sequence[Staged]) -> pa.Table:
    """Staged rows as a table."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(STAGED)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, STAGED, strict=True)], schema=STAGED)
