"""A small venture for the insights: a view by hand, published scores, and stores that only remember."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.unit.warehouse_metrics.asking import metrics_of
from tests.unit.warehouse_metrics.table_view import TableView, scores, us

from tenure.clock import DAY_US, day_of
from tenure.model.results import MetricResult
from tenure.ports.metric_results import DayHealth
from tenure.ports.metrics import MetricSettings
from tenure.rules.system_health import SystemFacts
from tenure.services.insights import InsightsService

NOW_US = us("2026-03-20")


class RememberedResults:
    """The results port in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], MetricResult] = {}

    def put(self, venture_id: int, results: Sequence[MetricResult]) -> None:
        self.kept.update({(one.metric, one.segment, one.as_of_us): one for one in results})

    def latest(self, venture_id: int, metric: str, segment: str = "") -> MetricResult | None:
        found = [one for (name, part, _), one in self.kept.items() if (name, part) == (metric, segment)]
        return max(found, key=lambda one: one.as_of_us, default=None)

    def latest_of_all(self, venture_id: int) -> Sequence[MetricResult]:
        return list(self.kept.values())

    def history(
        self, venture_id: int, metric: str, segment: str = "", *, from_us: int | None = None, limit: int = 400
    ) -> Sequence[MetricResult]:
        return [one for one in self.kept.values() if (one.metric, one.segment) == (metric, segment)]


class RememberedLog:
    """The log of changes in memory."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, venture_id: int, **said: Any) -> None:
        self.lines.append(said)


def a_view() -> TableView:
    """Eighty customers since the autumn: most log in, most pay, some left, all are scored."""
    view = TableView(NOW_US)
    for place in range(80):
        month = ("2025-11", "2025-12", "2026-01", "2026-02")[place % 4]
        left = {"churned": "2026-02-20"} if place % 10 == 3 else {}
        key = view.customer(
            f"c-{place:02d}", f"{month}-05", plan=("basic", "pro")[place % 2], arr_cents=10_000 * place, **left
        )
        view.logs_in(key, f"{month}-06", *(("2026-01-20", "2026-02-20", "2026-03-10") if place % 5 else ()))
        view.pays(key, f"{month}-05", 1_000 + place, invoice_state="paid")
        if left:
            view.pays(key, "2026-02-20", -(1_000 + place))
        view.answers_with(key, "2026-03-01", place % 11)
    return view


def published() -> list[tuple[str, float]]:
    return [(f"c-{place:02d}", float(place + 15)) for place in range(80) if place % 10 != 3]


def days_before(now_us: int) -> list[DayHealth]:
    return [DayHealth(day_of(now_us) - back, 60 - back / 4, 30, 20, 22) for back in range(40, 0, -1)]


def insights(
    view: TableView | None = None, results: RememberedResults | None = None, log: RememberedLog | None = None
) -> InsightsService:
    shown = view or a_view()
    return InsightsService(
        venture_id=1,
        metrics=metrics_of(shown, published=scores(*published()), settings=MetricSettings(nps_min_responses=50)),
        days_before=days_before,
        system_facts=lambda now_us: SystemFacts(now_us=now_us, last_full_score_us=now_us - DAY_US),
        results=results or RememberedResults(),
        log=log or RememberedLog(),
    )
