"""What became of drafts: the record that justifies moving a class of action up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.rules.decisions.autonomy import ClassRecord


class AutonomyRecords(Protocol):
    """Read by `tenure autonomy`."""

    def records(self, venture_id: int, since_us: int) -> Sequence[ClassRecord]:
        """By class of action: drafts decided since then, and how the approved ones ended."""
        ...
