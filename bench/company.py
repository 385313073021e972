"""The bench company in a workspace of its own: its facts arrive through the inbox, its refreshes are what is timed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.make_data import Company, inbox_rows, load, new_events_sql, with_duplicates
from tenure.app.deployment import Deployment, opened
from tenure.app.handlers import Handlers, refresh_document
from tenure.app.workspaces import create_workspace
from tenure.clock import HOUR_US, FixedClock, SystemClock
from tenure.warehouse.schema import MARK

BATCH = 100_000
watch = SystemClock()

Score = tuple[float, float, float, float, str]
"""Engagement, support, value, total, health status."""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


class BenchClock(FixedClock):
    """Virtual dates, real seconds."""

    def monotonic(self) -> float:
        return watch.monotonic()


class Bench:
    """One company in a workspace; `arrived` keeps what came after the history, so that a peer can be handed the same."""

    def __init__(self, deployment: Deployment, clock: FixedClock, company: Company) -> None:
        self.deployment, self.clock, self.company = deployment, clock, company
        self.arrived: list[str] = []
        self._salt = 100

    def fill(self) -> None:
        """History straight into the warehouse, as drains would have left it."""
        with self.deployment.session.held():
            warehouse = self.deployment.session.warehouse
            load(warehouse, self.company, say)
            warehouse.engine.set_mark(MARK.seq, 0)  # the store's inbox begins to count

    def arrive(self, count: int, customers: int | None = None) -> None:
        """New events, one in a hundred twice, 2 % a week late, accepted into the inbox."""
        self._salt += 1
        select = with_duplicates(new_events_sql(self.company, count, HOUR_US, customers, self._salt))
        self.arrived.append(select)
        inbox, venture_id = self.deployment.store.inbox, self.deployment.venture.venture_id
        place = pa.array([venture_id] * BATCH, pa.int64())
        for batch in inbox_rows(select):
            table = pa.Table.from_batches([batch]).drop_columns(["seq"])
            index = table.schema.get_field_index("venture_id")
            inbox.append_arrow(table.set_column(index, "venture_id", place.slice(0, table.num_rows)))

    def refresh(self, **how: Any) -> tuple[float, dict[str, Any]]:
        """Seconds of one refresh two hours after the last, and what it said."""
        self.clock.advance_us(2 * HOUR_US)
        with self.deployment.session.held():
            scoring = Handlers(self.deployment).scoring()
            started = watch.monotonic()
            result = scoring.refresh(self.clock.now_us(), force=True, **how)
            return watch.monotonic() - started, refresh_document(result)

    def scores(self) -> dict[str, Score]:
        """customer_id -> what the last refresh left."""
        columns = "customer_id, points_engagement, points_support, points_value, total, health_status"
        with self.deployment.session.held():
            found = self.deployment.session.warehouse.engine.run(f"SELECT {columns} FROM health_current")
        return {row[0]: tuple(row[1:]) for row in found}


@contextmanager
def company_of(customers: int, events: int, kept: Path | None = None, wide: bool = False) -> Iterator[Bench]:
    """A filled workspace, gone afterwards.

    Args:
        wide: every event has properties.
        kept: a folder where filled workspaces stay, to be copied from the next time; filling takes minutes at full size.
    """
    folder = Path(tempfile.mkdtemp(prefix="tenure-bench-"))
    company = Company(customers, events, wide=wide)
    clock = BenchClock(company.now_us)
    known = None if kept is None else kept / f"{customers}-customers-{events}-{'wide' if wide else 'narrow'}-events"
    try:
        if known is not None and known.exists():
            shutil.copytree(known, folder / "w")
        else:
            _fill(folder / "w", clock, company)
            if known is not None:
                shutil.copytree(folder / "w", known)
        with opened(folder / "w", clock=clock) as deployment:
            deployment.keep_warehouse_open()
            yield Bench(deployment, clock, company)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, clock: FixedClock, company: Company) -> None:
    create_workspace(folder, "bench")
    with opened(folder, clock=clock) as deployment:
        deployment.keep_warehouse_open()
        Bench(deployment, clock, company).fill()
