"""How fast one key may send: a token bucket per key, time handed in."""

from __future__ import annotations

import math

import msgspec


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """Events a second in the long run, and at once."""

    events_per_second: float = 100_000
    burst_events: float = 500_000


class _Bucket(msgspec.Struct):
    tokens: float
    at_seconds: float


class RateLimiter:
    """One bucket per key; a batch larger than the burst passes when its bucket is full."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._buckets: dict[bytes, _Bucket] = {}

    def wait_seconds(self, key: bytes, events: int, now_seconds: float) -> int:
        """0 when these events may pass (and are counted), else whole seconds after which they may."""
        bucket = self._filled(key, now_seconds)
        wanted = min(float(events), self._limit.burst_events)
        if wanted <= bucket.tokens:
            bucket.tokens -= wanted
            return 0
        return max(1, math.ceil((wanted - bucket.tokens) / self._limit.events_per_second))

    def _filled(self, key: bytes, now_seconds: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._limit.burst_events, now_seconds)
        earned = max(0.0, now_seconds - bucket.at_seconds) * self._limit.events_per_second
        bucket.tokens = min(self._limit.burst_events, bucket.tokens + earned)
        bucket.at_seconds = now_seconds
        return bucket
