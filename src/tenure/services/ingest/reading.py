"""The bytes of one request as items with a common arrival: one reader per kind of endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from msgspec import Raw

from tenure.model.facts import InboxRow
from tenure.services.ingest.keys import Opened
from tenure.services.ingest.moments import clock_error_us
from tenure.services.ingest.posthog import posthog_rows
from tenure.services.ingest.refusals import ItemRefused, Unreadable
from tenure.services.ingest.rows import Arrival, id_text
from tenure.services.ingest.segment import SEGMENT_KINDS, segment_rows
from tenure.services.ingest.typed import TYPED_KINDS, typed_batch, typed_rows
from tenure.services.ingest.usual import usual_track
from tenure.services.ingest.wire import (
    UNREADABLE,
    Moment,
    body_key,
    context_of,
    posthog_batch,
    posthog_item,
    segment_batch,
    segment_item,
    single_sent_at,
)

SEGMENT, POSTHOG = "segment", "posthog"
Reader = Callable[["Raw | bytes", Arrival, int], list[InboxRow]]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, opened but its items not yet read. `kind` names the reader (`READERS`) that can read them again."""

    items: Sequence[Raw | bytes]
    kind: str
    sent_at: Moment = None
    customer_id: str | None = None

    @property
    def read(self) -> Reader:
        return READERS[self.kind]

    def arrival(self, opened: Opened, received_us: int) -> Arrival:
        """What its items share."""
        return Arrival(
            venture_id=opened.grant.venture_id,
            source=opened.grant.source,
            received_us=received_us,
            features=opened.features,
            error_us=clock_error_us(received_us, self.sent_at),
            customer_id=self.customer_id,
        )


def key_in(body: bytes) -> str | None:
    """The key a body carries, None when it carries none that could be one. Raises Unreadable."""
    try:
        return body_key(body).key
    except UNREADABLE:
        if _is_object(body):
            return None
        raise _unreadable() from None


def _unreadable() -> Unreadable:
    return Unreadable("The body is not the JSON this endpoint reads.", "Send a JSON object as the client libraries do.")


def segment_single(kind: str, body: bytes) -> Request:
    """`/v1/track` and its like: the body is the call."""
    try:
        item = segment_item(body)
    except UNREADABLE:
        item = None
    if item is None and not _is_object(body):
        raise _unreadable()
    return Request(items=(body,), kind=kind, sent_at=None if item is None else item.sentAt)


def segment_many(body: bytes) -> Request:
    """`/v1/batch`: the batch's context holds for every item that does not say otherwise."""
    try:
        batch = segment_batch(body)
        context = context_of(batch.context) if batch.context else None
        customer_id = None if context is None else id_text(context.groupId, "context.groupId")
    except (*UNREADABLE, ItemRefused):
        raise _unreadable() from None
    return Request(items=batch.batch, kind=SEGMENT, sent_at=batch.sentAt, customer_id=customer_id)


def posthog_single(body: bytes) -> Request:
    """`/capture/`: the body is the event."""
    try:
        sent_at = single_sent_at(body).sent_at
    except UNREADABLE:
        if not _is_object(body):
            raise _unreadable() from None
        sent_at = None
    return Request(items=(body,), kind=POSTHOG, sent_at=sent_at)


def posthog_many(body: bytes, sent_at: str | None = None) -> Request:
    """`/batch/` and `/i/v1/analytics/events` (where a header says when it was sent)."""
    try:
        batch = posthog_batch(body)
    except UNREADABLE:
        raise _unreadable() from None
    return Request(items=batch.batch, kind=POSTHOG, sent_at=sent_at or batch.sent_at)


def typed_many(body: bytes) -> Request:
    """`/v1/facts`: records of one kind, with the field names of the fixed file formats."""
    try:
        batch = typed_batch(body)
    except UNREADABLE:
        raise _unreadable() from None
    if batch.kind not in TYPED_KINDS:
        raise Unreadable("The kind of these facts is not known.", f"Use one of {', '.join(TYPED_KINDS)}.")
    return Request(items=batch.records, kind=batch.kind)


def _is_object(body: bytes) -> bool:
    """Whether these bytes are a readable JSON object at all (then a bad field is the item's fault)."""
    try:
        return isinstance(msgspec.json.decode(body), dict)
    except UNREADABLE:
        return False


def _read_segment(raw: Raw | bytes, arrival: Arrival, index: int) -> list[InboxRow]:
    item = segment_item(raw)
    row = usual_track(item, arrival)
    return [row] if row is not None else segment_rows(item, None, arrival, index, raw)


def _read_kind(kind: str, raw: Raw | bytes, arrival: Arrival, index: int) -> list[InboxRow]:
    return segment_rows(segment_item(raw), kind, arrival, index, raw)


def _read_posthog(raw: Raw | bytes, arrival: Arrival, index: int) -> list[InboxRow]:
    return posthog_rows(posthog_item(raw), arrival, index, raw)


READERS: dict[str, Reader] = {
    SEGMENT: _read_segment,
    POSTHOG: _read_posthog,
    **{kind: partial(_read_kind, kind) for kind in SEGMENT_KINDS},
    **{kind: partial(typed_rows, kind) for kind in TYPED_KINDS},
}
"""How the items of a request are read, by the name under which a refused one is kept."""
