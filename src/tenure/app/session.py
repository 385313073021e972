"""The warehouse as this process holds it: opened under its lock for a job, kept while there is work, then let go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.warehouse.warehouse import DuckWarehouse


class WarehouseSession:
    """One warehouse file for one process, used by one thread at a time.

    Args:
        path: the file.
        memory_limit: of the engine, such as `4GB`.
        threads: of the engine; None for one per core.
        keeps_open: stay open between jobs until `let_go` (a worker); else it closes after each.
    """

    def __init__(self, path: Path, memory_limit: str, threads: int | None = None, keeps_open: bool = False) -> None:
        self._path, self._memory_limit, self._threads = path, memory_limit, threads
        self.keeps_open = keeps_open
        self._warehouse: DuckWarehouse | None = None
        self._depth = 0
        self._mutex = threading.RLock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have it open for the block; raises `Locked` at once when another process has."""
        with self._mutex:
            if self._warehouse is None:
                self._warehouse = self._open()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0 and not self.keeps_open:
                    self.let_go()

    def _open(self) -> DuckWarehouse:
        # loaded only by who works with it: listing scores or setting a parameter does not
        from tenure.warehouse.engine import WarehouseFile
        from tenure.warehouse.warehouse import DuckWarehouse

        return DuckWarehouse(WarehouseFile.open(self._path, self._memory_limit, self._threads))

    @property
    def warehouse(self) -> DuckWarehouse:
        """The open warehouse; only inside `held`."""
        if self._warehouse is None:
            raise RuntimeError("the warehouse is used outside of a job")
        return self._warehouse

    def let_go(self) -> None:
        """Close the file and free the lock, so that others may work."""
        with self._mutex:
            if self._warehouse is not None and self._depth == 0:
                self._warehouse.close()
                self._warehouse = None
