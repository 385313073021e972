"""A lock file of ours: one process at a time works with a venture's warehouse."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tenure.errors import Locked


class FileLock:
    """An advisory lock on a file; the system frees it when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take it; raises `Locked` at once when another process has it."""
        if self._file is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise Locked("Another process has the warehouse open.", "Try again in a moment.") from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
