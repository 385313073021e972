"""Pooling over a real warehouse: who is in, who left, and how early the score said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from tests.warehouse_builder import BuiltWarehouse

from tenure.clock import DAY_US, to_us
from tenure.errors import BadInput
from tenure.model.currency import Currencies
from tenure.model.facts import Customer, CustomerStatus, Record
from tenure.ports.backtest import PoolRequest
from tenure.warehouse.backtest import WarehouseBacktest, WarehousePool


def us(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


SEEN = us("2026-06-01")
STATED = us("2025-01-01")


def customer(name: str, created: str = "2025-06-01", churned: str | None = None, **said: Any) -> Customer:
    return Customer(
        customer_id=name,
        stated_us=STATED,
        created_us=us(created),
        churned_us=None if churned is None else us(churned),
        **said,
    )


PEOPLE: list[Record] = [
    customer("stays", plan="pro"),
    customer("leaves-in-window", churned="2026-03-20", plan="pro"),
    customer("leaves-later", churned="2026-05-20"),
    customer("left-before", churned="2026-02-20"),
    customer("comes-later", created="2026-03-15"),
    customer("tries", status=CustomerStatus.trial),
    customer("is-us", internal=True),
    customer("leaves-at-the-border", churned="2026-03-29"),
]


@pytest.fixture
def built() -> Any:
    found = BuiltWarehouse()
    found.add(PEOPLE, SEEN)
    yield found
    found.close()


Totals = Callable[[int, str], float]


def past(built: BuiltWarehouse, total: Totals = lambda at_us, who: 50.0) -> WarehouseBacktest:
    """Scores as said, for everybody who is scored at the time."""

    def scores_at(at_us: int, known: int | None) -> pa.Table:
        found = built.full(at_us, known).customers()
        ids = sorted(found.filter(found.is_scored).customer_id.to_pyarrow().to_pylist())
        totals = [total(at_us, who) for who in ids]
        status = ["healthy" if one >= 70 else "at_risk" if one >= 40 else "critical" for one in totals]
        return pa.table({"customer_id": ids, "total": totals, "score": totals, "health_status": status})

    return WarehouseBacktest(built.warehouse.engine, built.full, scores_at, Currencies(venture="USD"))


def pooled(built: BuiltWarehouse, *dates: str, total: Totals = lambda at_us, who: 50.0, **asked: Any) -> WarehousePool:
    pool = past(built, total).pool(PoolRequest(seen_us=SEEN, within_us=28 * DAY_US, **asked))
    for date in dates:
        pool.add(us(date), None)
    return pool


def summed(table: pa.Table) -> tuple[int, int]:
    return sum(table["left"].to_pylist()), sum(table["stayed"].to_pylist())


def test_only_customers_of_the_date_are_in_and_leaving_counts_inside_the_half_open_window(built: BuiltWarehouse) -> None:
    """On 2026-03-01: four customers are there; one leaves within 28 days, one on the 28th day exactly."""
    pool = pooled(built, "2026-03-01")
    assert summed(pool.counts()) == (1, 3)
    assert pool.customers().to_pylist() == [{"segment": None, "customers": 4, "left": 1, "involuntary": 0}]


def test_a_customer_stands_in_the_pool_once_per_date_and_is_one_customer(built: BuiltWarehouse) -> None:
    pool = pooled(built, "2026-03-01", "2026-03-08", "2026-03-16")
    # the 16th adds the one who came on the 15th; who leaves on the 20th and on the 29th is inside more than one window
    assert summed(pool.counts()) == (5, 8)
    (people,) = pool.customers().to_pylist()
    assert (people["customers"], people["left"]) == (5, 2)


def test_the_same_customer_is_always_in_the_same_group(built: BuiltWarehouse) -> None:
    pool = pooled(built, "2026-03-01", "2026-03-08", total=lambda at_us, who: float(len(who)))
    groups: dict[float, set[int]] = {}
    for row in pool.counts().to_pylist():
        groups.setdefault(row["total"], set()).add(row["bucket"])
    assert all(len(found) == 1 for found in groups.values())


def test_segments_are_those_of_the_date_and_everybody_is_counted_beside_them(built: BuiltWarehouse) -> None:
    people = {row["segment"]: row["customers"] for row in pooled(built, "2026-03-01", by="plan").customers().to_pylist()}
    assert people == {None: 4, "pro": 2, "unknown": 2}


def test_one_segment_alone_is_everybody_asked_for(built: BuiltWarehouse) -> None:
    pool = pooled(built, "2026-03-01", by="plan", segment="pro")
    assert [(row["segment"], row["customers"]) for row in pool.customers().to_pylist()] == [(None, 2)]


def test_bands_are_tenths_of_the_score_with_100_in_the_last(built: BuiltWarehouse) -> None:
    totals = {"stays": 100.0, "leaves-in-window": 39.9, "leaves-later": 40.0, "leaves-at-the-border": 0.0}
    pool = pooled(built, "2026-03-01", total=lambda at_us, who: totals.get(who, 50.0))
    found = {row["band"]: (row["left"], row["stayed"]) for row in pool.bands().to_pylist()}
    assert found == {0: (0, 1), 3: (1, 0), 4: (0, 1), 9: (0, 1)}


def test_warning_is_counted_from_the_last_unbroken_run_below_the_border(built: BuiltWarehouse) -> None:
    """`leaves-in-window`: critical on 1 February, healthy on 1 March, critical on 8 March: 12 days before the 20th."""
    by_date = {us("2026-02-01"): 10.0, us("2026-03-01"): 90.0, us("2026-03-08"): 30.0}

    def total(at_us: int, who: str) -> float:
        return by_date[at_us] if who == "leaves-in-window" else 90.0

    pool = pooled(built, "2026-02-01", "2026-03-01", "2026-03-08", total=total)
    found = [(row["border"], row["days"], row["customers"]) for row in pool.warnings(us("2026-04-05")).to_pylist()]
    warned = [row for row in found if row[1] is not None]
    assert warned == [("at_risk", 12, 1), ("critical", 12, 1)]
    # who left without any warning: on 20 February and on 29 March
    assert [row for row in found if row[1] is None] == [("at_risk", None, 2), ("critical", None, 2)]


def test_more_different_totals_than_are_kept_apart_are_rounded_and_said(
    built: BuiltWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = pooled(built, "2026-03-01", total=lambda at_us, who: 50 + len(who) / 100_000)
    assert not exact.is_rounded()
    assert len(set(exact.counts()["total"].to_pylist())) > 1
    monkeypatch.setattr("tenure.warehouse.backtest.MOST_TOTALS", 1)
    pool = pooled(built, "2026-03-01", total=lambda at_us, who: 50 + len(who) / 100_000)
    assert pool.is_rounded()
    assert set(pool.counts()["total"].to_pylist()) == {50.0}


def test_a_column_that_does_not_exist_is_refused(built: BuiltWarehouse) -> None:
    with pytest.raises(BadInput, match="shoe size"):
        pooled(built, by="shoe size")


def test_nothing_temporary_is_left_behind(built: BuiltWarehouse) -> None:
    engine = built.warehouse.engine
    count = "SELECT count(*) FROM duckdb_tables() WHERE temporary"
    pool = pooled(built, "2026-03-01", by="plan")
    one_date = engine.number(count)
    pool.add(us("2026-03-08"), None)
    assert engine.number(count) == one_date


def test_the_batch_of_a_time_is_the_newest_drained_by_then(built: BuiltWarehouse) -> None:
    built.add([customer("new", created="2026-06-02")], us("2026-06-08"))
    found = past(built)
    assert [found.batch_at(us(day)) for day in ("2026-05-31", "2026-06-01", "2026-06-07", "2026-06-08")] == [None, 1, 1, 2]
    assert found.first_started_us(SEEN) == us("2025-06-01")
