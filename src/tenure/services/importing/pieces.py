"""What every reader gives: pieces of a file, the rows it could not even read, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from tenure.services.importing.chunk import Chunk


class BrokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is no record at all: what could be made of it, and the rule it breaks."""

    place: int
    raw: dict[str, Any]
    rule: str


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a file, and the broken ones among them."""

    chunk: Chunk
    broken: tuple[BrokenRow, ...] = ()


class FileReader(Protocol):
    """One open file. `pieces` may be walked once; `notes` says what a person should know about how it was read."""

    columns: list[str]
    notes: list[str]
    total_bytes: int

    @property
    def done_bytes(self) -> int: ...

    def pieces(self) -> Iterator[Piece]: ...

    def close(self) -> None: ...
