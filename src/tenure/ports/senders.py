"""The outside world of touches: one sender per provider; what may go wrong is told apart by three errors."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tenure.model.touches import Channel


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a message (a calendar invitation is `text/calendar; method=REQUEST`)."""

    name: str
    mime: str
    data: bytes

    def as_content(self) -> dict[str, object]:
        """The file, a text, as it stands in the `attachments` of a touch's content."""
        return {"name": self.name, "mime": self.mime, "text": self.data.decode()}


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a provider is handed. `key` is the touch's: a provider that knows idempotency keys gets it.

    `to` is an address, a Slack channel or member, or a URL, as the channel has it. `update_of` is the provider's id of an
    earlier message that this one takes the place of (internal alerts, I2).
    """

    key: str
    channel: Channel
    to: str
    subject: str = ""
    text: str = ""
    html: str = ""
    recipient_name: str = ""
    sender_name: str = ""
    reply_to: str = ""
    headers: dict[str, str] = {}
    attachments: tuple[Attachment, ...] = ()
    blocks: tuple[dict[str, object], ...] = ()
    update_of: str | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took it."""

    provider: str
    message_id: str


class SendError(Exception):
    """Base of what a sender raises; the text names provider and rule, never a person or content."""


class RefusedForGood(SendError):
    """The provider said no for a reason that will not pass (bad address, blocked). `bounced`: the address is dead."""

    def __init__(self, text: str, *, bounced: bool = False) -> None:
        super().__init__(text)
        self.bounced = bounced


class TryLater(SendError):
    """Surely not sent, and the reason is temporary; `after_seconds` when the provider named it (Retry-After)."""

    def __init__(self, text: str, after_seconds: float | None = None) -> None:
        super().__init__(text)
        self.after_seconds = after_seconds


class OutcomeUnknown(SendError):
    """Nobody can say whether it was sent (the line broke after the message): never repeated for customers."""


class Sender(Protocol):
    """One configured provider. Called by `services.outreach` after the ledger row says `sending`; never retries by itself."""

    @property
    def name(self) -> str:
        """Of the provider, as in `provider:NAME` pauses."""
        ...

    @property
    def channels(self) -> frozenset[Channel]: ...

    def send(self, message: Message, now_us: int) -> Sent:
        """Raises RefusedForGood, TryLater or OutcomeUnknown."""
        ...
