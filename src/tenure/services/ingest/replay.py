"""Refused calls as the quarantine keeps them, and how a repaired one is read again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tenure.model.facts import InboxRow
from tenure.model.mapping import FactMapping
from tenure.model.quarantine import Refusal
from tenure.services.ingest.limits import DEFAULT_LIMITS
from tenure.services.ingest.reading import POSTHOG, READERS, SEGMENT
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import Arrival, FeatureReader
from tenure.services.ingest.segment import SEGMENT_KINDS
from tenure.services.ingest.typed import TYPED_KINDS
from tenure.services.ingest.wire import UNREADABLE

TYPED_KIND = "tenure_kind"
_PLURALS = {"identify": "users", "group": "customers", "alias": "aliases"}


def position_of(index: int) -> str:
    """Where an item stands in its request."""
    return f"item {index + 1}"


_POSITION = re.compile(r"item \d+")


def came_over_http(refusal: Refusal) -> bool:
    """Whether it was refused here; what files and databases bring stands in a line or row of theirs."""
    return _POSITION.fullmatch(refusal.position) is not None


def repaired_record(kept: Any, repaired: Mapping[str, Any] | None) -> Any:
    """The repaired record, still marked as what it came as unless it says otherwise; the kept one without a repair."""
    if repaired is None:
        return kept
    marks = {name: kept[name] for name in (TYPED_KIND, "type") if name in kept} if isinstance(kept, dict) else {}
    return {**marks, **repaired}


def kept_record(reader: str, raw: bytes) -> tuple[str, Any]:
    """The plural kind a refused record was meant to be, and the record, marked so that it can be read again."""
    plural = reader if reader in TYPED_KINDS else _PLURALS.get(reader, "events")
    try:
        record = msgspec.json.decode(raw)
    except UNREADABLE:
        return plural, raw.decode(errors="replace")
    if not isinstance(record, dict):
        return plural, record
    if reader in TYPED_KINDS:
        return plural, {TYPED_KIND: reader, **record}
    if reader in SEGMENT_KINDS:
        record["type"] = reader
    call = record.get("type") if reader != POSTHOG else None
    return _PLURALS.get(call, plural) if isinstance(call, str) else plural, record


def replayed_rows(
    record: Any, venture_id: int, source: str, mapping: FactMapping, first_seen_us: int
) -> list[InboxRow]:
    """A repaired call as rows, received when it first came; its times are taken as given.

    Args:
        record: as kept by the quarantine, repaired. With a `tenure_kind` it is a record of `/v1/facts`, with a
            `type` a Segment call, else a PostHog event.
        venture_id, source: of the refusal; the source is part of the keys, so a replay repeats nothing.
        mapping: the venture's present one.
        first_seen_us: of the refusal.

    Raises:
        ItemRefused: it still breaks a rule; `.problem` says which.
    """
    arrival = Arrival(
        venture_id=venture_id, source=source, received_us=first_seen_us, features=FeatureReader(mapping)
    )
    reader, content = _reader_of(record)
    raw = msgspec.json.encode(content)
    if len(raw) > DEFAULT_LIMITS.event_bytes:
        raise ItemRefused("", "too_long")
    try:
        return READERS[reader](raw, arrival, 0)
    except UNREADABLE:
        raise ItemRefused("", "wrong_type") from None


def _reader_of(record: Any) -> tuple[str, Any]:
    if not isinstance(record, dict):
        return SEGMENT, record
    if record.get(TYPED_KIND) in TYPED_KINDS:
        return record[TYPED_KIND], {name: value for name, value in record.items() if name != TYPED_KIND}
    return (SEGMENT if "type" in record else POSTHOG), record
