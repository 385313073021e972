"""What a provider can do, as data: asked before it is used, shown by `tenure providers list`."""

from __future__ import annotations

import msgspec

from tenure.model.touches import Channel
from tenure.ports.senders import Message, RefusedForGood


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Limits are the provider's own; None: it names none. `knows_keys`: it refuses a second message of one key itself."""

    provider: str
    channels: frozenset[Channel]
    html: bool = False
    attachments: bool = False
    blocks: bool = False
    replaces: bool = False
    """A later message takes the place of an earlier one; where it cannot, the later one is sent as a new message."""
    knows_keys: bool = False
    max_bytes: int | None = None
    max_characters: int | None = None
    max_blocks: int | None = None


class Unable(RefusedForGood):
    """More was asked for than the provider can do; says which and what."""

    def __init__(self, provider: str, feature: str) -> None:
        super().__init__(f"{provider}: unsupported, {feature}")


def check(caps: Capabilities, message: Message) -> None:
    """Raises Unable for what cannot be said through this provider and would be lost silently."""
    if message.channel not in caps.channels:
        raise Unable(caps.provider, f"the channel {message.channel.value}")
    if message.attachments and not caps.attachments:
        raise Unable(caps.provider, "attachments")
    if caps.max_blocks is not None and len(message.blocks) > caps.max_blocks:
        raise Unable(caps.provider, f"more than {caps.max_blocks} blocks")
    if caps.max_characters is not None and len(message.text) > caps.max_characters:
        raise Unable(caps.provider, f"a text of more than {caps.max_characters} characters")
