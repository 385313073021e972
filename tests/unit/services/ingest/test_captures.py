"""Recorded requests of unmodified clients give exactly the facts their callers meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.model.facts import Alias, Customer, FactKind, User
from tenure.services.ingest.reading import segment_many


def capture(shared: Path, name: str) -> dict[str, Any]:
    line = (shared / "vendor" / "captures" / f"{name}.jsonl").read_text().splitlines()[0]
    body: dict[str, Any] = json.loads(line)["body"]
    return body


@pytest.mark.parametrize("name", ["segment", "segment-node", "rudder"])
def test_every_recorded_batch_is_taken_whole(shared: Path, door: Any, name: str) -> None:
    body = capture(shared, name)
    receipt = door.take(segment_many(json.dumps(body).encode()))
    assert (receipt.accepted, receipt.refused, receipt.duplicates) == (len(body["batch"]), 0, 0)
    assert door.store.refusals == []


@pytest.mark.parametrize("name", ["segment", "segment-node", "rudder"])
def test_a_recorded_batch_means_what_was_called(
    shared: Path, door: Any, us: Callable[[str], int], name: str
) -> None:
    body = capture(shared, name)
    door.take(segment_many(json.dumps(body).encode()))
    error_us = door.clock.now_us() - us(body["sentAt"])
    stated = [us(item["timestamp"]) + error_us for item in body["batch"]]

    user, customer, member, export, page, screen, alias, *anonymous = door.records
    created = us("2026-11-01T12:00:00Z") if name == "segment" else None
    assert user == User(
        user_id="u1", stated_us=stated[0], email="pat@example.com", created_us=created, traits={"plan": "pro"}
    )
    arr_cents = 239_400 if name == "segment" else None
    traits = {"employees": 42} | ({"mrr": 199.5} if name == "segment" else {})
    assert customer == Customer(
        customer_id="acct_1", stated_us=stated[1], name="Initech", arr_cents=arr_cents, traits=traits
    )
    assert member == User(user_id="u1", stated_us=stated[1], customer_id="acct_1")
    assert (export.name, export.customer_id, export.user_id) == ("Report Exported", "acct_1", "u1")
    assert (export.occurred_us, export.anonymous) == (stated[2], 0)
    assert json.loads(export.body) == {"format": "csv", "rows": 12}
    assert (page.name, page.customer_id, page.user_id) == ("page", None, "u1")
    assert json.loads(page.body) == {"url": "https://app.example.com/docs", "name": "Setup", "category": "Docs"}
    assert screen.name == "screen"
    assert json.loads(screen.body)["name"] == "Main"
    assert alias == Alias(previous_id="anon-1", user_id="u1", stated_us=stated[5])
    if name != "rudder":
        assert [(row.name, row.user_id, row.anonymous) for row in anonymous] == [("Viewed", "anon-9", 1)]


def test_the_same_recorded_batch_again_adds_nothing(shared: Path, door: Any) -> None:
    request = segment_many(json.dumps(capture(shared, "segment")).encode())
    door.take(request)
    before = len(door.store.rows)
    receipt = door.take(request)
    assert (receipt.accepted, receipt.duplicates, len(door.store.rows)) == (0, len(request.items), before)


def test_rows_of_one_call_have_keys_of_their_own(shared: Path, door: Any) -> None:
    door.take(segment_many(json.dumps(capture(shared, "segment")).encode()))
    keys = [(row.key_hi, row.key_lo) for row in door.store.rows]
    assert len(set(keys)) == len(keys)
    assert {FactKind(row.kind) for row in door.store.rows} == {
        FactKind.user, FactKind.customer, FactKind.event, FactKind.alias,
    }  # fmt: skip
