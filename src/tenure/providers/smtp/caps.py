"""What mail can do. A message that takes an earlier one's place is a new mail in the same thread."""

from __future__ import annotations

from tenure.model.touches import Channel
from tenure.providers.caps import Capabilities

CAPS = Capabilities(
    provider="smtp", channels=frozenset({Channel.email, Channel.survey}), html=True, attachments=True, max_bytes=20 * 1024 * 1024
)
