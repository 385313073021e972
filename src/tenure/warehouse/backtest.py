"""Pools scores of past dates with who left afterwards: one temporary table, from which only counts come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US
from tenure.model.currency import Currencies
from tenure.model.health import HealthStatus
from tenure.ports.backtest import PoolRequest
from tenure.ports.metrics import MetricSettings
from tenure.warehouse.engine import Engine
from tenure.warehouse.metrics.members import Population, SavedSegments, how_many, is_true, rows
from tenure.warehouse.metrics.spells import spells
from tenure.warehouse.view import FactsView

MOST_TOTALS = 50_000
"""With more different totals than this the counts are rounded to thousandths."""

TOTAL_DECIMALS = 3
_POOL_COLUMNS = {
    "at_us": "BIGINT",
    "customer_id": "VARCHAR",
    "bucket": "BIGINT",
    "segment": "VARCHAR",
    "total": "DOUBLE",
    "score": "DOUBLE",
    "health_status": "VARCHAR",
    "ended_us": "BIGINT",
    "has_left": "BOOLEAN",
    "is_involuntary": "BOOLEAN",
}
_pool_numbers = count(1)

ScoresAt = Callable[[int, int | None], pa.Table]
"""customer_id, total, score, health_status of everybody scored at a time, as known at a batch (None: everything)."""


@dataclass(frozen=True)
class WarehouseBacktest:
    """Implements `ports.backtest.BacktestWarehouse`.

    Args:
        view_at: a view of its own at a time (us) with what a batch knew (None: everything).
        scores_at: of scoring over the same facts.
    """

    engine: Engine
    view_at: Callable[[int, int | None], FactsView]
    scores_at: ScoresAt
    currencies: Currencies
    settings: MetricSettings = field(default_factory=MetricSettings)
    saved: SavedSegments = field(default_factory=dict)

    def first_started_us(self, seen_us: int) -> int | None:
        population = self._population(self.view_at(seen_us, None))
        try:
            found = spells(population)
            started = rows(found.agg(first=found.started_us.min()))[0]["first"]
        finally:
            population.forget()
        return None if started is None else int(started)

    def batch_at(self, at_us: int) -> int | None:
        batches = self.engine.table("batches")
        newest = rows(batches.filter(batches.at_us <= at_us).agg(newest=batches.batch.max()))[0]["newest"]
        return None if newest is None else int(newest)

    def pool(self, request: PoolRequest) -> WarehousePool:
        # the population refuses a column or segment that does not exist
        population = self._population(self.view_at(request.seen_us, None), request.by, request.segment)
        everybody = replace(population, by=None, segment=None)
        try:
            found = spells(everybody).select("customer_id", "started_us", "ended_us", "is_involuntary")
            return WarehousePool(self, request, self.engine.keep(found, "backtest_spells"))
        finally:
            everybody.forget()

    def _population(self, view: FactsView, by: str | None = None, segment: str | None = None) -> Population:
        return Population(view, self.currencies, self.settings, by, segment, self.saved)

    def members(self, view: FactsView, request: PoolRequest) -> ir.Table:
        """customer_id, segment (null: everybody asked for): a row for the whole and one for each segment it is in."""
        asked = self._population(view, request.by, request.segment)
        whole = asked.without_split().customers().select("customer_id", segment=ibis.null("string"))
        if request.segment is not None:
            return whole
        return ibis.union(whole, asked.customers().select("customer_id", "segment"), distinct=False)


class WarehousePool:
    """Implements `ports.backtest.PooledScores`."""

    def __init__(self, warehouse: WarehouseBacktest, request: PoolRequest, seen: ir.Table) -> None:
        self._warehouse, self._request, self._seen = warehouse, request, seen
        self._engine = warehouse.engine
        self._name = f"backtest_pool_{next(_pool_numbers)}"
        columns = ", ".join(f"{name} {kind}" for name, kind in _POOL_COLUMNS.items())
        self._engine.run(f"CREATE TEMP TABLE {self._name} ({columns})")
        self._table = self._engine.table(self._name)
        self._round: bool | None = None

    def add(self, at_us: int, known_batch: int | None) -> None:
        before = self._temporary()
        scores = self._warehouse.scores_at(at_us, known_batch)
        told = f"{self._name}_scores"
        self._engine.connection.register(told, scores.select(["customer_id", "total", "score", "health_status"]))
        try:
            self._engine.insert(self._name, self._judged(self._engine.table(told), at_us, known_batch))
        finally:
            self._engine.connection.unregister(told)
            self._drop(self._temporary() - before)
        self._round = None

    def _temporary(self) -> set[str]:
        return {str(name) for (name,) in self._engine.run("SELECT table_name FROM duckdb_tables() WHERE temporary")}

    def _drop(self, tables: set[str]) -> None:
        """What the views of one date made: a year of dates would fill memory."""
        for name in tables:
            self._engine.run(f'DROP TABLE IF EXISTS temp."{name}"')

    def _judged(self, scores: ir.Table, at_us: int, known_batch: int | None) -> ir.Table:
        """The scores of those who were customers at the date, and whether they left in time."""
        seen = self._seen
        here = seen.filter((seen.started_us < at_us) & ibis.coalesce(seen.ended_us >= at_us, True))
        joined = self._placed(scores.inner_join(here, "customer_id"), at_us, known_batch)
        has_left = is_true(joined.ended_us < at_us + self._request.within_us)
        return joined.select(
            "customer_id",
            "segment",
            "total",
            "score",
            "health_status",
            "ended_us",
            at_us=ibis.literal(at_us, "int64"),
            bucket=_bucket(joined.customer_id, self._request.groups),
            has_left=has_left,
            is_involuntary=has_left & joined.is_involuntary,
        )

    def _placed(self, scores: ir.Table, at_us: int, known_batch: int | None) -> ir.Table:
        """With `segment`, as it was at the date; nobody need be looked up where everybody is asked for."""
        if self._request.by is None:
            return scores.mutate(segment=ibis.null("string"))
        view = self._warehouse.view_at(at_us, known_batch)
        return scores.inner_join(self._warehouse.members(view, self._request), "customer_id")

    def is_rounded(self) -> bool:
        if self._round is None:
            totals = rows(self._table.agg(n=self._table.total.nunique()))[0]["n"]
            self._round = int(totals) > MOST_TOTALS
        return self._round

    def counts(self) -> pa.Table:
        pooled = self._table
        if self.is_rounded():
            pooled = pooled.mutate(total=pooled.total.round(TOTAL_DECIMALS))
        return _left_and_stayed(pooled, ["segment", "bucket", "total", "health_status"]).to_pyarrow()

    def customers(self) -> pa.Table:
        people = self._table.group_by(["segment", "customer_id"]).agg(
            left=is_true(self._table.has_left.max()).cast("int64"),
            involuntary=is_true(self._table.is_involuntary.max()).cast("int64"),
        )
        counted = people.group_by("segment").agg(
            customers=people.count(), left=people.left.sum(), involuntary=people.involuntary.sum()
        )
        return counted.to_pyarrow()

    def bands(self) -> pa.Table:
        everybody = self._everybody()
        tenth = ibis.least((everybody.score / 10).floor().cast("int64"), ibis.literal(9, "int64"))
        return _left_and_stayed(everybody.mutate(band=tenth), ["at_us", "band"]).order_by("at_us", "band").to_pyarrow()

    def warnings(self, last_us: int) -> pa.Table:
        pooled = self._everybody()
        gone = pooled.filter(is_true(pooled.ended_us < last_us))
        quiet = {
            HealthStatus.at_risk.value: gone.health_status == HealthStatus.healthy.value,
            HealthStatus.critical.value: gone.health_status != HealthStatus.critical.value,
        }
        pieces = [_warned(gone.mutate(is_quiet=condition), border) for border, condition in quiet.items()]
        return ibis.union(*pieces, distinct=False).order_by("border", "days").to_pyarrow()

    def _everybody(self) -> ir.Table:
        return self._table.filter(self._table.segment.isnull())

    def close(self) -> None:
        self._engine.run(f"DROP TABLE IF EXISTS temp.{self._name}")
        self._engine.forget([self._seen])


def _left_and_stayed(pooled: ir.Table, keys: list[str]) -> ir.Table:
    return pooled.group_by(keys).agg(left=how_many(pooled.has_left), stayed=how_many(~pooled.has_left))


def _bucket(customer_id: Any, groups: int) -> Any:
    """The same group for the same id in every engine and at every date."""
    digits = customer_id.hexdigest("md5").substr(0, 7)
    return ("0x" + digits).cast("int64") % groups


def _warned(gone: ir.Table, border: str) -> ir.Table:
    """Days between the first date of the last unbroken run that was not quiet, and the end; by number of customers."""
    last_quiet = gone.at_us.max(where=gone.is_quiet).over(group_by=["customer_id", "ended_us"])
    marked = gone.mutate(after_quiet=~gone.is_quiet & ibis.coalesce(gone.at_us > last_quiet, True))
    each = marked.group_by(["customer_id", "ended_us"]).agg(first_us=marked.at_us.min(where=marked.after_quiet))
    days = each.mutate(days=((each.ended_us - each.first_us) // DAY_US).cast("int64"))
    counted = days.group_by("days").agg(customers=days.count())
    return counted.select(border=ibis.literal(border), days=counted.days, customers=counted.customers)
