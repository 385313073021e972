"""The code of the benchmarks on small data: whatever they time is right. No time is asserted here."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from bench import ingest, refresh, triggers
from bench.company import Bench, company_of

from tenure.api.app import create_app
from tenure.api.server import server_config
from tenure.clock import HOUR_US
from tenure.store import Store

CUSTOMERS, EVENTS, NEW = 400, 12_000, 2_000


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """A small company that was scored once."""
    with company_of(CUSTOMERS, EVENTS) as found:
        found.refresh()
        yield found


def published(bench: Bench) -> dict[str, float]:
    deployment = bench.deployment
    return {one.customer_id: one.score for one in deployment.store.health.each(deployment.venture.venture_id)}


def test_a_touched_refresh_scores_only_whom_new_facts_touched(bench: Bench) -> None:
    bench.arrive(30, customers=20)
    _, said = bench.refresh(touched_only=True)
    assert 0 < said["scored"] <= 20


def test_incremental_scores_equal_those_computed_from_facts(bench: Bench) -> None:
    assert len(refresh.daily(bench, runs=1, new=NEW)) == 1
    incremental = published(bench)
    assert len(incremental) > 0.9 * CUSTOMERS
    assert len(set(incremental.values())) > 5
    bench.clock.advance_us(-2 * HOUR_US)  # a refresh takes its own step: the same moment again
    _, full = bench.refresh(full=True)
    assert full["scored"] == len(incremental)
    assert full["changed"] == 0
    assert published(bench) == incremental


@pytest.mark.postgres
def test_postgresql_computes_the_same_score_for_every_customer(bench: Bench) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about the login session's runtime folder
        found = refresh.peer(bench, runs=1, new=NEW, with_indexed=True)
    assert len(found.seconds) == len(found.indexed_seconds) == 1
    assert found.customers > 0.9 * CUSTOMERS
    assert found.equal == found.customers


class Announcing(uvicorn.Server):
    """Says when it accepts requests."""

    ready: threading.Event

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The port of the server the benchmark measures, here in a thread."""
    port = ingest.free_port()
    server = Announcing(server_config(create_app(ingest.Services(folder)), "127.0.0.1", port))
    server.ready = threading.Event()
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(20)
    yield port
    server.should_exit = True
    thread.join(20)


def test_every_event_of_the_ingest_benchmark_is_answered_and_stored_once(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        batches = ingest.load(port, "/v1/batch", events=100, connections=4, run=1, requests=20)
        singles = ingest.load(port, "/v1/track", events=1, connections=4, run=2, requests=40)
    assert [(one["requests"], one["sent"], one["events"]) for one in (batches, singles)] == [(20, 20, 2_000), (40, 40, 40)]
    with Store.open(tmp_path) as store:
        found = [row for batch in store.inbox.read_arrow(1, 0, store.inbox.high_mark(1)) for row in batch.to_pylist()]
    assert len(found) == len({(row["key_hi"], row["key_lo"]) for row in found}) == 2_040


def test_a_look_at_the_scores_fires_for_whom_the_benchmark_lets_fall(tmp_path: Path) -> None:
    look, _ = triggers.rows(2_000, 2, tmp_path, "SQLite")
    assert look.size == "2,000 customers, 116 changed, 4 crossed"
