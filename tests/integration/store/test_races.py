"""Many at once: workers, writers and readers on the same store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pytest
import sqlalchemy as sa

from tenure.model.cards import CustomerCard
from tenure.model.contacts import ContactKind, ContactOutcome, LoggedContact
from tenure.model.facts import InboxRow
from tenure.model.runs import RunEnd, RunKind
from tenure.model.tasks import Task
from tenure.model.ventures import Venture
from tenure.parameters import DEFAULTS
from tenure.ports.crm import CrmContact
from tenure.services.contacts.service import ContactLog
from tenure.services.tasks.service import TaskService
from tenure.store import Store, bulk
from tenure.store.arrow import table_of
from tenure.store.inbox_postgres import _APPEND, announce
from tenure.store.payloads import batches_of_rows


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    return tmp_path if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def stores(location: str | Path) -> Iterator[list[Store]]:
    """The same store as two processes would open it."""
    opened = [Store.open(location, environment={}) for _ in range(2)]
    yield opened
    for store in opened:
        store.close()


@pytest.fixture
def venture(stores: list[Store], request: pytest.FixtureRequest) -> Venture:
    key = f"v{crc32(request.node.name.encode())}"
    return stores[0].ventures.ensure(key, name="Acme", currency="USD", timezone="UTC", now_us=1)


def row(venture: Venture, number: int) -> InboxRow:
    return InboxRow(venture.venture_id, 3, number, number, "http", number, number, name="login")


def test_two_workers_claim_each_job_once(stores: list[Store], venture: Venture) -> None:
    jobs = [stores[0].jobs.enqueue(venture.venture_id, "refresh", {}, now_us=1).job_id for _ in range(60)]

    def work(number: int) -> list[int]:
        claimed: list[int] = []
        while (job := stores[number % 2].jobs.claim(venture.venture_id, f"w{number}", now_us=2)) is not None:
            claimed.append(job.job_id)
        return claimed

    with ThreadPoolExecutor(4) as pool:
        taken = [job for claimed in pool.map(work, range(4)) for job in claimed]
    assert sorted(taken) == jobs


def test_a_reader_that_follows_the_mark_misses_no_row(stores: list[Store], venture: Venture) -> None:
    """Writers of both stores append while a reader moves from mark to mark, as the drain does."""
    writers, groups, size = 4, 25, 20

    def write(number: int) -> None:
        for group in range(groups):
            first = (number * groups + group) * size
            stores[number % 2].inbox.append([row(venture, first + place) for place in range(size)])

    def read(after: int) -> tuple[list[int], int]:
        mark = stores[0].inbox.high_mark(venture.venture_id)
        batches = stores[0].inbox.read_arrow(venture.venture_id, after, mark)
        return [key for batch in batches for key in batch.column("key_hi").to_pylist()], mark

    seen: list[int] = []
    mark = 0
    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(write, number) for number in range(writers)]
        while not all(future.done() for future in writing):
            keys, mark = read(mark)
            seen += keys
    assert all(future.result() is None for future in writing)
    seen += read(mark)[0]
    assert sorted(seen) == list(range(writers * groups * size))


@pytest.mark.postgres
def test_the_mark_waits_for_a_transaction_that_took_a_lower_sequence(postgres_url: str) -> None:
    with Store.open(postgres_url, environment={}) as store:
        venture = store.ventures.ensure("slow", name="Slow", currency="USD", timezone="UTC", now_us=1)
        before = store.inbox.high_mark(venture.venture_id)
        with store._database.writing() as connection:
            announce(connection)
            slow = batches_of_rows([row(venture, 0)])
            connection.execute(_APPEND, [batch._asdict() for batch in slow])
            store.inbox.append([row(venture, 1)])
            assert store.inbox.high_mark(venture.venture_id) == before
            assert list(store.inbox.read_arrow(venture.venture_id, 0, before)) == []
        after = store.inbox.high_mark(venture.venture_id)
        [batch] = store.inbox.read_arrow(venture.venture_id, before, after)
        assert batch["key_lo"].to_pylist() == [0, 1]
        assert before < batch["seq"][0].as_py() < batch["seq"][1].as_py() <= after


def test_a_reader_sees_one_run_or_the_other_and_never_a_mixture(
    stores: list[Store], venture: Venture
) -> None:
    columns = {
        "customer_id": [f"c{number}" for number in range(500)],
        "health_status": ["at_risk"] * 500,
        "coverage": [1.0] * 500,
        "scorecard": ["default"] * 500,
        "scorecard_version": ["1"] * 500,
        "is_new": [False] * 500,
    }

    def publish(tenths: int) -> None:
        run = stores[0].runs.start(
            venture.venture_id, RunKind.full, as_of_us=tenths, known_batch=None, now_us=1
        )
        scores = pa.table({**columns, "score_tenths": [tenths] * 500, "total": [tenths / 10] * 500})
        stores[0].health.publish(venture.venture_id, run.run_id, RunEnd(ended_us=1), scores)

    publish(400)
    stop = threading.Event()

    def read() -> set[tuple[int, int]]:
        """How many different runs one list shows, and how far its scores are from their runs."""
        seen: set[tuple[int, int]] = set()
        while not stop.is_set():
            found = {
                (round(one.score * 10), one.as_of_us)
                for one in stores[1].health.list(venture.venture_id, limit=None)
            }
            seen |= {(len(found), tenths - as_of_us) for tenths, as_of_us in found}
        return seen

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for tenths in range(401, 420):
            publish(tenths)
        stop.set()
        assert reading.result() == {(1, 0)}


def test_a_bulk_append_and_single_appends_do_not_lose_each_other(
    stores: list[Store], venture: Venture
) -> None:
    bulk = table_of([row(venture, number) for number in range(20_000)])
    with ThreadPoolExecutor(2) as pool:
        importing = pool.submit(stores[0].inbox.append_arrow, bulk)
        for number in range(20_000, 20_050):
            stores[1].inbox.append([row(venture, number)])
        importing.result()
    assert stores[0].inbox.waiting(venture.venture_id, 0)[0] == 20_050


def test_a_bulk_publish_leaves_every_index_where_it_was(
    stores: list[Store], venture: Venture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite a bulk publish makes the indexes anew: they must all be there again, and lists must agree with them."""
    size = 2_000
    monkeypatch.setattr(bulk, "MANY_ROWS", size)
    scores = pa.table(
        {
            "customer_id": [f"c{number}" for number in range(size)],
            "score_tenths": [number % 1001 for number in range(size)],
            "total": [1.0] * size,
            "health_status": ["critical"] * size,
            "coverage": [1.0] * size,
            "scorecard": ["default"] * size,
            "scorecard_version": ["1"] * size,
            "is_new": [False] * size,
        }
    )
    before = [sa.inspect(stores[0]._database.engine).get_indexes(table) for table in ("health", "customers")]
    run = stores[0].runs.start(venture.venture_id, RunKind.full, as_of_us=1, known_batch=None, now_us=1)
    profiles = scores.select(["customer_id"])
    stores[0].health.publish(venture.venture_id, run.run_id, RunEnd(ended_us=1), scores, customers=profiles)
    after = [sa.inspect(stores[0]._database.engine).get_indexes(table) for table in ("health", "customers")]
    assert all(before) and after == before
    assert [one.score for one in stores[1].health.list(venture.venture_id, limit=2)] == [0.0, 0.0]
    assert stores[1].health.count(venture.venture_id) == size


def test_a_contact_logged_by_two_doors_at_once_is_one_and_closes_one_call(stores: list[Store], venture: Venture) -> None:
    """`tenure log` and Slack, which sends a slow command again; the second of two different ones is not lost either (Day one, 4)."""
    own, rounds, doors = venture.venture_id, 6, 4
    logs = [ContactLog(one, own, TaskService(one, one.touches, venture, lambda: DEFAULTS)) for one in stores]

    def call(round_: int, key: str) -> LoggedContact:
        return LoggedContact(
            key=key, customer_id=f"c{round_}", kind=ContactKind.call, outcome=ContactOutcome.reached, at_us=10, text="", by="Ola"
        )

    for number in range(rounds):
        due = [
            Task(task_id=0, key=f"{number}-{place}", kind="critical_call", title="t", assignee="ola@example.com", created_us=1,
                 due_us=20 + place, customer_id=f"c{number}")
            for place in range(3)
        ]  # fmt: skip
        stores[0].tasks.add(own, due)
        start = threading.Barrier(doors)

        def log(place: int, number: int = number, start: threading.Barrier = start) -> bool:
            start.wait()
            return logs[place % 2].log(call(number, f"slack:{number}" if place < 3 else f"other:{number}"), 10).is_new

        with ThreadPoolExecutor(doors) as pool:
            new = list(pool.map(log, range(doors)))
        assert sorted(new[:3]) == [False, False, True] and new[3]
        tasks = stores[0].tasks.of_customers(own, [f"c{number}"])
        assert [one.state.value for one in sorted(tasks, key=lambda one: one.due_us)] == ["done", "done", "open"]
        assert len(stores[0].touches.sent_to(own, [f"c{number}"], 0)) == 2
    found = [CrmContact(key="e1", customer_id="c0", kind="call", outcome="reached", at_us=30, text="", by="Ola", ours=False)]
    stores[0].cards.put(own, [CustomerCard(customer_id="c0", as_of_us=1)])
    with ThreadPoolExecutor(doors) as pool:
        assert sorted(pool.map(lambda place: logs[place % 2].take_in(found, 40), range(doors))) == [0, 0, 0, 1]
