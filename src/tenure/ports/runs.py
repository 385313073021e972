"""The ledger of refreshes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.runs import Run, RunEnd, RunKind, RunState


class Runs(Protocol):
    """Called by the scoring job (start, refuse, fail; publishing ends a run in `PublishedHealth.publish`) and pages."""

    def start(
        self, venture_id: int, kind: RunKind, *, as_of_us: int, known_batch: int | None, now_us: int
    ) -> Run:
        """A new run in state `running`."""
        ...

    def finish(self, venture_id: int, run_id: int, state: RunState, end: RunEnd) -> Run:
        """End a running run as `refused` or `failed` (or a `past` one as `published`: it was computed and shown).

        Raises `NotFound`, and `Refused` when the run is already over.
        """
        ...

    def get(self, venture_id: int, run_id: int) -> Run:
        """Raises `NotFound`."""
        ...

    def last_published(self, venture_id: int, kinds: Sequence[RunKind] | None = None) -> Run | None:
        """The newest published run that changed what pages show (not `past`), or of these kinds."""
        ...

    def last(self, venture_id: int) -> Run | None:
        """The newest run of any kind and state."""
        ...

    def list(self, venture_id: int, *, limit: int = 50) -> Sequence[Run]:
        """Newest first."""
        ...

    def was_reconfigured(self, venture_id: int, after_run: int) -> bool:
        """Whether any published run after that one used another configuration than the run before it (A3)."""
        ...

    def fail_abandoned(self, venture_id: int, *, message: str, now_us: int) -> int:
        """Called by whoever holds the warehouse lock: runs still `running` died with their process."""
        ...
