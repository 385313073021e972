"""`[providers.webhook]`."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tenure.model.touches import Channel
from tenure.providers.config import ProviderSettings


class WebhookSettings(ProviderSettings):
    """Everything is posted to `url`; whoever a message is for stands in its body."""

    url: str
    signing_secret: str
    """Name of the stored secret both sides know."""
    channels: tuple[Channel, ...] = (Channel.webhook,)
    timeout_seconds: float = Field(default=10, gt=0, le=60)

    @field_validator("url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        parts = urlsplit(value)
        is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not is_here):
            raise ValueError("use an https address (http only on this machine)")
        if parts.username or parts.password:
            raise ValueError("an address holds no user and password: the signature says who we are")
        return value

    def secret_names(self) -> list[str]:
        return [self.signing_secret]
