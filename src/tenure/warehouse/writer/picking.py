"""Facts of some customers, picked out of everybody's."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.warehouse.schema import TABLES


def first_events_of(customers: str) -> str:
    """First events of some customers, from the rollup."""
    return (
        f"SELECT customer_key, min(first_us) AS first_event_us FROM name_totals SEMI JOIN {customers} USING (customer_key) "
        "GROUP BY customer_key"
    )


def users_ever_of(customers: str) -> str:
    """Everybody who was ever said to be of these customers, and the customers as users of their own."""
    return (
        f"SELECT user_key FROM user_statements WHERE own_key IN (FROM {customers}) AND user_key IS NOT NULL "
        f"UNION SELECT customer_key FROM {customers}"
    )


def tickets_of(customers: str, users: str) -> str:
    """Tickets of which any statement ever named one of these customers or users."""
    return (
        f"SELECT DISTINCT ticket_key FROM ticket_statements WHERE own_key IN (FROM {customers}) OR user_key IN (FROM {users})"
    )


def users_of(customers: str) -> str:
    """Everybody who is of these customers by now, and the customers as users of their own."""
    return (
        f"SELECT user_key FROM user_map WHERE coalesce(mapped_key, canonical_key) IN (FROM {customers}) "
        f"UNION SELECT customer_key FROM {customers}"
    )


def events_of(
    customers: str,
    users: str,
    *,
    has_properties: bool,
    from_us: int = 0,
    after_batch: int = -1,
    columns: Iterable[str] = tuple(TABLES["events"]),
) -> str:
    """Events of these customers or users; what they said only where it is asked for (it is most of an event)."""
    said = "properties" if has_properties else "NULL::VARCHAR AS properties"
    listed = [said if name == "properties" else name for name in columns]
    select = f"SELECT {', '.join(listed)} FROM events WHERE "
    since = f" AND at_us >= {from_us}" if from_us > 0 else ""
    since += f" AND batch > {after_batch}" if after_batch >= 0 else ""
    return (
        f"{select} own_key IN (FROM {customers}){since} "
        f"UNION ALL {select} own_key IS NULL AND user_key IN (FROM {users}){since}"
    )
