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
from tenure.services.ingest.moments import clock_error_us
from tenure.services.ingest.reading import POSTHOG, READERS, SEGMENT, Request
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import Arrival, FeatureReader, id_text
from tenure.services.ingest.segment import SEGMENT_KINDS
from tenure.services.ingest.typed import TYPED_KINDS
from tenure.services.ingest.wire import UNREADABLE

TYPED_KIND = "tenure_kind"
ARRIVAL = "tenure_arrival"
"""What a refused record's request said for all of its items: `sent_at` as the client wrote it, `customer_id`."""
_TIMES = ("timestamp", "originalTimestamp")
_PLURALS = {"identify": "users", "group": "customers", "alias": "aliases"}


def position_of(index: int) -> str:
    """Where an item stands in its request."""
    return f"item {index + 1}"


_POSITION = re.compile(r"item (\d{1,9})")


def index_of(position: str) -> int:
    """The place `position_of` named."""
    match = _POSITION.fullmatch(position)
    return 0 if match is None else int(match.group(1)) - 1


def came_over_http(refusal: Refusal) -> bool:
    """Whether it was refused here; what files and databases bring stands in a line or row of theirs."""
    return _POSITION.fullmatch(refusal.position) is not None


def repaired_record(kept: Any, repaired: Mapping[str, Any] | None) -> Any:
    """The repaired record, still marked as what it came as unless it says otherwise; the kept one without a repair."""
    if repaired is None:
        return kept
    if not isinstance(kept, dict):
        return dict(repaired)
    marks = {name: kept[name] for name in (TYPED_KIND, "type", ARRIVAL) if name in kept}
    record = {**marks, **repaired}
    if isinstance(record.get(ARRIVAL), dict) and any(repaired.get(name, kept.get(name)) != kept.get(name) for name in _TIMES):
        # a time a person wrote is true as it stands, whatever the client's clock said
        record[ARRIVAL] = {name: value for name, value in record[ARRIVAL].items() if name != "sent_at"}
    return record


def kept_record(request: Request, raw: bytes) -> tuple[str, Any]:
    """The plural kind a refused record was meant to be, and the record, marked so that it can be read again."""
    plural, record = _record(request.kind, raw)
    said = {"sent_at": request.sent_at, "customer_id": request.customer_id}
    arrival = {name: value for name, value in said.items() if value is not None}
    if isinstance(record, dict):
        record.pop(ARRIVAL, None)  # a client does not say this itself
        if arrival:
            record[ARRIVAL] = arrival
    return plural, record


def _record(reader: str, raw: bytes) -> tuple[str, Any]:
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


def replayed_rows(record: Any, refusal: Refusal, venture_id: int, mapping: FactMapping) -> list[InboxRow]:
    """A repaired call as the rows it would have been: received when it first came, in the place it stood in.

    Args:
        record: as kept by the quarantine, repaired. With a `tenure_kind` it is a record of `/v1/facts`, with a
            `type` a Segment call, else a PostHog event; `tenure_arrival` holds what its request said for it.
        refusal: the one it was kept with; source and place are part of the keys, so a replay repeats nothing.
        mapping: the venture's present one.

    Raises:
        ItemRefused: it still breaks a rule; `.problem` says which.
    """
    reader, content, said = _reader_of(record)
    arrival = Arrival(
        venture_id=venture_id,
        source=refusal.source,
        received_us=refusal.first_seen_us,
        features=FeatureReader(mapping),
        error_us=_clock_error_us(refusal.first_seen_us, said.get("sent_at")),
        customer_id=_customer_id(said.get("customer_id")),
    )
    raw = msgspec.json.encode(content)
    if len(raw) > DEFAULT_LIMITS.event_bytes:
        raise ItemRefused("", "too_long")
    try:
        return READERS[reader](raw, arrival, index_of(refusal.position))
    except UNREADABLE:
        raise ItemRefused("", "wrong_type") from None


def _clock_error_us(received_us: int, sent_at: Any) -> int | None:
    if sent_at is not None and not isinstance(sent_at, str | int | float):
        raise ItemRefused(f"{ARRIVAL}.sent_at", "wrong_type", sent_at)
    return clock_error_us(received_us, sent_at)


def _customer_id(value: Any) -> str | None:
    if value is not None and not isinstance(value, str | int):
        raise ItemRefused(f"{ARRIVAL}.customer_id", "wrong_type", value)
    return id_text(value, f"{ARRIVAL}.customer_id")


def _reader_of(record: Any) -> tuple[str, Any, dict[str, Any]]:
    """Who reads it, what there is to read, and what its request said."""
    if not isinstance(record, dict):
        return SEGMENT, record, {}
    said = record.get(ARRIVAL) or {}
    if not isinstance(said, dict):
        raise ItemRefused(ARRIVAL, "wrong_type", said)
    content = {name: value for name, value in record.items() if name not in (TYPED_KIND, ARRIVAL)}
    if record.get(TYPED_KIND) in TYPED_KINDS:
        return record[TYPED_KIND], content, said
    return (SEGMENT if "type" in record else POSTHOG), content, said
