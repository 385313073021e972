"""Keys at the doors. A token has 192 random bits, so its plain SHA-256 cannot be turned back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.clock import SECOND_US
from tenure.ids import new_token
from tenure.model.keys import Key, KeyKind, NewKey
from tenure.ports.keys import Keys
from tenure.store.engine import Database
from tenure.store.statements import audit, fields, new_id, one_of
from tenure.store.tables import keys

_PREFIXES = {KeyKind.write: "tw_", KeyKind.api: "ta_"}
HINT_LENGTH = 4


class KeyRows:
    """The port `tenure.ports.keys.Keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        token = new_token(_PREFIXES[kind])
        with self._database.writing() as connection:
            key_id = new_id(
                connection,
                keys,
                venture_id=venture_id,
                kind=kind.value,
                name=name,
                source=source,
                token_sha256=digest_of(token),
                hint=token[-HINT_LENGTH:],
                scopes=list(scopes),
                created_us=now_us,
                created_by=by,
            )
            key = _key(connection.execute(sa.select(keys).where(keys.c.key_id == key_id)).one())
            after = {"kind": kind.value, "hint": key.hint, "source": source, "scopes": list(scopes)}
            audit(
                connection,
                venture_id,
                who=by,
                subject="key",
                name=name,
                before=None,
                after=after,
                why="created",
                now_us=now_us,
            )
        return NewKey(token=token, key=key)

    def find_by_token(self, token: str) -> Key | None:
        query = sa.select(keys).where(keys.c.token_sha256 == digest_of(token), keys.c.revoked_us.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _key(row)

    def get(self, venture_id: int, key_id: int) -> Key:
        query = sa.select(keys).where(keys.c.venture_id == venture_id, keys.c.key_id == key_id)
        with self._database.reading() as connection:
            return _key(one_of(connection, query, f"key {key_id}"))

    def all(self, venture_id: int, kind: KeyKind | None = None) -> Sequence[Key]:
        query = sa.select(keys).where(keys.c.venture_id == venture_id).order_by(keys.c.key_id)
        if kind is not None:
            query = query.where(keys.c.kind == kind.value)
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(query)]

    def revoke(self, venture_id: int, key_id: int, *, by: str, why: str, now_us: int) -> Key:
        mine = sa.and_(keys.c.venture_id == venture_id, keys.c.key_id == key_id)
        with self._database.writing() as connection:
            before = _key(one_of(connection, sa.select(keys).where(mine), f"key {key_id}"))
            if before.revoked_us is not None:
                return before
            connection.execute(sa.update(keys).where(mine).values(revoked_us=now_us))
            was = {"kind": before.kind.value, "hint": before.hint}
            audit(
                connection,
                venture_id,
                who=by,
                subject="key",
                name=before.name,
                before=was,
                after=None,
                why=why,
                now_us=now_us,
            )
            return _key(connection.execute(sa.select(keys).where(mine)).one())


class KeyCache:
    """What a door holds: tokens it has seen, for a short while, so that not every request asks the store.

    A revoked key is refused at most `lifetime_us` later. Unknown tokens are not kept: an attacker could fill it.
    """

    def __init__(self, store: Keys, *, lifetime_us: int = 10 * SECOND_US, capacity: int = 1_000) -> None:
        self._store = store
        self._lifetime_us = lifetime_us
        self._capacity = capacity
        self._seen: dict[str, tuple[int, Key]] = {}
        self._lock = threading.Lock()

    def find_by_token(self, token: str, now_us: int) -> Key | None:
        """Like the store's; also raises what that raises."""
        digest = digest_of(token)
        known = self._seen.get(digest)
        if known is not None and 0 <= now_us - known[0] < self._lifetime_us:
            return known[1]
        key = self._store.find_by_token(token)
        with self._lock:
            self._seen.pop(digest, None)
            if key is not None:
                if len(self._seen) >= self._capacity:
                    del self._seen[next(iter(self._seen))]
                self._seen[digest] = (now_us, key)
        return key


def digest_of(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key(**{**fields(row, "token_sha256"), "kind": KeyKind(row.kind), "scopes": tuple(row.scopes)})
