"""How far an incremental source has been read: one text per source, kept in the store."""

from __future__ import annotations

from typing import Protocol


class Cursors(Protocol):
    """Called by `services.importing` (SQL sources) and by provider polls.

    A position is opaque text of the source's own making. It is set only after everything up to it is durable in the
    inbox: a crash in between reads some rows again, and their keys make that harmless.
    """

    def get(self, venture_id: int, source: str) -> str | None:
        """The position last set for this source, None when it was never read."""
        ...

    def set(self, venture_id: int, source: str, position: str) -> None:
        """Durable when this returns. An empty text means: start over."""
        ...
