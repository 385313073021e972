"""`[providers.twin]`; without any provider configured the twin stands in for all of them."""

from __future__ import annotations

from pydantic import Field

from tenure.model.touches import Channel
from tenure.providers.config import ProviderSettings

EVERY_CHANNEL = (Channel.email, Channel.survey, Channel.slack, Channel.sms, Channel.in_app, Channel.webhook)


class TwinSettings(ProviderSettings):
    """Shares of messages that meet each kind of failure, drawn by `seed` from the key; delays are data, nothing waits."""

    channels: tuple[Channel, ...] = EVERY_CHANNEL
    from_address: str = "success@example.com"
    from_name: str = ""
    seed: int = 0
    refused_share: float = Field(default=0.0, ge=0, le=1)
    bounced_share: float = Field(default=0.0, ge=0, le=1)
    later_share: float = Field(default=0.0, ge=0, le=1)
    unknown_share: float = Field(default=0.0, ge=0, le=1)
    delay_seconds: float = Field(default=2.0, ge=0)
    """Median time until a message reaches its reader."""
    messages_per_minute: int | None = Field(default=None, ge=1)
    """More is answered with how long to wait, as providers do."""
