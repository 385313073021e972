"""The sender for webhooks."""

from __future__ import annotations

from hashlib import sha256

import httpx2

from tenure.model.touches import Channel
from tenure.ports.senders import Message, Sent
from tenure.providers.caps import check
from tenure.providers.webhook.caps import caps_for
from tenure.providers.webhook.client import WebhookLine
from tenure.providers.webhook.config import WebhookSettings
from tenure.providers.webhook.mapping import body_of
from tenure.providers.webhook.webhooks import KEY, signed_headers


class WebhookSender:
    """The key of the touch goes as `Idempotency-Key`: a receiver that keeps keys takes each message once."""

    name = "webhook"

    def __init__(self, settings: WebhookSettings, secret: str, transport: httpx2.BaseTransport | None = None) -> None:
        self.caps = caps_for(settings.channels)
        self._secret = secret
        self._line = WebhookLine(settings.url, settings.timeout_seconds, transport)

    @property
    def channels(self) -> frozenset[Channel]:
        return self.caps.channels

    def send(self, message: Message, now_us: int) -> Sent:
        """Raises RefusedForGood, TryLater or OutcomeUnknown."""
        check(self.caps, message)
        body = body_of(message, now_us)
        key = sha256(message.key.encode("utf-8", "surrogatepass")).hexdigest()
        headers = {"Content-Type": "application/json", "User-Agent": "Tenure", KEY: key, **signed_headers(self._secret, body, now_us)}
        return Sent(provider=self.name, message_id=self._line.post(body, headers, now_us) or key[:32])

    def close(self) -> None:
        self._line.close()
