"""What Slack can do, by the way in (limits: docs.slack.dev, chat.postMessage and Block Kit)."""

from __future__ import annotations

from tenure.model.touches import Channel
from tenure.providers.caps import Capabilities

_CHANNELS = frozenset({Channel.slack})
BOT = Capabilities(provider="slack", channels=_CHANNELS, blocks=True, replaces=True, max_characters=40_000, max_blocks=50)
WEBHOOK = Capabilities(provider="slack", channels=_CHANNELS, blocks=True, replaces=False, max_characters=40_000, max_blocks=50)
