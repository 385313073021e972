"""Keys seen lately, so that a client's resend costs nothing. Only an optimisation: the warehouse remembers for ever."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.clock import DAY_US


class SeenKeys:
    """At most `capacity` 128-bit keys, each remembered for at least half and at most the whole window.

    Two generations: when the young one is full or half a window old, the old one is forgotten.
    Only durable keys may be added; used from one thread.
    """

    def __init__(self, capacity: int = 1_000_000, window_us: int = DAY_US) -> None:
        self._half_capacity = max(1, capacity // 2)
        self._half_window_us = window_us // 2
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._born_us = 0

    def __contains__(self, key: int) -> bool:
        return key in self._young or key in self._old

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def add(self, keys: Sequence[int], now_us: int) -> None:
        """Remember keys whose facts are durable."""
        self.forget_expired(now_us)
        if len(self._young) + len(keys) <= self._half_capacity:
            self._young.update(keys)
            return
        for key in keys:
            if len(self._young) >= self._half_capacity:
                self._turn(now_us)
            self._young.add(key)

    def forget_expired(self, now_us: int) -> None:
        """Turn the generations as often as time demands."""
        if now_us - self._born_us >= 2 * self._half_window_us:
            self._old, self._young, self._born_us = set(), set(), now_us
        elif now_us - self._born_us >= self._half_window_us:
            self._turn(now_us)

    def _turn(self, now_us: int) -> None:
        self._old, self._young, self._born_us = self._young, set(), now_us


_LOW64 = (1 << 64) - 1


def seen_key(venture_id: int, key_hi: int, key_lo: int) -> int:
    """One integer of a venture and a fact key (two signed halves)."""
    return (venture_id << 128) + (key_hi << 64) + (key_lo & _LOW64)
