"""The only place that reads the clock; times are integer microseconds since the epoch, UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Handed to whatever needs the present; tests and rehearsals hand in their own."""

    def now_us(self) -> int: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The real time."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()


class FixedClock:
    """A clock that stands still until told to move."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def monotonic(self) -> float:
        return self._now_us / SECOND_US

    def advance_us(self, step_us: int) -> None:
        self._now_us += step_us


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exact (no float in between)."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds


def from_us(moment_us: int) -> datetime:
    """The aware UTC datetime of an integer time."""
    seconds, micros = divmod(moment_us, SECOND_US)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def day_of(moment_us: int) -> int:
    """Whole UTC days since the epoch."""
    return moment_us // DAY_US


def iso(moment_us: int) -> str:
    """ISO 8601 text with Z, microseconds only when there are any."""
    return from_us(moment_us).isoformat().replace("+00:00", "Z")
