"""Every number opens into its people: over a real warehouse of everything at once, who has as many as the number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.warehouse_metrics.mixed import NOW_US, ScoreList, mixed_records
from tests.unit.warehouse_metrics.table_view import scores
from tests.warehouse_builder import warehouse_of

from tenure.errors import BadInput
from tenure.model.condition import Compare
from tenure.model.currency import Currencies, CurrencyRate
from tenure.ports.metrics import SAVED, Asked, MetricSettings
from tenure.services.insights import CUSTOMER_METRICS, numbers_of
from tenure.services.insights.openings import standing_cells
from tenure.stats.result import Answer
from tenure.warehouse.metrics.reader import WarehouseMetrics

CURRENCIES = Currencies(
    venture="USD",
    rates=(
        CurrencyRate(currency="EUR", since_us=0, rate="1.0837"),
        CurrencyRate(currency="EUR", since_us=NOW_US - 90 * 86_400_000_000, rate="1.12"),
    ),
)
SETTINGS = MetricSettings(nps_min_responses=20)


@pytest.fixture(scope="module")
def metrics() -> Iterator[WarehouseMetrics]:
    records, published = mixed_records(seed=11)
    built = warehouse_of(records, NOW_US)
    view = built.now(NOW_US)
    yield metrics_over(view, published)
    built.close()


def metrics_over(view: Any, published: ScoreList) -> WarehouseMetrics:
    table = scores(*published)
    return WarehouseMetrics(
        lambda now_us, known: view,
        lambda seen: table,
        CURRENCIES,
        SETTINGS,
        {"large": Compare("seats", ">=", 100.0), "enterprise": Compare("plan", "==", "enterprise/eu")},
    )


def answer(metrics: WarehouseMetrics, name: str, asked: Asked) -> Any:
    if name in ("csat", "ces"):
        return metrics.satisfaction(asked, name)
    return getattr(metrics, name)(asked)


def spread(cells: dict[str, int]) -> dict[str, int]:
    """One or two cells of each kind: a kind is the name without its months, days and numbers; the largest is among them."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for cell in cells:
        kind = tuple("#" if part[0].isdigit() else part for part in cell.split("/"))
        kinds.setdefault(kind, []).append(cell)
    chosen = [{max(found, key=cells.__getitem__), found[len(found) // 2]} for found in kinds.values()]
    return {cell: cells[cell] for found in chosen for cell in sorted(found)}


def check(metrics: WarehouseMetrics, name: str, asked: Asked, cells: dict[str, int]) -> None:
    for cell, number in spread(cells).items():
        found = metrics.who(asked, name, cell, limit=None)
        assert found.total == number, (name, cell, asked.by, asked.segment)
        assert found.customers == len(found.customer_ids) == len(set(found.customer_ids))
        assert list(found.customer_ids) == sorted(found.customer_ids)


@pytest.mark.parametrize("name", [name for name in CUSTOMER_METRICS if name != "segments"])
def test_as_many_customers_stand_behind_every_number_as_it_says(metrics: WarehouseMetrics, name: str) -> None:
    asked = Asked(NOW_US)
    cells = numbers_of(answer(metrics, name, asked))
    assert sum(cells.values()) > 0
    check(metrics, name, asked, cells)


@pytest.mark.parametrize(("name", "by"), [("retention", "plan"), ("churn", "owner"), ("revenue", SAVED), ("nps", "size")])
def test_the_numbers_of_each_segment_open_into_that_segment(metrics: WarehouseMetrics, name: str, by: str) -> None:
    found = answer(metrics, name, Asked(NOW_US, by=by))
    assert len(found.segments) > 1
    for one in found.segments[:1]:
        cells = numbers_of(one.result)
        alone = answer(metrics, name, Asked(NOW_US, by=by, segment=one.segment))
        assert numbers_of(alone.result) == cells
        few = {cell: cells[cell] for cell in list(spread(cells))[:4]}
        check(metrics, name, Asked(NOW_US, by=by, segment=one.segment), few)


def test_every_segment_row_opens_into_its_customers(metrics: WarehouseMetrics) -> None:
    found = metrics.segments(Asked(NOW_US))
    assert isinstance(found.everybody, Answer) and isinstance(found.paying, Answer)
    check(metrics, "segments", Asked(NOW_US), standing_cells("", found.everybody.value))
    check(metrics, "segments", Asked(NOW_US), standing_cells("paying/", found.paying.value))
    assert {one.by for one in found.segments} == {"plan", "stage", "owner", "industry", "size", SAVED}
    for one in found.segments[:: max(1, len(found.segments) // 3)]:
        check(metrics, "segments", Asked(NOW_US, by=one.by, segment=one.segment), standing_cells("", one.standing))


def test_segments_of_a_column_sum_to_everybody(metrics: WarehouseMetrics) -> None:
    churn = metrics.churn(Asked(NOW_US, by="stage"))
    for place, month in enumerate(churn.result.months):
        parts = [one.result.months[place].voluntary for one in churn.segments]
        assert isinstance(month.voluntary, Answer) and month.voluntary.value == sum(part.value for part in parts)
    revenue = metrics.revenue(Asked(NOW_US, by="plan"))
    for name, whole in {one.period.name: one for one in revenue.result.months}.items():
        parts = [one for split in revenue.segments for one in split.result.months if one.period.name == name]
        assert whole.waterfall.end_cents == sum(one.waterfall.end_cents for one in parts)


def test_nobody_internal_stands_behind_any_number(metrics: WarehouseMetrics) -> None:
    records, _ = mixed_records(seed=11)
    internal = {one.customer_id for one in records if getattr(one, "internal", False)}
    assert internal
    for name, cell in (("survival", "customers"), ("nps", "answers"), ("health", "customers"), ("revenue", "paying")):
        assert not internal & set(metrics.who(Asked(NOW_US), name, cell, limit=None).customer_ids)


def test_a_limit_cuts_the_list_and_not_the_number(metrics: WarehouseMetrics) -> None:
    found = metrics.who(Asked(NOW_US), "health", "customers", limit=3)
    assert len(found.customer_ids) == 3
    assert found.total == found.customers > 3


@pytest.mark.parametrize(
    ("name", "cell"),
    [("retention", "nothing"), ("retention", "active/2026-13/kept"), ("churn", "2026-10/gone"), ("survival", "at_risk/soon"),
     ("nps", "answers/all"), ("renewals", "next/customers"), ("system", "jobs")],
)  # fmt: skip
def test_a_number_that_does_not_exist_is_refused_with_the_place_to_look(
    metrics: WarehouseMetrics, name: str, cell: str
) -> None:
    with pytest.raises(BadInput, match="docs/metrics"):
        metrics.who(Asked(NOW_US), name, cell)


def test_a_column_or_segment_that_does_not_exist_is_refused(metrics: WarehouseMetrics) -> None:
    with pytest.raises(BadInput, match="Use one of: plan, stage, owner, industry, size, saved"):
        metrics.churn(Asked(NOW_US, by="colour"))
    with pytest.raises(BadInput, match="Saved segments: enterprise, large"):
        metrics.churn(Asked(NOW_US, by=SAVED, segment="small"))
    with pytest.raises(BadInput, match="needs the column"):
        metrics.churn(Asked(NOW_US, segment="basic"))


def test_the_accumulators_show_the_same_numbers_as_the_facts() -> None:
    records, published = mixed_records(seed=12, customers=120)
    built = warehouse_of(records, NOW_US)
    from_facts = metrics_over(built.full(NOW_US), published)
    accumulated = metrics_over(built.now(NOW_US), published)
    for name in ("retention", "survival", "revenue", "churn", "nps", "renewals"):
        assert answer(accumulated, name, Asked(NOW_US)) == answer(from_facts, name, Asked(NOW_US))
    built.close()
