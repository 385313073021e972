"""What invitations can do. They travel with mails, so there is no sender here."""

from __future__ import annotations

from tenure.providers.caps import Capabilities

CAPS = Capabilities(provider="calendar", channels=frozenset(), replaces=True, knows_keys=True)
