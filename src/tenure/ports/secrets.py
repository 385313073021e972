"""Secrets of providers and sources, encrypted at rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Secrets(Protocol):
    """Called by `app` when it builds providers and sources. Values are never logged, printed or listed."""

    def put(self, venture_id: int, name: str, value: str, *, by: str, now_us: int) -> None:
        """Set or replace; audited without the value."""
        ...

    def ensure(self, venture_id: int, name: str, value: str, *, by: str, now_us: int) -> str:
        """What is set under this name; `value` is set where nothing is. Two processes asking at once get the same."""
        ...

    def get(self, venture_id: int, name: str) -> str:
        """Raises `NotFound` when there is none, `Corrupt` when the key does not open it."""
        ...

    def names(self, venture_id: int) -> Sequence[str]: ...

    def delete(self, venture_id: int, name: str, *, by: str, now_us: int) -> None:
        """Raises `NotFound`."""
        ...

    def signing_key(self, purpose: str) -> bytes:
        """A key for signed links, derived from the store's secret key: another one for each purpose, the same everywhere.

        Raises `BadInput` when the store has no key and may not make one.
        """
        ...
