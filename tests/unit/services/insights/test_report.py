"""The report's data: who comes first, what is said, and why something is missing."""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from tests.unit.services.insights.world import NOW_US, insights
from tests.unit.warehouse_metrics.table_view import TableView

from tenure.model.health import ComponentPoints, Health, HealthStatus, MeasureReading
from tenure.model.listing import ListedHealth, Profile
from tenure.ports.metrics import Asked
from tenure.presentation.report.page import render_report
from tenure.services.insights import InsightsService
from tenure.services.insights.report import ReportInput, report_data


def listed(customer_id: str, score: float, arr_cents: int | None, **profile: Any) -> ListedHealth:
    status = HealthStatus.critical if score < 40 else HealthStatus.at_risk if score < 70 else HealthStatus.healthy
    return ListedHealth(
        customer_id=customer_id, score=score, previous_score=None, status=status, total=score, coverage=1.0,
        components={"engagement": 20.0, "support": 0.0, "value": 5.0}, scorecard="default", scorecard_version="default@1",
        is_new=False, changed_us=NOW_US, as_of_us=NOW_US, input_age_us=0, change=None, run_id=1,
        profile=Profile(arr_cents=arr_cents, **profile),
    )  # fmt: skip


def full_score(customer_id: str) -> Health:
    def reading(name: str, component: str, points: float, sentence: str) -> MeasureReading:
        return MeasureReading(measure=name, component=component, value=1, had_data=True, points=points, sentence=sentence)

    parts = tuple(
        ComponentPoints(component=name, earned=1, full=full, weight=full, points=1, covered=True)
        for name, full in (("engagement", 40.0), ("support", 30.0))
    )
    return Health(
        customer_id=customer_id, as_of_us=NOW_US, known_batch=7, scorecard="default", scorecard_version="default@1",
        total=20.0, score=20.0, status=HealthStatus.critical, previous_score=None, components=parts, coverage=1.0, input_age_us=0,
        readings=(
            reading("last_login", "engagement", 20, "last login 12 days ago: 20 of 40"),
            reading("open_tickets", "support", 0, "3 open tickets: 0 of 30"),
        ),
    )  # fmt: skip


def given(service: InsightsService, **changes: Any) -> ReportInput:
    asked = Asked(NOW_US)
    return dataclasses.replace(
        ReportInput(
            venture="Northwind",
            now_us=NOW_US,
            zone=ZoneInfo("UTC"),
            scorecard="default@1",
            known_batch=7,
            currency="USD",
            health=service.health(asked).result,
            segments=service.metrics.segments(asked),
            retention=service.metrics.retention(asked).result,
            survival=service.metrics.survival(Asked(NOW_US, by="plan")),
            revenue=service.metrics.revenue(asked).result,
            churn=service.metrics.churn(asked).result,
            renewals=service.metrics.renewals(asked).result,
            nps=service.metrics.nps(asked).result,
        ),
        **changes,
    )


def test_a_full_venture_becomes_a_page_with_every_part() -> None:
    troubled = [listed("c-00", 15.0, 0), listed("c-20", 35.0, 200_000, name="Initech")]
    data = report_data(
        given(insights(), in_trouble=troubled, trouble_total=55, reasons={"c-20": full_score("c-20")})
    )
    assert data.scored == 72
    assert sum(data.histogram) == sum(data.distribution.values()) == 72
    assert len(data.trend) == 27
    assert {point.series for point in data.survival} == {"basic", "pro"}
    assert [bar.label for bar in data.waterfall] == [
        "start", "new", "reactivation", "expansion", "contraction", "churn by choice", "failed payments", "end",
    ]  # fmt: skip
    assert data.waterfall[-2].end == data.waterfall[-1].end
    (churn,) = [shown for shown in data.headlines if shown.label.startswith("Customer churn")]
    assert re.search(r"[0-9]+ left by choice, [0-9]+ by a failed payment", churn.note)  # Day one, 9
    assert data.missing == {}
    page = render_report(data)
    for text in ("Northwind", "Initech", "3 open tickets: 0 of 30", "Monthly revenue in 2026-02, USD", "NPS"):
        assert text in page


def test_most_at_stake_comes_first_and_an_unknown_arr_counts_as_the_median() -> None:
    troubled = [
        listed("small", 5.0, 100),
        listed("unknown", 30.0, None),
        listed("large", 60.0, 900_000),
        listed("middle", 39.0, 50_000),
        listed("well", 90.0, 9_900_000),
    ]
    data = report_data(given(insights(), in_trouble=troubled, trouble_total=4))
    assert [row.customer_id for row in data.attention] == ["large", "unknown", "middle", "small"]
    assert [row.arr for row in data.attention] == ["USD 9,000", "unknown", "USD 500", "USD 1"]


def test_the_reasons_that_cost_most_come_first() -> None:
    data = report_data(
        given(insights(), in_trouble=[listed("c", 20.0, 1)], trouble_total=1, reasons={"c": full_score("c")})
    )
    assert data.attention[0].reasons == ("3 open tickets: 0 of 30", "last login 12 days ago: 20 of 40")


def test_what_nobody_could_earn_is_no_reason() -> None:
    score = full_score("c")
    unnamed = MeasureReading(
        measure="core_feature", component="support", value=0, had_data=True, points=0, highest=0, sentence="no core features named yet: 0 of 10"
    )
    troubled = msgspec.structs.replace(score, readings=(unnamed, *score.readings))
    data = report_data(given(insights(), in_trouble=[listed("c", 20.0, 1)], trouble_total=1, reasons={"c": troubled}))
    assert data.attention[0].reasons == ("3 open tickets: 0 of 30", "last login 12 days ago: 20 of 40")


def test_without_readings_the_points_of_the_components_are_the_reason() -> None:
    data = report_data(given(insights(), in_trouble=[listed("c", 20.0, 1)], trouble_total=1))
    assert data.attention[0].reasons == ("engagement: 20 points", "support: 0 points", "value: 5 points")


def test_an_empty_venture_says_why_everything_is_missing() -> None:
    service = insights(TableView(NOW_US))
    data = report_data(given(dataclasses.replace(service, days_before=lambda now_us: [])))
    assert data.scored == 0
    assert set(data.missing) == {"health", "trend", "retention", "survival", "revenue", "nps", "segments"}
    assert data.missing["revenue"] == "No revenue facts have arrived: import `revenue` to measure this."
    assert [shown.label for shown in data.headlines if shown.text] == []
    assert "No revenue facts have arrived" in render_report(data)


def test_the_headline_says_which_definition_it_has() -> None:
    data = report_data(given(insights()))
    labels = [shown.label for shown in data.headlines]
    assert "Retention of new customers" in labels
    assert next(shown for shown in data.headlines if shown.label.startswith("NRR")).text.endswith("%")
