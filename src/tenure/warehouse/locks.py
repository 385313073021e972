"""Our own lock beside the warehouse file: one process at a time, asked before DuckDB is (never poll its error)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenure.errors import Locked


class FileLock:
    """An exclusive lock on a small file; the system lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._handle is not None

    def acquire(self) -> None:
        """Take it or raise `Locked` at once. Taking it twice with one object is an error of the caller."""
        if self._handle is not None:
            raise RuntimeError("the lock is held already")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Locked(
                "Another process has the warehouse open.", "Try again when it is done, or hand it the work as a job."
            ) from None
        self._handle = handle

    def release(self) -> None:
        """Let go; doing so twice is harmless."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for the block; raises `Locked` at once when another process does."""
        self.acquire()
        try:
            yield
        finally:
            self.release()
