"""Keys are asked once and remembered shortly; a repaired call is read again."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tenure.clock import FixedClock
from tenure.model.mapping import FactMapping
from tenure.model.quarantine import Refusal
from tenure.services.ingest.keys import KeyCache, KeyGrant
from tenure.services.ingest.reading import posthog_many, segment_many, segment_single
from tenure.services.ingest.refusals import InboxFull, ItemRefused, UnknownKey
from tenure.services.ingest.replay import repaired_record, replayed_rows


class Asked:
    """Keys that count how often they are asked."""

    def __init__(self) -> None:
        self.times = 0
        self.known = {"good": KeyGrant(venture_id=1)}

    def grant_of(self, token: str) -> KeyGrant | None:
        self.times += 1
        return self.known.get(token)


def test_a_key_is_asked_for_once_and_a_revoked_one_is_refused_soon() -> None:
    async def play() -> None:
        asked, clock = Asked(), FixedClock(0)
        cache = KeyCache(asked, clock, keep_seconds=5)
        opened = [await cache.open("good") for _ in range(3)]
        assert asked.times == 1
        assert all(found is not None and found.grant.venture_id == 1 for found in opened)
        asked.known.clear()
        assert await cache.open("good") is not None
        clock.advance_us(5_000_000)
        assert await cache.open("good") is None

    asyncio.run(play())


def test_forgetting_asks_again_at_once() -> None:
    async def play() -> None:
        asked = Asked()
        cache = KeyCache(asked, FixedClock(0))
        assert await cache.open("new") is None
        asked.known["new"] = KeyGrant(venture_id=2)
        cache.forget()
        assert await cache.open("new") is not None

    asyncio.run(play())


def test_guessing_keys_costs_us_no_memory() -> None:
    async def play() -> None:
        cache = KeyCache(Asked(), FixedClock(0), capacity=10)
        for number in range(50):
            assert await cache.open(f"guess {number}") is None
        assert len(cache._remembered) <= 10

    asyncio.run(play())


@pytest.mark.parametrize("key", [None, "", "nobody"])
def test_an_unknown_key_opens_nothing(door: Any, key: str | None) -> None:
    with pytest.raises(UnknownKey):
        asyncio.run(door.ingest.open(key))


def test_a_store_that_cannot_be_asked_is_no_unknown_key(door: Any) -> None:
    with pytest.raises(InboxFull):
        asyncio.run(door.ingest.open("LOCKED"))


REFUSAL = Refusal(
    kind="events", source="http", position="item 1", field="", rule="", value="", record=None, first_seen_us=1_795_231_319_000_000
)


def replayed(record: Any, refusal: Refusal = REFUSAL) -> Any:
    return replayed_rows(record, refusal, 1, FactMapping())


def test_a_repaired_call_gives_the_row_it_would_have_given(door: Any) -> None:
    door.take(segment_single("track", json.dumps({"event": "", "userId": "u1", "messageId": "m"}).encode()))
    [(_, refusal)] = door.store.refusals
    [row] = replayed({**refusal.record, "event": "login"})
    door.take(segment_single("track", json.dumps({"event": "login", "userId": "u1", "messageId": "m"}).encode()))
    [direct] = door.store.rows
    assert (row.key_hi, row.key_lo, row.name, row.user_id) == (direct.key_hi, direct.key_lo, "login", "u1")


def test_a_repaired_posthog_event_is_read_as_one(door: Any) -> None:
    door.take(posthog_many(b'{"batch": [{"event": "login"}]}'))
    [(_, refusal)] = door.store.refusals
    assert [row.user_id for row in replayed({**refusal.record, "distinct_id": "u1"})] == ["u1"]


def batch(*calls: dict[str, Any], sent_at: str = "2026-11-01T10:00:00Z") -> Any:
    context = {"groupId": "acme"}
    return segment_many(json.dumps({"batch": calls, "sentAt": sent_at, "context": context}).encode())


def test_a_replayed_call_keeps_what_its_batch_said(door: Any) -> None:
    call = {"type": "track", "event": "login", "anonymousId": "d", "timestamp": "2026-11-01T09:00:00Z"}
    door.take(batch({**call, "event": ""}, call, {**call, "event": ""}))
    [direct], refusals = door.store.rows, [refusal for _, refusal in door.store.refusals]
    first, third = (replayed(repaired_record(one.record, {**call}), one)[0] for one in refusals)
    assert (first.customer_id, first.occurred_us) == (direct.customer_id, direct.occurred_us) and direct.customer_id == "acme"
    assert direct.occurred_us != 1_793_523_600_000_000, "the client's clock was corrected"
    assert len({(row.key_hi, row.key_lo) for row in (first, direct, third)}) == 3, "equal calls without an id, each in its place"


def test_a_time_a_person_repaired_is_not_corrected_by_the_clients_clock(door: Any) -> None:
    door.take(batch({"type": "track", "event": "login", "anonymousId": "d", "timestamp": "never"}))
    [(_, refusal)] = door.store.refusals
    [row] = replayed(repaired_record(refusal.record, {**refusal.record, "timestamp": "2026-11-01T09:00:00Z"}), refusal)
    assert (row.occurred_us, row.customer_id) == (1_793_523_600_000_000, "acme")


@pytest.mark.parametrize("said", ["x", {"sent_at": {}}, {"customer_id": [1]}, {"customer_id": "x" * 256}])
def test_an_arrival_that_is_none_says_so(said: Any) -> None:
    with pytest.raises(ItemRefused):
        replayed({"type": "track", "event": "e", "userId": "u", "tenure_arrival": said})


def test_a_repair_need_not_repeat_what_the_record_came_as() -> None:
    assert repaired_record({"type": "track", "event": ""}, {"event": "login"}) == {"type": "track", "event": "login"}
    assert repaired_record({"tenure_kind": "users"}, {"user_id": "u"}) == {"tenure_kind": "users", "user_id": "u"}
    assert repaired_record({"type": "sing"}, {"type": "track"}) == {"type": "track"}
    assert repaired_record("text", None) == "text"


def test_an_event_that_is_too_large_stays_out() -> None:
    with pytest.raises(ItemRefused) as refused:
        replayed({"type": "track", "event": "e", "userId": "u", "properties": {"text": "x" * 32_768}})
    assert refused.value.problem.rule == "too_long"


@pytest.mark.parametrize("record", [{"type": "track"}, {"type": "track", "event": 1}, "text", None, {}])
def test_what_is_still_broken_says_so(record: Any) -> None:
    with pytest.raises(ItemRefused):
        replayed(record)


@pytest.mark.parametrize(
    ("kind", "call"),
    [("users", "identify"), ("customers", "group"), ("aliases", "alias"), ("events", "track")],
)
def test_a_refused_call_says_what_it_was_meant_to_be(door: Any, kind: str, call: str) -> None:
    door.take(segment_single(call, b'{"messageId": "m"}'))
    [(_, refusal)] = door.store.refusals
    assert (refusal.kind, refusal.record["type"]) == (kind, call)
