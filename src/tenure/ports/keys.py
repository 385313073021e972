"""Keys at the doors: only the SHA-256 of a token is ever stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.keys import Key, KeyKind, NewKey


class Keys(Protocol):
    """`find_by_token` is called by the doors on every request (behind a `KeyCache`), the rest by admin commands."""

    def create(
        self,
        venture_id: int,
        kind: KeyKind,
        *,
        name: str,
        source: str = "http",
        scopes: Sequence[str] = (),
        by: str,
        now_us: int,
    ) -> NewKey:
        """A fresh key; its token is in the answer and nowhere else. Written to the audit log (without the token)."""
        ...

    def find_by_token(self, token: str) -> Key | None:
        """The key with this token, of whichever venture; None when unknown or revoked. Raises `Unavailable`."""
        ...

    def get(self, venture_id: int, key_id: int) -> Key:
        """Raises `NotFound`."""
        ...

    def all(self, venture_id: int, kind: KeyKind | None = None) -> Sequence[Key]:
        """Every key of the venture, revoked ones too, oldest first."""
        ...

    def revoke(self, venture_id: int, key_id: int, *, by: str, why: str, now_us: int) -> Key:
        """From now on the token is refused (a door's cache: within its lifetime). Raises `NotFound`."""
        ...
