"""The bench company's facts as a team has them in PostgreSQL: text ids and names, timestamps, JSON properties.

They come from the same generator as our inbox rows, never from our warehouse: nothing is interned, resolved or
de-duplicated for the peer, and equal scores then say something about both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from bench.make_data import Company, customers_sql, events_sql, movements_sql, tickets_sql, users_sql

CHUNK_EVENTS = 1_000_000
BATCH = 100_000


def _said(field: str) -> str:
    return f"body->>'$.{field}'"


def _at(field: str) -> str:
    return f"make_timestamp((body->>'$.{field}')::BIGINT)"


def customers(company: Company) -> str:
    return (
        f"SELECT customer_id, {_said('name')} AS name, {_said('status')} AS status, {_said('plan')} AS plan, {_said('owner')} AS owner, "
        f"({_said('seats')})::INT AS seats, {_at('created_us')} AS created_at, {_at('renewal_us')} AS renewal_at, "
        f"{_at('churned_us')} AS churned_at FROM ({customers_sql(company)})"
    )


def users(company: Company) -> str:
    return f"SELECT user_id, customer_id, {_said('role')} AS role FROM ({users_sql(company)})"


def tickets(company: Company) -> str:
    return (
        f"SELECT {_said('ticket_id')} AS ticket_id, customer_id, {_said('status')} AS status, {_at('created_us')} AS created_at, "
        f"{_at('resolved_us')} AS resolved_at FROM ({tickets_sql(company)})"
    )


def subscriptions(company: Company) -> str:
    return (
        f"SELECT 'm' || place AS movement_id, customer_id, {_said('kind')} AS kind, {_at('occurred_us')} AS occurred_at, "
        f"({_said('monthly_cents')})::DECIMAL(18, 2) / 100 AS monthly_amount FROM ({movements_sql(company)})"
    )


def events(select: str) -> str:
    """Event rows of the generator as the peer's."""
    return (
        "SELECT to_hex(key_hi) || '-' || to_hex(key_lo) AS event_id, customer_id, user_id, name AS event, "
        f"make_timestamp(occurred_us) AS occurred_at, coalesce(body, '{{}}') AS properties FROM ({select})"
    )


def history(company: Company) -> Sequence[str]:
    """Selects of all events before `now_us`, some at a time."""
    starts = range(0, company.events, CHUNK_EVENTS)
    return [events(events_sql(company, first, min(first + CHUNK_EVENTS, company.events))) for first in starts]


def batches(select: str) -> Iterator[pa.RecordBatch]:
    """Rows of a select, streamed."""
    with duckdb.connect(config={"threads": 1}) as connection:
        yield from connection.sql(select).to_arrow_reader(BATCH)
