"""When customers were last contacted, and what was tried: read for alerts, decisions and M13, held while one is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tenure.model.tasks import LastContact


class Contacts(Protocol):
    """Reads the ledger of touches and closed tasks of many customers at once."""

    def hold(self, venture_id: int) -> None:
        """Within `together`: whoever else logs a contact of this venture, or passes its gates, waits until the transaction ends."""
        ...

    def last(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, LastContact]:
        """The last customer-facing touch that left, or call attempt, of each."""
        ...

    def first_by_person(
        self, venture_id: int, customer_ids: Sequence[str], since_us: int
    ) -> Mapping[str, LastContact]:
        """M13: the first call attempt a person logged, or message a person sent, since then. Slack and tasks do not count."""
        ...

    def tried(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What was done for each since then, oldest first: touches (channel, step, state) and tasks (kind, outcome)."""
        ...
