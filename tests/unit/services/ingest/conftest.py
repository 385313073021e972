"""A door in memory: what it writes can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from tenure.clock import FixedClock, to_us
from tenure.errors import Unavailable
from tenure.model.facts import RECORD_OF_KIND, FactKind, InboxRow, Record
from tenure.model.mapping import FactMapping
from tenure.model.quarantine import Refusal
from tenure.services.ingest.keys import KeyGrant, Opened
from tenure.services.ingest.reading import Request
from tenure.services.ingest.rows import FeatureReader
from tenure.services.ingest.service import Ingest, Receipt

RECEIVED = "2026-11-21T03:22:00Z"


class MemoryStore:
    """Inbox, quarantine and keys in lists."""

    def __init__(self) -> None:
        self.rows: list[InboxRow] = []
        self.refusals: list[tuple[int, Refusal]] = []
        self.appends = 0
        self.failing: Exception | None = None
        self.grants = {"WK_TEST": KeyGrant(venture_id=1), "OTHER": KeyGrant(venture_id=2)}

    def append(self, rows: Sequence[InboxRow]) -> None:
        if self.failing is not None:
            raise self.failing
        self.appends += 1
        self.rows.extend(rows)

    def add(self, venture_id: int, refusals: Sequence[Refusal]) -> int:
        if self.failing is not None:
            raise self.failing
        self.refusals.extend((venture_id, refusal) for refusal in refusals)
        return len(refusals)

    def grant_of(self, token: str) -> KeyGrant | None:
        if token == "LOCKED":
            raise Unavailable("The store is locked.", "Try again.")
        return self.grants.get(token)


def record_of(row: InboxRow) -> Record:
    """The record a row that is no event carries, its stated time put back."""
    content: dict[str, Any] = msgspec.json.decode(row.body or "{}")
    struct = RECORD_OF_KIND[FactKind(row.kind)]
    if "stated_us" in struct.__struct_fields__:
        content["stated_us"] = row.occurred_us
    return msgspec.convert(content, struct)


class Door:
    """The ingest service over a MemoryStore at a fixed time."""

    def __init__(self, **options: Any) -> None:
        self.store = MemoryStore()
        self.clock = FixedClock(us(RECEIVED))
        self.ingest = Ingest(self.store, self.store, self.store, self.clock, **options)
        self.mapping = FactMapping()

    def take(self, request: Request, venture_id: int = 1, digest: bytes = b"key") -> Receipt:
        grant = KeyGrant(venture_id=venture_id, mapping=self.mapping)
        opened = Opened(digest=digest, grant=grant, features=FeatureReader(self.mapping))
        return asyncio.run(self.ingest.take(opened, request))

    @property
    def records(self) -> list[Any]:
        """Everything in the inbox: rows for events, records for the rest."""
        return [row if row.kind == FactKind.event else record_of(row) for row in self.store.rows]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Field and rule of everything refused."""
        return [(refusal.field, refusal.rule) for _, refusal in self.store.refusals]


def us(text: str) -> int:
    from datetime import datetime

    return to_us(datetime.fromisoformat(text))


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def make_door() -> Callable[..., Door]:
    return Door


@pytest.fixture(name="us")
def us_fixture() -> Callable[[str], int]:
    return us
