"""Keys: what a program shows at the door instead of a password."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class KeyKind(StrEnum):
    """A write key may only hand in facts; an API key does what its scopes say."""

    write = "write"
    api = "api"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept: never the token, only its last four characters as a `hint`.

    `source` is the name facts handed in with it carry (part of their de-duplication key).
    """

    key_id: int
    venture_id: int
    kind: KeyKind
    name: str
    source: str
    hint: str
    scopes: tuple[str, ...]
    created_us: int
    created_by: str
    revoked_us: int | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made: the only moment its `token` can be seen."""

    token: str
    key: Key

    def __repr__(self) -> str:
        return f"NewKey(key_id={self.key.key_id}, hint={self.key.hint!r})"
