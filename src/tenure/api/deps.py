"""What the API needs from the rest of the house, as one object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tenure.services.ingest.service import Ingest


class ApiServices(Protocol):
    """Made by the composition; `ingest` brings keys, limits, rates, clock and counters with it."""

    @property
    def ingest(self) -> Ingest: ...

    def status(self, venture_id: int) -> Mapping[str, Any]:
        """What `tenure status --json` says of a venture. Called in a worker thread."""
        ...

    def not_ready_because(self) -> str:
        """Empty when requests can be served, else one sentence. Called in a worker thread."""
        ...
