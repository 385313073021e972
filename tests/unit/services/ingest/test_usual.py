"""The short way gives the rows of the long way, or none at all; nothing a client sends breaks either."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.model.mapping import FactMapping
from tenure.services.ingest.reading import READERS, Request
from tenure.services.ingest.refusals import ItemRefused
from tenure.services.ingest.rows import Arrival, FeatureReader
from tenure.services.ingest.segment import segment_rows
from tenure.services.ingest.usual import usual_track
from tenure.services.ingest.wire import UNREADABLE, segment_item

NOW_US = 1_795_231_320_000_000
UUID = "7b07e259-010d-44ca-9289-92f1a07665c9"
TIME = "2026-11-21T03:21:50.877+00:00"
USUAL = {"type": "track", "event": "login", "userId": "u1", "messageId": UUID, "timestamp": TIME, "properties": {"a": 1}}


def arrival(error_us: int | None = None, customer_id: str | None = None) -> Arrival:
    return Arrival(
        venture_id=1, source="http", received_us=NOW_US, features=FeatureReader(FactMapping()),
        error_us=error_us, customer_id=customer_id,
    )  # fmt: skip


def test_what_clients_usually_send_goes_the_short_way() -> None:
    for extra in ({}, {"context": {"groupId": "g"}}, {"anonymousId": None}, {"properties": None}, {"anonymousId": "d"}):
        assert usual_track(segment_item(json.dumps(USUAL | extra)), arrival()) is not None


@pytest.mark.parametrize("name", ["anonymousId", "groupId", "sentAt", "previousId", "name", "category"])
def test_the_other_fields_do_not_change_a_track_call_between_the_ways(name: str) -> None:
    item = segment_item(json.dumps(USUAL | {name: "x"}))
    row = usual_track(item, arrival())
    assert row is None or [row] == segment_rows(item, None, arrival(), 0, b"")


ids = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["u1", " u1 ", "a\0b", "x" * 256, "ü"]), st.integers(0, 99))
odd_items = st.fixed_dictionaries(
    {},
    optional={
        "event": st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["feature_adopted", "Account Deleted", "x" * 256])),
        "userId": ids,
        "anonymousId": ids,
        "groupId": ids,
        "messageId": st.one_of(st.none(), st.text(max_size=40), st.sampled_from([UUID.upper(), UUID[:-1] + "g", " " * 36, "-" * 36])),
        "timestamp": st.one_of(
            st.none(), st.integers(0, 2**40), st.text(max_size=12),
            st.sampled_from(["2026-11-21", "2026-11-21T03:21:50", "1800-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "0001-01-01T00:00:00+10:00"]),
        ),
        "originalTimestamp": st.sampled_from([None, TIME, "soon"]),
        "properties": st.one_of(st.none(), st.lists(st.integers(), max_size=1), st.just({"feature": "export"}), st.just({})),
        "context": st.one_of(st.none(), st.fixed_dictionaries({}, optional={"groupId": ids})),
    },
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(odd=odd_items, error_us=st.sampled_from([None, 0, 10**10, -(10**10)]), customer_id=st.sampled_from([None, "c"]))
def test_the_short_way_is_the_long_way(odd: dict[str, Any], error_us: int | None, customer_id: str | None) -> None:
    item = segment_item(json.dumps(USUAL | odd))
    request = arrival(error_us, customer_id)
    row = usual_track(item, request)
    if row is not None:
        assert [row] == segment_rows(item, None, request, 0, b"")


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = ["type", "event", "userId", "anonymousId", "messageId", "timestamp", "originalTimestamp", "properties", "traits", "context", "groupId", "previousId", "name", "category", "distinct_id", "uuid", "$set", "$set_once", "options", "status", "mrr", "created_at", "createdAt", "ticket_id", "customer_id"]
NAMES = st.sampled_from(["$identify", "$set", "$groupidentify", "$create_alias", "login", "Account Deleted"])


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    reader=st.sampled_from(sorted(READERS)),
    content=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8),
    event=NAMES,
    inner=st.dictionaries(st.sampled_from(["$group_type", "$group_key", "alias", "$groups", "$anon_distinct_id", "company"]), json_values, max_size=3),
)
def test_anything_at_all_becomes_rows_or_a_named_refusal(
    reader: str, content: dict[str, Any], event: str, inner: dict[str, Any]
) -> None:
    whole = {"event": event, "properties": inner, **content}
    raw = json.dumps(whole).encode()
    try:
        rows = Request(items=(raw,), kind=reader).read(raw, arrival(), 0)
    except ItemRefused as refusal:
        assert refusal.problem.rule
    except UNREADABLE:
        pass
    else:
        for row in rows:
            assert row.venture_id == 1
            assert row.body is None or isinstance(msgspec.json.decode(row.body), dict)
            assert all("\0" not in text for text in (row.user_id, row.customer_id, row.name, row.feature) if text)
