"""The sender for Slack."""

from __future__ import annotations

from hashlib import sha256

from tenure.model.touches import Channel
from tenure.ports.senders import Message, RefusedForGood, Sent
from tenure.providers.caps import Capabilities, check
from tenure.providers.slack import caps
from tenure.providers.slack.client import BotLine, MessageGone, SlackLine, WebhookLine
from tenure.providers.slack.config import SlackSettings
from tenure.providers.slack.mapping import content_of


class SlackSender:
    """Replaces an earlier message where it can; where it cannot, the later one is posted as a new message."""

    name = caps.BOT.provider
    channels: frozenset[Channel] = caps.BOT.channels

    def __init__(self, line: SlackLine, capabilities: Capabilities, default_channel: str = "") -> None:
        self._line = line
        self.caps = capabilities
        self._default_channel = default_channel

    def send(self, message: Message, now_us: int) -> Sent:
        """Raises RefusedForGood, TryLater or OutcomeUnknown."""
        check(self.caps, message)
        content = content_of(message)
        message_id = self._replaced(message, content, now_us) or self._posted(message, content, now_us)
        made_up = f"hook/{sha256(message.key.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"
        return Sent(provider=self.name, message_id=message_id or made_up)

    def try_out(self, now_us: int) -> str:
        """Asks Slack who we are, without sending; a webhook cannot be asked."""
        return self._line.who_am_i(now_us) if isinstance(self._line, BotLine) else ""

    def _replaced(self, message: Message, content: dict[str, object], now_us: int) -> str:
        if not message.update_of or not self.caps.replaces:
            return ""
        try:
            return self._line.replace(message.update_of, content, now_us)
        except MessageGone:
            return ""

    def _posted(self, message: Message, content: dict[str, object], now_us: int) -> str:
        channel = message.to or self._default_channel
        if not channel and self.caps.replaces:
            raise RefusedForGood("slack: no channel is set; name one in providers.slack.default_channel")
        return self._line.post(channel, content, now_us)


def slack_sender(settings: SlackSettings, secret: str) -> SlackSender:
    """`secret` is the bot token, or the address of the incoming webhook."""
    if settings.token_secret:
        line: SlackLine = BotLine(secret, settings.base_url, settings.timeout_seconds)
        return SlackSender(line, caps.BOT, settings.default_channel)
    return SlackSender(WebhookLine(secret, settings.timeout_seconds), caps.WEBHOOK, settings.default_channel)
