"""A service over in-memory stores, and a hand for writing files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tenure.services.importing.service import Imported, ImportService
from tenure.testing.memory_store import MemoryCursors, MemoryInbox, MemoryQuarantine

NOW_US = 1_790_000_000_000_000  # 2026-09-21


class Desk:
    """An import service and what it filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox, self.quarantine, self.cursors = MemoryInbox(), MemoryQuarantine(), MemoryCursors()
        self.service = ImportService(self.inbox, self.quarantine, self.cursors)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, name: str, content: str | bytes, *sources: Any, **options: Any) -> Imported:
        return self.service.import_paths(1, [self.write(name, content)], sources, now_us=NOW_US, **options)

    def bodies(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(row.body) for row in self.inbox.rows if row.body]

    def refusals(self) -> list[tuple[str, str, str]]:
        """(position, field, rule) of what waits in the quarantine."""
        return [(item.refusal.position, item.refusal.field, item.refusal.rule) for item in self.quarantine.list(1, limit=1_000)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def write(desk: Desk) -> Callable[[str, str | bytes], Path]:
    return desk.write
