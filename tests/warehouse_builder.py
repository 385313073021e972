"""An easy way to a real warehouse in tests: records in, through the real drain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tenure.clock import FixedClock
from tenure.model.facts import Record
from tenure.model.mapping import FactMapping
from tenure.ports.warehouse import DrainResult
from tenure.testing.warehouse import inbox_rows, inbox_table
from tenure.warehouse.accumulated_view import AccumulatedView
from tenure.warehouse.engine import WarehouseFile
from tenure.warehouse.full_view import FullView
from tenure.warehouse.warehouse import DuckWarehouse


class BuiltWarehouse:
    """A warehouse (in memory unless a path is given) that takes records."""

    def __init__(self, path: Path | None = None, mapping: FactMapping | None = None) -> None:
        self.mapping = mapping or FactMapping()
        self.warehouse = DuckWarehouse(WarehouseFile.open(path, memory_limit="1GB", threads=1), FixedClock(0))
        self._next_seq = self.warehouse.mark() + 1

    def add(self, records: Iterable[Record], now_us: int) -> DrainResult:
        """One batch through the drain."""
        rows = inbox_rows(records, self._next_seq, self.mapping)
        return self.add_rows(rows, now_us)

    def add_rows(self, rows: list[Any], now_us: int) -> DrainResult:
        """One batch of inbox rows through the drain."""
        table = inbox_table(rows, self._next_seq)
        self._next_seq += len(rows)
        return self.warehouse.drain(iter(table.to_batches()), self._next_seq - 1, self.mapping, now_us)

    def full(self, now_us: int, known_batch: int | None = None, mapping: FactMapping | None = None) -> FullView:
        return self.warehouse.full_view(now_us, mapping or self.mapping, known_batch)

    def now(self, now_us: int) -> AccumulatedView:
        """The accumulated view at now, waiting facts let in."""
        self.warehouse.drain(iter([]), 0, self.mapping, now_us)
        return self.warehouse.accumulated_view(now_us, self.mapping)

    def close(self) -> None:
        self.warehouse.close()


def warehouse_of(records: Iterable[Record], now_us: int, mapping: FactMapping | None = None) -> BuiltWarehouse:
    """A warehouse in memory that knows these records."""
    built = BuiltWarehouse(mapping=mapping)
    built.add(records, now_us)
    return built
