"""What a mailbox can do: mail comes in through it, nothing leaves."""

from __future__ import annotations

from tenure.providers.caps import Capabilities

CAPS = Capabilities(provider="imap", channels=frozenset())
