"""What the API needs, made from a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.app.deployment import Deployment
from tenure.errors import TenureError
from tenure.model.mapping import FactMapping
from tenure.services.ingest.keys import StoreKeys
from tenure.services.ingest.rates import RateLimit
from tenure.services.ingest.service import Ingest


class DoorServices:
    """The ingest service and what the operations endpoints say."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        server = deployment.workspace.server
        self.ingest = Ingest(
            deployment.store.inbox,
            deployment.store.quarantine,
            StoreKeys(deployment.store.keys, self._mapping_of),
            deployment.clock,
            RateLimit(events_per_second=server.events_per_second_per_key, burst_events=server.burst_events_per_key),
        )

    def _mapping_of(self, venture_id: int) -> FactMapping:
        """The mapping of this workspace's venture; keys of other ventures of the store get their plain defaults."""
        return self._deployment.facts.mapping if venture_id == self._deployment.venture.venture_id else FactMapping()

    def status(self, venture_id: int) -> Mapping[str, Any]:
        """What `tenure status --json` says; only of this workspace's venture."""
        if venture_id != self._deployment.venture.venture_id:
            return {}
        return self._deployment.status(self._deployment.clock.now_us())

    def not_ready_because(self) -> str:
        """Empty when the store answers."""
        try:
            self._deployment.store.ventures.get(self._deployment.venture.venture_id)
        except TenureError as problem:
            return problem.message
        return ""
