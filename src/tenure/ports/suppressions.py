"""Who must not be contacted, known only by a salted hash of the address (A29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Suppressions(Protocol):
    """Wins over everything. The salt is a secret of the venture, made at the first suppression."""

    def add(self, venture_id: int, addresses: Sequence[str], channel: str, *, reason: str, by: str, now_us: int) -> int:
        """Suppress addresses (mail or phone, however written) on a channel, `*` for all; returns how many are new."""
        ...

    def lift(self, venture_id: int, address: str, channel: str, *, why: str, by: str, now_us: int) -> None:
        """Raises `NotFound` when the address was not suppressed on that channel. Audited, without the address."""
        ...

    def of(self, venture_id: int, addresses: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Of these addresses, as they are written here, those suppressed, with the channels."""
        ...

    def count(self, venture_id: int) -> int: ...
