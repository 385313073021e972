"""Published versions of trigger definitions, and which is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tenure.model.triggers import TriggerDefinition


class TriggerVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable version."""

    trigger_id: str
    version: int
    digest: str
    definition: TriggerDefinition
    created_us: int
    created_by: str
    why: str


class Triggers(Protocol):
    """Called by the trigger service and by lists. Every change is audited in the same transaction."""

    def publish(
        self, venture_id: int, definitions: Sequence[tuple[TriggerDefinition, str]], *, by: str, why: str, now_us: int
    ) -> Sequence[TriggerVersion]:
        """Make these (definition, digest) live, all or none; a known digest is its old version again."""
        ...

    def retire(self, venture_id: int, trigger_id: str, *, by: str, why: str, now_us: int) -> None:
        """No version is live from now on; open chains go on. Raises NotFound."""
        ...

    def live(self, venture_id: int, *, at_us: int | None = None) -> Sequence[TriggerVersion]:
        """By id, now or at a past time."""
        ...

    def versions(self, venture_id: int, trigger_id: str | None = None) -> Sequence[TriggerVersion]:
        """By id, then version."""
        ...

    def get(self, venture_id: int, trigger_id: str, version: int) -> TriggerVersion:
        """Raises NotFound."""
        ...
