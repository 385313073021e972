"""Refused calls as the quarantine keeps them, and how a repaired one is read again."""

from __future__ import annotations

from typing import Any

import msgspec

from tenure.model.facts import InboxRow
from tenure.model.mapping import FactMapping
from tenure.services.ingest.reading import POSTHOG, READERS, SEGMENT
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import Arrival, FeatureReader
from tenure.services.ingest.segment import SEGMENT_KINDS
from tenure.services.ingest.wire import UNREADABLE

_PLURALS = {"identify": "users", "group": "customers", "alias": "aliases"}


def kept_record(reader: str, raw: bytes) -> tuple[str, Any]:
    """The plural kind a refused call was meant to be, and the call itself (a Segment call always with its `type`)."""
    try:
        record = msgspec.json.decode(raw)
    except UNREADABLE:
        return "events", raw.decode(errors="replace")
    if not isinstance(record, dict):
        return "events", record
    if reader in SEGMENT_KINDS:
        record["type"] = reader
    call = record.get("type")
    return _PLURALS.get(call, "events") if isinstance(call, str) and reader != POSTHOG else "events", record


def replayed_rows(
    record: Any, venture_id: int, source: str, mapping: FactMapping, first_seen_us: int
) -> list[InboxRow]:
    """A repaired call as rows, received when it first came; its times are taken as given.

    Args:
        record: as kept by the quarantine, repaired. With a `type` it is a Segment call, without one a PostHog event.
        venture_id, source: of the refusal; the source is part of the keys, so a replay repeats nothing.
        mapping: the venture's present one.
        first_seen_us: of the refusal.

    Raises:
        ItemRefused: it still breaks a rule; `.problem` says which.
    """
    arrival = Arrival(
        venture_id=venture_id, source=source, received_us=first_seen_us, features=FeatureReader(mapping)
    )
    reader = SEGMENT if isinstance(record, dict) and "type" in record else POSTHOG
    raw = msgspec.json.encode(record)
    try:
        return READERS[reader](raw, arrival, 0)
    except UNREADABLE:
        raise ItemRefused("", "wrong_type") from None
