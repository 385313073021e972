"""What a webhook can do: it is told the key of each message and can refuse a second one itself."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.model.touches import Channel
from tenure.providers.caps import Capabilities


def caps_for(channels: Iterable[Channel]) -> Capabilities:
    """`channels` as configured."""
    return Capabilities(
        provider="webhook", channels=frozenset(channels), html=True, attachments=True, blocks=True, replaces=True, knows_keys=True
    )
