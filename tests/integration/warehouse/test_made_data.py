"""The benchmark's warehouse is what real drains of the same rows would leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.make_data import Company, events_sql, inbox_rows, load, rows_in, statements

from tenure.clock import FixedClock
from tenure.model.mapping import FactMapping
from tenure.warehouse.engine import WarehouseFile
from tenure.warehouse.view import FactsView
from tenure.warehouse.warehouse import DuckWarehouse

SMALL = Company(customers=60, events=3_000)


def opened(path: Path) -> DuckWarehouse:
    return DuckWarehouse(WarehouseFile.open(path, memory_limit="1GB", threads=1), FixedClock(0))


def drained(path: Path) -> DuckWarehouse:
    warehouse, seq = opened(path), 0
    for select in (*statements(SMALL), events_sql(SMALL, 0, SMALL.events)):
        count = rows_in(select)
        warehouse.drain(iter(inbox_rows(select, seq + 1)), seq + count, FactMapping(), SMALL.now_us)
        seq += count
    return warehouse


def by_id(view: FactsView, table: Any) -> list[str]:
    """Rows with the customer's id in place of its key."""
    ids = view.customers().select("customer_key", "customer_id")
    found = table.inner_join(ids, "customer_key") if "customer_id" not in table.columns else table
    rows = found.drop(*(name for name in ("customer_key", "user_key", "name_key") if name in found.columns))
    return sorted(repr(sorted(row.items())) for row in rows.to_pyarrow().to_pylist())


def test_made_history_is_what_a_drain_leaves(tmp_path: Path) -> None:
    with opened(tmp_path / "made.duckdb") as made, drained(tmp_path / "drained.duckdb") as real:
        load(made, SMALL)
        assert made.counts() == real.counts()
        views = [one.accumulated_view(SMALL.now_us, FactMapping()) for one in (made, real)]
        full = made.full_view(SMALL.now_us, FactMapping())
        for question in ("customers", "first_spells", "last_seen", "features", "tickets", "movements"):
            answers = [by_id(view, getattr(view, question)()) for view in (*views, full)]
            assert answers[0] == answers[1] == answers[2], question
            assert answers[0]
        for day in (0, SMALL.now_us // 86_400_000_000 - 29):
            answers = [by_id(view, view.activity(None, day)) for view in (*views, full)]
            assert answers[0] == answers[1] == answers[2]
