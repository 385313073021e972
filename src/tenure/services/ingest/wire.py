"""What clients really put on the wire, typed no further than needed: everything else is skipped unread.

Ids may be numbers (people send database ids); `properties` and `traits` stay raw JSON until somebody needs them.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

Id = str | int | None
Moment = str | int | float | None


class Context(msgspec.Struct, gc=False):
    """The parts of a Segment context that say whose fact it is."""

    groupId: Id = None
    traits: Raw = Raw()


class SegmentItem(msgspec.Struct, gc=False):
    """One call of a Segment or RudderStack client."""

    type: str | None = None
    event: str | None = None
    userId: Id = None
    anonymousId: Id = None
    messageId: Id = None
    timestamp: Moment = None
    originalTimestamp: Moment = None
    sentAt: Moment = None
    properties: Raw = Raw()
    traits: Raw = Raw()
    context: Context | None = None
    groupId: Id = None
    previousId: Id = None
    name: str | None = None
    category: str | None = None


class SegmentBatch(msgspec.Struct):
    """`/v1/batch` and `/v1/b`."""

    batch: list[Raw]
    context: Raw = Raw()
    sentAt: Moment = None


class PosthogOptions(msgspec.Struct):
    """What newer PostHog clients lift out of the properties."""

    process_person_profile: bool | None = None
    disable_skew_correction: bool | None = None


class PosthogItem(msgspec.Struct):
    """One event of a PostHog client; `$set` and `$set_once` stand beside or inside the properties."""

    event: str
    distinct_id: Id = None
    uuid: Id = None
    timestamp: Moment = None
    properties: Raw = Raw()
    set_traits: Raw = msgspec.field(name="$set", default=Raw())
    set_once_traits: Raw = msgspec.field(name="$set_once", default=Raw())
    options: PosthogOptions | None = None


class PosthogBatch(msgspec.Struct):
    """`/batch/` and `/i/v1/analytics/events`."""

    batch: list[Raw]
    sent_at: Moment = None


class BodyKey(msgspec.Struct):
    """Where a body may carry its key; clients disagree on the name."""

    writeKey: str | None = None
    api_key: str | None = None
    token: str | None = None

    @property
    def key(self) -> str | None:
        return self.writeKey or self.api_key or self.token


class SingleSentAt(msgspec.Struct):
    """The clock of a client that sends one PostHog event at a time."""

    sent_at: Moment = None


segment_item = msgspec.json.Decoder(SegmentItem).decode
segment_batch = msgspec.json.Decoder(SegmentBatch).decode
posthog_item = msgspec.json.Decoder(PosthogItem).decode
posthog_batch = msgspec.json.Decoder(PosthogBatch).decode
context_of = msgspec.json.Decoder(Context | None).decode
body_key = msgspec.json.Decoder(BodyKey).decode
single_sent_at = msgspec.json.Decoder(SingleSentAt).decode
json_object = msgspec.json.Decoder(dict[str, object]).decode
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError)
"""What decoding raises for bytes that are not the JSON expected."""
