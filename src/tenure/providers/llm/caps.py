"""What a language model can do: draft text. Nothing leaves through it."""

from __future__ import annotations

from tenure.providers.caps import Capabilities

CAPS = Capabilities(provider="llm", channels=frozenset())
