"""Alert records; their delivery is outreach's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tenure.model.alerts import Alert, AlertPrecision


class Alerts(Protocol):
    """One record per key (I2). Moves are conditional UPDATEs; False or 0 means somebody was first."""

    def add(self, venture_id: int, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """Write those whose key is new (their number is ignored); returns all of these keys as they are stored."""
        ...

    def get(self, venture_id: int, alert_id: int) -> Alert:
        """Raises `NotFound`."""
        ...

    def list(self, venture_id: int, *, open_only: bool = True, limit: int | None = None) -> Sequence[Alert]:
        """Newest first."""
        ...

    def of_delivery(self, venture_id: int, delivery: str) -> Sequence[Alert]:
        """Alerts told in one message, in order of number."""
        ...

    def raised_since(self, venture_id: int, kind: str, since_us: int) -> Sequence[Alert]: ...

    def last_acknowledged_us(self, venture_id: int) -> int | None:
        """When somebody last acknowledged an alert."""
        ...

    def acknowledge(self, venture_id: int, alert_id: int, *, by: str, now_us: int) -> bool: ...

    def snooze(self, venture_id: int, alert_id: int, *, until_us: int, by: str, now_us: int) -> bool:
        """Not escalated before that time."""
        ...

    def close(self, venture_id: int, alert_id: int, *, was_real: bool, by: str, note: str, now_us: int) -> bool: ...

    def unanswered(self, venture_id: int, now_us: int) -> Sequence[Alert]:
        """Whose answer time has passed: not acknowledged, closed, escalated or snoozed."""
        ...

    def escalated(self, venture_id: int, alert_ids: Sequence[int], *, now_us: int) -> None: ...

    def unlabelled(self, venture_id: int, *, seen_since_us: int, raised_until_us: int) -> Sequence[Alert]:
        """About a customer, with neither a label nor a word on what followed (M19): those whose customer's card is of this time or
        later, and those raised until then."""
        ...

    def followed(self, venture_id: int, notes: Mapping[int, str]) -> None:
        """What was seen after each."""
        ...

    def precision(self, venture_id: int, since_us: int, until_us: int) -> AlertPrecision:
        """M19 over the alerts about customers raised in [since, until)."""
        ...
