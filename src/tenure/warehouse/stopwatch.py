"""Seconds per stage of a job, returned to whoever asked for the job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenure.clock import Clock


class Stopwatch:
    """Adds up seconds by the name of the stage."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = self._clock.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + self._clock.monotonic() - started
