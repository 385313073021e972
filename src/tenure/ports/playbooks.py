"""Published playbook versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.playbooks import PlaybookDefinition, PlaybookVersion


class Playbooks(Protocol):
    """Versions never change; a log says which was live when. Called by publishing, and by every entry and advance."""

    def publish(
        self, venture_id: int, definition: PlaybookDefinition, *, digest: str, by: str, why: str, now_us: int
    ) -> PlaybookVersion:
        """The next version of this key, live from now; an existing version with this digest is made live again. Audited."""
        ...

    def retire(self, venture_id: int, key: str, *, by: str, why: str, now_us: int) -> None:
        """Nobody enters from now on; who is in it finishes. Audited. Raises NotFound."""
        ...

    def get(self, venture_id: int, key: str, version: int) -> PlaybookVersion:
        """Raises NotFound."""
        ...

    def live(self, venture_id: int, *, at_us: int | None = None) -> Sequence[PlaybookVersion]:
        """The live version of every key, in order of key, now or at a past time (rehearsal)."""
        ...

    def versions(self, venture_id: int, key: str | None = None) -> Sequence[PlaybookVersion]:
        """By key, then version."""
        ...
