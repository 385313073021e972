"""Calls of Segment and RudderStack clients as rows: track, page, screen, identify, group, alias.

A page or screen view is an event called `page` or `screen`, its name and category in the properties.
The first row of a call is keyed by its messageId, further ones by messageId and what they are, so that a resend
repeats all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from tenure.model.facts import Alias, Customer, CustomerStatus, InboxRow, User
from tenure.services.ingest.moments import occurred_us
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import (
    Arrival,
    event_row,
    id_text,
    named_by_content,
    object_of,
    properties_bytes,
    record_row,
)
from tenure.services.ingest.traits import customer_of, user_of
from tenure.services.ingest.wire import SegmentItem

STATUS_OF_EVENT = {"Account Deleted": CustomerStatus.churned, "Trial Started": CustomerStatus.trial}
"""Built-in events that also say what became of the customer they name."""


class Call(msgspec.Struct, frozen=True, gc=False):
    """What every call says, checked: whose it is, when it was, and its id."""

    fact: str
    at_us: int
    user_id: str | None
    device_id: str | None
    customer_id: str | None

    @property
    def whose(self) -> tuple[str | None, str | None, bool]:
        """Own customer, the user or else the device, and whether it is a device."""
        return self.customer_id, self.user_id or self.device_id, self.user_id is None and self.device_id is not None


def segment_rows(item: SegmentItem, kind: str | None, arrival: Arrival, index: int, raw: Raw | bytes) -> list[InboxRow]:
    """The rows of one call; none for an alias to oneself. Raises ItemRefused.

    Args:
        item: the call.
        kind: track, identify, ...; None: the item names it itself.
        arrival: what the request says for all its items.
        index, raw: where the item stood in the request, and its bytes.
    """
    kind = kind or item.type
    read = _READERS.get(kind or "")
    if read is None:
        raise ItemRefused("type", "required" if not kind else "unknown_type", kind)
    return read(item, _call(item, arrival, index, raw), arrival)


def _call(item: SegmentItem, arrival: Arrival, index: int, raw: Raw | bytes) -> Call:
    original = item.timestamp if item.originalTimestamp is None else item.originalTimestamp
    message_id, context, user_id, device_id = item.messageId, item.context, item.userId, item.anonymousId
    group = item.groupId if context is None or context.groupId is None else context.groupId
    if not message_id:
        message_id = named_by_content(raw, index, original is not None or item.sentAt is not None, arrival)
    return Call(
        message_id if type(message_id) is str else str(message_id),
        occurred_us(original, arrival.error_us, arrival.received_us),
        None if user_id is None else id_text(user_id, "userId"),
        None if device_id is None else id_text(device_id, "anonymousId"),
        arrival.customer_id if group is None else id_text(group, "groupId"),
    )


def _track(item: SegmentItem, call: Call, arrival: Arrival) -> list[InboxRow]:
    name = item.event or ""
    rows = [event_row(arrival, call.fact, name, call.at_us, call.whose, properties_bytes(item.properties))]
    status = STATUS_OF_EVENT.get(name)
    if status is not None and call.customer_id is not None:
        rows.append(_became(status, call.customer_id, call, arrival))
    return rows


def _became(status: CustomerStatus, customer_id: str, call: Call, arrival: Arrival) -> InboxRow:
    ended_us = call.at_us if status is CustomerStatus.churned else None
    customer = Customer(customer_id=customer_id, stated_us=call.at_us, status=status, churned_us=ended_us)
    return record_row(arrival, f"{call.fact}/customer", customer)


def _page(item: SegmentItem, call: Call, arrival: Arrival) -> list[InboxRow]:
    return [_view("page", item, call, arrival)]


def _screen(item: SegmentItem, call: Call, arrival: Arrival) -> list[InboxRow]:
    return [_view("screen", item, call, arrival)]


def _view(event: str, item: SegmentItem, call: Call, arrival: Arrival) -> InboxRow:
    named = {key: value for key, value in (("name", item.name), ("category", item.category)) if value is not None}
    properties: dict[str, Any] = named | object_of(item.properties, "properties")
    body = msgspec.json.encode(properties) if properties else None
    return event_row(arrival, call.fact, event, call.at_us, call.whose, body)


def _identify(item: SegmentItem, call: Call, arrival: Arrival) -> list[InboxRow]:
    subject = call.user_id or call.device_id
    if subject is None:
        raise ItemRefused("userId", "required")
    in_context = object_of(item.context.traits, "context.traits") if item.context else {}
    traits = in_context | object_of(item.traits, "traits")
    user = user_of(subject, call.at_us, traits, arrival.received_us, call.customer_id)
    rows = [record_row(arrival, call.fact, user, is_anonymous=call.user_id is None)]
    if call.user_id and call.device_id and call.user_id != call.device_id:
        rows.append(_link(call.device_id, call.user_id, f"{call.fact}/alias", call, arrival))
    return rows


def _link(previous_id: str, user_id: str, fact: str, call: Call, arrival: Arrival) -> InboxRow:
    return record_row(arrival, fact, Alias(previous_id=previous_id, user_id=user_id, stated_us=call.at_us))


def _group(item: SegmentItem, call: Call, arrival: Arrival) -> list[InboxRow]:
    customer_id = id_text(item.groupId, "groupId") or call.customer_id
    if customer_id is None:
        raise ItemRefused("groupId", "required")
    traits = object_of(item.traits, "traits")
    rows = [record_row(arrival, call.fact, customer_of(customer_id, call.at_us, traits, arrival.received_us))]
    subject = call.user_id or call.device_id
    if subject is not None:
        member = User(user_id=subject, stated_us=call.at_us, customer_id=customer_id)
        rows.append(record_row(arrival, f"{call.fact}/user", member, is_anonymous=call.user_id is None))
    return rows


def _alias(item: SegmentItem, call: Call, arrival: Arrival) -> list[InboxRow]:
    previous_id = id_text(item.previousId, "previousId") or call.device_id
    if call.user_id is None:
        raise ItemRefused("userId", "required")
    if previous_id is None:
        raise ItemRefused("previousId", "required")
    if previous_id == call.user_id:
        return []
    return [_link(previous_id, call.user_id, call.fact, call, arrival)]


_READERS: dict[str, Callable[[SegmentItem, Call, Arrival], list[InboxRow]]] = {
    "track": _track,
    "page": _page,
    "screen": _screen,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}
SEGMENT_KINDS = tuple(_READERS)
