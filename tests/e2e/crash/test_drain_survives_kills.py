"""The drain is killed again and again: every accepted fact is in the warehouse or still waits, never both, never neither."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.e2e.crash.conftest import new_workspace
from tests.e2e.crash.facts import NOW_US, Stream
from tests.e2e.crash.forks import Child, Forks, moments
from tests.e2e.crash.views import tables_of
from tests.e2e.crash.work import open_warehouse

from tenure.app.deployment import opened
from tenure.clock import HOUR_US
from tenure.model.facts import FactKind, InboxRow
from tenure.model.mapping import FactMapping
from tenure.testing.warehouse import inbox_table
from tenure.warehouse.schema import FACTS
from tenure.warehouse.warehouse import DuckWarehouse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash")]

HAPPENINGS = (FactKind.event, FactKind.movement, FactKind.answer, FactKind.alias)
"""Kinds that count whatever they say; a statement that says nothing new is dropped."""
Key = tuple[int, int]


@dataclass
class Mill:
    """A workspace whose inbox is filled and drained, and everything that was ever accepted there."""

    workspace: Path
    forks: Forks
    stream: Stream
    rng: random.Random
    now_us: int = NOW_US
    accepted: list[InboxRow] = field(default_factory=list)
    interrupted: int = 0

    @property
    def file(self) -> Path:
        return self.workspace / "facts.duckdb"

    def accept(self, count: int) -> None:
        """New facts into the inbox, as a door puts them there: some kinds at a time, some rows twice."""
        self.now_us += HOUR_US
        rows = self.stream.rows(count, self.now_us, kinds=self.rng.choice([1, 2, 3, 7]))
        with opened(self.workspace) as deployment:
            deployment.store.inbox.append(rows)
        self.accepted += rows

    def start(self) -> Child:
        return self.forks.start(
            "drain", workspace=str(self.workspace), warehouse=str(self.file), now_us=self.now_us, pieces=1
        )

    @contextmanager
    def warehouse(self) -> Iterator[DuckWarehouse]:
        with DuckWarehouse(open_warehouse(self.file)) as found:
            yield found

    def waiting(self, after_seq: int) -> list[Key]:
        """Keys in the inbox that the warehouse's mark does not cover."""
        with opened(self.workspace) as deployment:
            inbox, venture_id = deployment.store.inbox, deployment.venture.venture_id
            found = list(inbox.read_arrow(venture_id, after_seq, inbox.high_mark(venture_id)))
        pairs = [zip(batch["key_hi"].to_pylist(), batch["key_lo"].to_pylist(), strict=True) for batch in found]
        return [key for pair in pairs for key in pair]

    def check(self) -> None:
        """In the warehouse once, or waiting, or both where a client sent it twice; and nothing else is there."""
        with self.warehouse() as warehouse:
            moved, mark = moved_keys(warehouse), warehouse.mark()
        waiting = set(self.waiting(mark))
        assert all(count == 1 for count in moved.values())
        assert moved.keys() | waiting >= keys_of(self.accepted, HAPPENINGS)
        assert moved.keys() | waiting <= keys_of(self.accepted, tuple(FactKind))

    def check_end(self) -> None:
        """Everything is in; the accumulators say what the facts say, and what a drain nobody killed would say."""
        with self.warehouse() as warehouse:
            assert not self.waiting(0)
            assert moved_keys(warehouse).keys() >= keys_of(self.accepted, HAPPENINGS)
            accumulated = tables_of(warehouse.engine, warehouse.accumulated_view(self.now_us, FactMapping()))
            assert accumulated == tables_of(warehouse.engine, warehouse.full_view(self.now_us, FactMapping()))
        assert accumulated == self.undisturbed()

    def undisturbed(self) -> dict[str, list[str]]:
        """The same rows in one drain, in memory."""
        with DuckWarehouse(open_warehouse(None)) as twin:
            table = inbox_table(self.accepted)
            twin.drain(iter(table.to_batches()), table.num_rows, FactMapping(), self.now_us)
            return tables_of(twin.engine, twin.full_view(self.now_us, FactMapping()))


def keys_of(rows: list[InboxRow], kinds: tuple[FactKind, ...]) -> set[Key]:
    return {(row.key_hi, row.key_lo) for row in rows if row.kind in kinds}


def moved_keys(warehouse: DuckWarehouse) -> Counter[Key]:
    """Every key of every fact table, with how often it is there."""
    keys: Counter[Key] = Counter()
    for table in FACTS:
        keys.update(warehouse.engine.run(f"SELECT key_hi, key_lo FROM {table}"))  # type: ignore[arg-type]
    return keys


def survive(mill: Mill, rounds: int, facts_a_round: int) -> None:
    mill.accept(facts_a_round)
    undisturbed = mill.start()
    assert undisturbed.end() == 0
    mill.check()
    for moment in moments(undisturbed.marks, rounds, mill.rng):
        mill.accept(facts_a_round)
        mill.interrupted += mill.start().kill_at(moment)
        mill.check()
    assert mill.interrupted > rounds / 2, "most kills must hit a drain at work"
    assert mill.start().end() == 0
    mill.check_end()


def test_a_drain_killed_70_times_moves_every_fact_exactly_once(tmp_path: Path, forks: Forks) -> None:
    folder = tmp_path / "work"
    new_workspace(folder)
    survive(Mill(folder, forks, Stream(3, venture_id=1), random.Random(3)), rounds=70, facts_a_round=60)


@pytest.mark.postgres
def test_a_drain_of_postgresql_killed_20_times_moves_every_fact_exactly_once(
    tmp_path: Path, forks: Forks, postgres_url: str
) -> None:
    folder = tmp_path / "work"
    new_workspace(folder, postgres_url)
    survive(Mill(folder, forks, Stream(4, venture_id=1), random.Random(4)), rounds=20, facts_a_round=60)
