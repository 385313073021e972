"""What the twin can do: everything, within the limits of a real mail server."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.model.touches import Channel
from tenure.providers.caps import Capabilities


def caps_for(channels: Iterable[Channel]) -> Capabilities:
    """`channels` as configured."""
    return Capabilities(provider="twin", channels=frozenset(channels), html=True, attachments=True, blocks=True, replaces=True)
