"""Refused records of both doors, repaired and replayed through the one command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.app.deployment import Deployment, opened
from tenure.app.doors import DoorServices
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, FixedClock
from tenure.model.keys import KeyKind
from tenure.services.ingest.reading import Request, segment_many, typed_many

NOW_US = 20_758 * DAY_US


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    create_workspace(tmp_path / "work")
    with opened(tmp_path / "work", clock=FixedClock(NOW_US)) as one:
        yield one


def send(one: Deployment, *requests: Request) -> None:
    key = one.store.keys.create(one.venture.venture_id, KeyKind.write, name="app", by="test", now_us=NOW_US)

    async def play() -> None:
        ingest = DoorServices(one).ingest
        opened_key = await ingest.open(key.token)
        for request in requests:
            await ingest.take(opened_key, request)
        await ingest.close()

    asyncio.run(play())


def waiting(one: Deployment) -> list[Any]:
    return list(one.store.quarantine.list(one.venture.venture_id))


def test_a_call_of_a_client_is_repaired_and_counts(deployment: Deployment) -> None:
    batch = {"batch": [{"type": "track", "event": "login", "messageId": "m", "timestamp": "2026-10-01T00:00:00Z"}]}
    event = {"kind": "events", "records": [{"event": "used", "user_id": "u", "timestamp": "never", "feature": "exports"}]}
    send(deployment, segment_many(json.dumps(batch).encode()), typed_many(json.dumps(event).encode()))
    assert deployment.facts_in.replay_now(None, {}, NOW_US).accepted == ()
    call, typed = waiting(deployment)
    repairs = {
        call.item_id: {**call.refusal.record, "userId": "u"},
        typed.item_id: {"event": "used", "user_id": "u", "timestamp": "2026-10-02", "feature": "exports"},
    }
    assert set(deployment.facts_in.replay_now(None, repairs, NOW_US).accepted) == set(repairs)
    assert deployment.status(NOW_US)["facts"]["events"] == 2
    assert waiting(deployment) == []


def test_both_doors_are_replayed_in_one_go(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,created_at\nc1,never\n")
    deployment.facts_in.import_now([file], NOW_US)
    send(deployment, typed_many(b'{"kind": "customers", "records": [{"customer_id": "c2", "status": "weird"}]}'))
    items = waiting(deployment)
    repairs = {
        item.item_id: {"customer_id": f"r{place}", "created_at": "2026-01-01", "status": "active"}
        for place, item in enumerate(items)
    }
    assert len(deployment.facts_in.replay_now(None, repairs, NOW_US).accepted) == 2
    assert deployment.status(NOW_US)["facts"]["customers"] == 2
