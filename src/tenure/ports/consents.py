"""The log of consent: per person, purpose and channel, with source and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tenure.model.consents import Consent


class Consents(Protocol):
    """Only ever added to; the last word counts."""

    def add(self, venture_id: int, words: Sequence[Consent]) -> None: ...

    def of(self, venture_id: int, customer_ids: Sequence[str]) -> Mapping[str, Sequence[Consent]]:
        """The log of each of these customers, oldest first; whoever has none is left out."""
        ...

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int: ...
