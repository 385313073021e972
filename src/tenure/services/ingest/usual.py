"""The short way for a track call as nearly all of them are; it decides nothing that `segment_rows` would not.

Half of what a busy door does is here, so it is one function of plain steps, without a call per field. Anything out of
the ordinary (no UUID, no offset, a device, an odd id) is left to the long way; a test holds both to the same rows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from struct import Struct
from struct import error as StructError

from tenure.clock import DAY_US, SECOND_US
from tenure.model.facts import FactKind, InboxRow
from tenure.services.importing.times import EARLIEST_US
from tenure.services.importing.values import ID_CHARACTERS
from tenure.services.ingest.rows import NAME_CHARACTERS, Arrival
from tenure.services.ingest.segment import STATUS_OF_EVENT
from tenure.services.ingest.wire import SegmentItem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT = int(FactKind.event)
_two_signed64 = Struct(">qq").unpack


def _is_plain(text: str) -> bool:
    """An id that needs no cleaning."""
    return 0 < len(text) <= ID_CHARACTERS and "\0" not in text and text == text.strip()


def usual_track(item: SegmentItem, arrival: Arrival) -> InboxRow | None:
    """The row of a usual track call, None when it is not one."""
    name, user_id, device_id, message_id, context = item.event, item.userId, item.anonymousId, item.messageId, item.context
    customer_id = arrival.customer_id if context is None or context.groupId is None else context.groupId
    if (
        item.type != "track"
        or item.originalTimestamp is not None
        or item.groupId is not None
        or name is None
        or not 0 < len(name) <= NAME_CHARACTERS
        or "\0" in name
        or name in STATUS_OF_EVENT
        or type(user_id) is not str
        or not _is_plain(user_id)
        or (device_id is not None and (type(device_id) is not str or not _is_plain(device_id)))
        or type(message_id) is not str
        or len(message_id) != 36
        or (customer_id is not None and (type(customer_id) is not str or not _is_plain(customer_id)))
    ):
        return None
    try:
        key_hi, key_lo = _two_signed64(bytes.fromhex(message_id.replace("-", "")))
        delta = datetime.fromisoformat(item.timestamp) - _EPOCH  # type: ignore[arg-type]
        text = bytes(item.properties).decode()
    except (ValueError, TypeError, OverflowError, StructError):
        return None
    occurred_us = (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds
    received_us, error_us = arrival.received_us, arrival.error_us
    if error_us is not None:
        occurred_us = min(occurred_us + error_us, received_us)
    if not EARLIEST_US <= occurred_us <= received_us + 366 * DAY_US:
        return None
    body = None if text in ("", "{}", "null") else text
    if body is not None and body[0] != "{":
        return None
    features = arrival.features
    feature = features.feature(name, None if body is None else body.encode()) if features.wants(name) else None
    return InboxRow(
        arrival.venture_id, _EVENT, key_hi, key_lo, arrival.source, occurred_us, received_us,
        customer_id, user_id, 0, name, feature, body,
    )  # fmt: skip
