"""A record laid out flat, as the inbox keeps it: one rule for every door, for simulated companies and for tests."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from tenure.model.facts import Alias, Answer, Customer, Event, Movement, Record, event_bits
from tenure.model.mapping import FactMapping


class Flat(NamedTuple):
    """What the columns of `InboxRow` say of a record, but for its key, source and time of arrival."""

    occurred_us: int
    customer_id: str | None
    user_id: str | None
    anonymous: int
    name: str | None
    feature: str | None
    body: str | None


def flat(record: Record, mapping: FactMapping) -> Flat:
    """The record flat; `mapping` says which feature an event adopts."""
    if isinstance(record, Event):
        feature = record.feature or mapping.feature_of(record.name, record.properties)
        body = msgspec.json.encode(record.properties).decode() if record.properties else None
        whose = (record.customer_id, record.user_id, event_bits(record))
        return Flat(record.occurred_us, *whose, record.name, feature, body)
    return Flat(time_of(record), *whose_is(record), 0, None, None, body_of(record))


def whose_is(record: Record) -> tuple[str | None, str | None]:
    """The customer and the user a record names itself."""
    customer_id = None if isinstance(record, Alias) else record.customer_id
    return customer_id, None if isinstance(record, Customer | Movement) else record.user_id


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
