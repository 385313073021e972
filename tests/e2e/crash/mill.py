"""A workspace whose inbox is filled and whose jobs are killed, and what must hold there after every kill."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.crash.facts import NOW_US, Stream
from tests.e2e.crash.forks import Child, Forks
from tests.e2e.crash.views import tables_of

from tenure.app.deployment import opened
from tenure.clock import HOUR_US
from tenure.model.facts import FactKind, InboxRow
from tenure.model.mapping import FactMapping
from tenure.testing.warehouse import inbox_table
from tenure.warehouse.engine import WarehouseFile
from tenure.warehouse.schema import FACTS
from tenure.warehouse.warehouse import DuckWarehouse

HAPPENINGS = (FactKind.event, FactKind.movement, FactKind.answer, FactKind.alias)
"""Kinds that count whatever they say; a statement that says nothing new is dropped."""
ACCEPTED_AT_ONCE = 20
"""Rows of one append: many stored batches, so that a kill can come between two of them."""
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

    def accept(self, count: int, kinds: int = 7) -> None:
        """New facts of so many kinds into the inbox, as a door puts them there; some rows twice."""
        rows = self.stream.rows(count, self.now_us, kinds)
        with opened(self.workspace) as deployment:
            for start in range(0, len(rows), ACCEPTED_AT_ONCE):
                deployment.store.inbox.append(rows[start : start + ACCEPTED_AT_ONCE])
        self.accepted += rows

    def start(self, work: str, **args: object) -> Child:
        """A child at work, an hour later than the last one."""
        self.now_us += HOUR_US
        return self.forks.start(work, workspace=str(self.workspace), now_us=self.now_us, **args)

    @contextmanager
    def warehouse(self) -> Iterator[DuckWarehouse]:
        with opened(self.workspace) as deployment, deployment.session.held():
            yield deployment.session.warehouse

    def waiting(self, after_seq: int) -> list[Key]:
        """Keys in the inbox that the warehouse's mark does not cover."""
        with opened(self.workspace) as deployment:
            inbox, venture_id = deployment.store.inbox, deployment.venture.venture_id
            found = list(inbox.read_arrow(venture_id, after_seq, inbox.high_mark(venture_id)))
        pairs = [zip(batch["key_hi"].to_pylist(), batch["key_lo"].to_pylist(), strict=True) for batch in found]
        return [key for pair in pairs for key in pair]

    def check_facts(self) -> None:
        """In the warehouse once, or waiting, or both where a client sent it twice; and nothing else is there."""
        with self.warehouse() as warehouse:
            moved, mark = moved_keys(warehouse), warehouse.mark()
        waiting = set(self.waiting(mark))
        assert all(count == 1 for count in moved.values())
        assert moved.keys() | waiting >= keys_of(self.accepted, HAPPENINGS)
        assert moved.keys() | waiting <= keys_of(self.accepted, tuple(FactKind))

    def check_all_moved(self) -> None:
        """Everything is in; the accumulators say what the facts say, and what a drain nobody killed would say."""
        with self.warehouse() as warehouse:
            assert not self.waiting(0)
            assert moved_keys(warehouse).keys() >= keys_of(self.accepted, HAPPENINGS)
            accumulated = tables_of(warehouse.engine, warehouse.accumulated_view(self.now_us, FactMapping()))
            assert accumulated == tables_of(warehouse.engine, warehouse.full_view(self.now_us, FactMapping()))
        assert accumulated == self.undisturbed()

    def undisturbed(self) -> dict[str, list[str]]:
        """The same rows in one drain, in memory."""
        with DuckWarehouse(WarehouseFile.open(None)) as twin:
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
