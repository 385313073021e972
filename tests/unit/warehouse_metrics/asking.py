"""Short ways to ask the metrics of a view."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
from tests.unit.warehouse_metrics.table_view import TableView, scores

from tenure.model.currency import Currencies
from tenure.ports.metrics import Asked, MetricSettings, RenewalMarks
from tenure.stats.result import Answer, NoAnswer, Outcome
from tenure.warehouse.metrics.reader import WarehouseMetrics


def metrics_of(
    view: TableView,
    *,
    settings: MetricSettings | None = None,
    currencies: Currencies | None = None,
    published: ir.Table | None = None,
    marks: RenewalMarks | None = None,
) -> WarehouseMetrics:
    """The metrics over one view, whatever time is asked."""
    table = scores() if published is None else published
    return WarehouseMetrics(
        lambda now_us, known: view,  # type: ignore[arg-type, return-value]
        lambda seen: table,
        currencies or Currencies(venture="USD"),
        settings or MetricSettings(),
        marks_at=lambda now_us: marks or RenewalMarks(),
    )


def asked(view: TableView, by: str | None = None, segment: str | None = None) -> Asked:
    return Asked(view.now_us, None, by, segment)


def answered(outcome: Outcome[Any] | None) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


def refused(outcome: Outcome[Any]) -> str:
    """The code of a missing answer."""
    assert isinstance(outcome, NoAnswer), outcome
    return outcome.reason.value
