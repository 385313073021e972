"""Known and unknown keys, remembered for a few seconds so that the store is not asked at every request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import Protocol

import msgspec

from tenure.clock import Clock
from tenure.model.keys import KeyKind
from tenure.model.mapping import FactMapping
from tenure.ports.keys import Keys
from tenure.services.ingest.rows import FeatureReader

WRITE_SCOPE = "write"
"""An API key with this scope may hand in facts too."""


class KeyGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a key opens: one venture, under one source name, with the mapping its facts are read by."""

    venture_id: int
    source: str = "http"
    mapping: FactMapping = FactMapping()


class WriteKeys(Protocol):
    """Asked by the `KeyCache` in a worker thread; may read the store."""

    def grant_of(self, token: str) -> KeyGrant | None:
        """None when the key is unknown, revoked, or may not write. Raises `Unavailable`."""
        ...


class StoreKeys:
    """The store's keys as the door sees them; `mapping_of` gives the present mapping of a venture."""

    def __init__(self, keys: Keys, mapping_of: Callable[[int], FactMapping]) -> None:
        self._keys = keys
        self._mapping_of = mapping_of

    def grant_of(self, token: str) -> KeyGrant | None:
        key = self._keys.find_by_token(token)
        if key is None or not (key.kind is KeyKind.write or WRITE_SCOPE in key.scopes):
            return None
        return KeyGrant(venture_id=key.venture_id, source=key.source, mapping=self._mapping_of(key.venture_id))


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A key that opened the door, ready for use."""

    digest: bytes
    grant: KeyGrant
    features: FeatureReader


class _Remembered(msgspec.Struct, frozen=True):
    opened: Opened | None
    until_seconds: float


class KeyCache:
    """A revoked key or a changed mapping takes effect within `keep_seconds`, or at once after `forget`.

    Keys are remembered by their BLAKE2b digest, never as they are; at most `capacity` of them, so that guessing
    keys costs the guesser time and us no memory.
    """

    def __init__(self, keys: WriteKeys, clock: Clock, keep_seconds: float = 5.0, capacity: int = 10_000) -> None:
        self._keys = keys
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._capacity = capacity
        self._remembered: dict[bytes, _Remembered] = {}

    async def open(self, token: str) -> Opened | None:
        """What this key opens; None when nothing. Raises `Unavailable` when the store cannot be asked."""
        digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()
        now = self._clock.monotonic()
        found = self._remembered.get(digest)
        if found is not None and now < found.until_seconds:
            return found.opened
        grant = await asyncio.get_running_loop().run_in_executor(None, partial(self._keys.grant_of, token))
        return self._remember(digest, grant, now)

    def forget(self) -> None:
        """Ask the store again from now on (a key was revoked, a mapping changed)."""
        self._remembered.clear()

    def _remember(self, digest: bytes, grant: KeyGrant | None, now: float) -> Opened | None:
        if len(self._remembered) >= self._capacity:
            self._remembered.clear()
        opened = None
        if grant is not None:
            opened = Opened(digest=digest, grant=grant, features=FeatureReader(grant.mapping))
        self._remembered[digest] = _Remembered(opened, now + self._keep_seconds)
        return opened
