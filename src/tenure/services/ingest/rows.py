"""From what a call means to the flat rows of the inbox, with their keys."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from tenure.ids import fact_key
from tenure.model.facts import ANONYMOUS, EXPLICIT_FEATURE, FactKind, InboxRow, Record
from tenure.model.flat import body_of, time_of, whose_is
from tenure.model.mapping import FactMapping
from tenure.services.importing.values import ID_CHARACTERS
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.wire import UNREADABLE, Id, json_object

NAME_CHARACTERS = 255
_EVENT = int(FactKind.event)


class FeatureReader:
    """Pulls the adopted feature out of an event; reads its properties only when a rule needs them."""

    def __init__(self, mapping: FactMapping) -> None:
        self._mapping = mapping
        self._names = {rule.event for rule in mapping.feature_rules}
        self._with_properties = {rule.event for rule in mapping.feature_rules if rule.property is not None}
        self._any = "*" in self._names

    def wants(self, name: str) -> bool:
        """Whether any rule speaks of events of this name."""
        return self._any or name in self._names

    def feature(self, name: str, properties: bytes | None) -> str | None:
        """`properties` is the JSON object of the event, None when it has none."""
        if not self.wants(name):
            return None
        needed = properties is not None and ("*" in self._with_properties or name in self._with_properties)
        found = self._mapping.feature_of(name, json_object(properties) if needed and properties else None)
        return None if found is None or "\0" in found else found[:NAME_CHARACTERS]


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What all items of one request share. `error_us` corrects client clocks (None: the client sent no sentAt)."""

    venture_id: int
    source: str
    received_us: int
    features: FeatureReader
    error_us: int | None = None
    customer_id: str | None = None


def id_text(value: Id, field: str) -> str | None:
    """An id as text, None when absent or empty. Raises ItemRefused when it cannot be one."""
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    if len(text) > ID_CHARACTERS:
        raise ItemRefused(field, "too_long", text)
    if "\0" in text:
        raise ItemRefused(field, "control_character", text)
    return text or None


def named_by_content(raw: bytes | msgspec.Raw, index: int, has_time: bool, arrival: Arrival) -> str:
    """The id of a fact that came without one: its own bytes and its place in the request.

    Where it brings no time either, nothing tells a resend from a repetition: then the time of arrival is part of it,
    for counting a login twice is a smaller harm than never counting another one.
    """
    digest = blake2b(bytes(raw), digest_size=16).hexdigest()
    return f"{digest}/{index}" if has_time else f"{digest}/{index}/{arrival.received_us}"


def properties_bytes(raw: msgspec.Raw) -> bytes | None:
    """The JSON object of `properties`, None when absent, null or empty."""
    content = bytes(raw)
    if content in (b"", b"null", b"{}"):
        return None
    if content[0] != 0x7B:
        raise ItemRefused("properties", "bad_json")
    return content


def object_of(raw: msgspec.Raw, field: str) -> dict[str, Any]:
    """A JSON object, empty when absent or null."""
    content = bytes(raw)
    if content in (b"", b"null"):
        return {}
    try:
        return json_object(content)
    except UNREADABLE:
        raise ItemRefused(field, "bad_json") from None


def event_row(
    arrival: Arrival,
    fact: str,
    name: str,
    occurred_us: int,
    whose: tuple[str | None, str | None, bool],
    properties: bytes | None,
    stated_feature: str | None = None,
) -> InboxRow:
    """An event; `whose` is its own customer, the user or device, and whether that is a device.

    `stated_feature` is named by the source itself; without one the feature rules decide.
    """
    customer_id, user_id, is_anonymous = whose
    if not name or len(name) > NAME_CHARACTERS or "\0" in name:
        raise ItemRefused("event", "too_long" if name and "\0" not in name else "required", name)
    if customer_id is None and user_id is None:
        raise ItemRefused("userId", "required")
    try:
        body = None if properties is None else properties.decode()
    except UnicodeDecodeError:
        raise ItemRefused("properties", "wrong_encoding") from None
    key_hi, key_lo = fact_key("event", arrival.source, fact)
    return InboxRow(
        arrival.venture_id,
        _EVENT,
        key_hi,
        key_lo,
        arrival.source,
        occurred_us,
        arrival.received_us,
        customer_id,
        user_id,
        (ANONYMOUS if is_anonymous else 0) | (EXPLICIT_FEATURE if stated_feature else 0),
        name,
        stated_feature or arrival.features.feature(name, properties),
        body,
    )


_KINDS: Mapping[str, FactKind] = {kind.name: kind for kind in FactKind}


def record_row(arrival: Arrival, fact: str, record: Record, is_anonymous: bool = False) -> InboxRow:
    """Any record but an event."""
    kind = _KINDS[type(record).__name__.lower()]
    key_hi, key_lo = fact_key(kind.name, arrival.source, fact)
    customer_id, user_id = whose_is(record)
    return InboxRow(
        venture_id=arrival.venture_id,
        kind=int(kind),
        key_hi=key_hi,
        key_lo=key_lo,
        source=arrival.source,
        occurred_us=time_of(record),
        received_us=arrival.received_us,
        customer_id=customer_id,
        user_id=user_id,
        anonymous=1 if is_anonymous else 0,
        body=body_of(record),
    )


