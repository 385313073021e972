"""Sizes, rates, duplicates: what the door holds back and what it remembers."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tenure.services.ingest.bodies import json_bytes
from tenure.services.ingest.duplicates import SeenKeys, seen_key
from tenure.services.ingest.rates import RateLimit, RateLimiter
from tenure.services.ingest.reading import segment_many
from tenure.services.ingest.refusals import TooFast, TooLarge, Unreadable

HOUR_US = 3_600_000_000


def events(count: int) -> Any:
    items = [{"type": "track", "event": "login", "userId": "u1", "messageId": f"m{n}"} for n in range(count)]
    return segment_many(json.dumps({"batch": items}).encode())


def test_a_bucket_empties_and_fills_with_time() -> None:
    limiter = RateLimiter(RateLimit(events_per_second=10, burst_events=20))
    assert limiter.wait_seconds(b"k", 20, 0.0) == 0
    assert limiter.wait_seconds(b"k", 15, 0.0) == 2
    assert limiter.wait_seconds(b"k", 15, 1.4) == 1
    assert limiter.wait_seconds(b"k", 15, 1.5) == 0


def test_keys_do_not_share_a_bucket() -> None:
    limiter = RateLimiter(RateLimit(events_per_second=1, burst_events=1))
    assert limiter.wait_seconds(b"a", 1, 0.0) == 0
    assert limiter.wait_seconds(b"b", 1, 0.0) == 0
    assert limiter.wait_seconds(b"a", 1, 0.0) == 1


def test_a_batch_larger_than_the_burst_passes_when_the_bucket_is_full() -> None:
    limiter = RateLimiter(RateLimit(events_per_second=10, burst_events=20))
    assert limiter.wait_seconds(b"k", 1_000, 0.0) == 0
    assert limiter.wait_seconds(b"k", 1_000, 0.0) == 2


def test_too_fast_keeps_nothing_and_says_when_to_come_back(make_door: Callable[..., Any]) -> None:
    door = make_door(rate=RateLimit(events_per_second=5, burst_events=10))
    door.take(events(10))
    with pytest.raises(TooFast) as told:
        door.take(events(10))
    assert told.value.retry_after_seconds == 2
    assert len(door.store.rows) == 10


def test_a_batch_may_hold_2500_events_and_not_one_more(door: Any) -> None:
    assert door.take(events(2_500)).accepted == 2_500
    with pytest.raises(TooLarge):
        door.take(events(2_501))


def test_a_key_is_remembered_for_half_a_window_and_forgotten_after_a_whole_one() -> None:
    seen = SeenKeys()
    seen.add([1], 0)
    seen.forget_expired(11 * HOUR_US)
    assert 1 in seen
    seen.forget_expired(12 * HOUR_US)
    assert 1 in seen
    seen.forget_expired(24 * HOUR_US)
    assert 1 not in seen


def test_remembered_keys_are_bounded_and_the_newest_stay() -> None:
    seen = SeenKeys(capacity=100)
    seen.add(range(1_000), 0)
    assert len(seen) <= 100
    assert 999 in seen
    assert 0 not in seen


def test_ventures_and_halves_make_different_keys() -> None:
    halves = [(1, 2), (2, 1), (-1, 2), (1, -2), (-1, -2), (0, -1), (-1, 0)]
    keys = {seen_key(venture, high, low) for venture in (1, 2) for high, low in halves}
    assert len(keys) == 2 * len(halves)


def test_a_message_id_seen_in_one_venture_is_new_in_another(door: Any) -> None:
    door.take(events(1), venture_id=1)
    assert door.take(events(1), venture_id=2).accepted == 1
    assert [row.venture_id for row in door.store.rows] == [1, 2]


BODY = b'{"batch": []}'


def packed(body: bytes) -> bytes:
    """Without the time of day: the names of tests are made of it."""
    return gzip.compress(body, mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (BODY, b""),
        (BODY, b"identity"),
        (b"\xef\xbb\xbf" + BODY, b""),
        (packed(BODY), b"gzip"),
        (packed(BODY), b""),
        (packed(BODY[:5]) + packed(BODY[5:]), b"gzip"),
        (zlib.compress(BODY), b"deflate"),
    ],
)
def test_a_body_is_read_however_it_is_packed(body: bytes, encoding: bytes) -> None:
    assert json_bytes(body, encoding, 100) == BODY


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(BODY, b"gzip"), (packed(BODY)[:-9], b"gzip"), (BODY, b"br"), (b"\x1f\x8b", b"")],
)
def test_a_broken_body_is_unreadable(body: bytes, encoding: bytes) -> None:
    with pytest.raises(Unreadable):
        json_bytes(body, encoding, 100)


@pytest.mark.parametrize("bomb", [packed(b"0" * 50_000_000), packed(b"0" * 90) * 40])
def test_a_bomb_is_not_blown_up(bomb: bytes) -> None:
    with pytest.raises(TooLarge):
        json_bytes(bomb, b"gzip", 1_000)
