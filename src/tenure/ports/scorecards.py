"""Published scorecard versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tenure.model.scorecards import ScorecardVersion


class Scorecards(Protocol):
    """Called by `plan` / `apply` and by every refresh."""

    def add(
        self,
        venture_id: int,
        name: str,
        *,
        digest: str,
        document: Mapping[str, Any],
        by: str,
        why: str,
        now_us: int,
        live: bool = True,
    ) -> ScorecardVersion:
        """The next version of this name, live from now when asked; an existing version with this digest is reused.

        Written to the audit log in the same transaction.
        """
        ...

    def get(self, venture_id: int, name: str, version: int) -> ScorecardVersion:
        """Raises `NotFound`."""
        ...

    def versions(self, venture_id: int, name: str | None = None) -> Sequence[ScorecardVersion]:
        """By name, then version; `live_from_us` is when each last became live."""
        ...

    def live(self, venture_id: int, *, at_us: int | None = None) -> Sequence[ScorecardVersion]:
        """The live version of every name, by name, now or at a past time (reproducing a past score)."""
        ...

    def set_live(self, venture_id: int, name: str, version: int, *, by: str, why: str, now_us: int) -> None:
        """Make this version the live one (also an old one again). Audited. Raises `NotFound`."""
        ...

    def retire(self, venture_id: int, name: str, *, by: str, why: str, now_us: int) -> None:
        """No version of this name is live from now on. Audited. Raises `NotFound`."""
        ...
