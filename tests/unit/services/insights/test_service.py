"""The metrics by name: documents, everything at once, who, closed months."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.unit.services.insights.world import (
    NOW_US,
    RememberedLog,
    RememberedResults,
    a_view,
    insights,
)

from tenure.clock import DAY_US
from tenure.errors import BadInput
from tenure.model.useful import Subject, UsefulMark
from tenure.parameters import DEFAULTS, resolve
from tenure.ports.metrics import Asked, MetricSettings
from tenure.services.insights import METRICS, metric_settings
from tenure.services.insights.closing import HEADLINE, WATERFALL


def test_every_metric_is_a_document_that_is_json() -> None:
    documents = insights().all(NOW_US)
    assert tuple(documents) == METRICS
    assert json.loads(json.dumps(documents, allow_nan=False)) == documents
    for name, document in documents.items():
        assert (document["metric"], document["as_of"]) == (name, "2026-03-20T00:00:00Z")
    assert {documents[name]["currency"] for name in METRICS if name != "system"} == {"USD"}


def test_asked_twice_the_answer_is_the_same_to_the_last_digit() -> None:
    service = insights()
    for name in ("nps", "revenue", "survival"):
        assert json.dumps(service.metric(name, NOW_US)) == json.dumps(service.metric(name, NOW_US))


def test_a_split_has_one_result_per_segment() -> None:
    document = insights().metric("churn", NOW_US, by="plan")
    assert [one["segment"] for one in document["segments"]] == ["basic", "pro"]
    assert document["segments"][0]["result"].keys() == document["result"].keys()


def test_survival_carries_the_test_between_its_segments() -> None:
    document = insights().metric("survival", NOW_US, by="plan")
    assert document["log_rank"]["p_value"] < 0.05
    assert insights().metric("survival", NOW_US)["log_rank"] is None


def test_what_opens_is_listed_with_its_number() -> None:
    service = insights()
    opens = service.metric("churn", NOW_US)["opens"]
    assert opens["2026-02/churned"] == 4
    found = service.who("churn", "2026-02/churned", Asked(NOW_US), limit=2)
    assert (found.total, found.customer_ids) == (4, ("c-13", "c-33"))


def test_the_trend_reads_twenty_eight_days_and_not_more() -> None:
    found = insights().metric("health", NOW_US)["result"]
    assert len(found["days"]) == 27  # today has no full score yet
    assert found["trend"]["direction"] == "improving"


def test_the_machine_is_judged_by_what_the_app_counted() -> None:
    found = insights().metric("system", NOW_US)["result"]
    assert (found["status"], found["components"][0]["value"]) == ("healthy", 24.0)


def test_day_one_14_thumbs_stand_beside_the_machine_and_move_no_status() -> None:
    def thumb(kind: str, is_useful: bool, word: str = "", days: int = 1) -> UsefulMark:
        by = f"{kind}{is_useful}{days}"
        at_us = NOW_US - days * DAY_US
        return UsefulMark(subject=Subject.alert, ref="1", kind=kind, is_useful=is_useful, by=by, via="test", at_us=at_us, word=word)

    given = [thumb("health_critical", True), thumb("health_critical", False, "too late"), thumb("nps", True), thumb("old", False, days=91)]
    service = replace(insights(), marks_since=lambda since_us, until_us: [one for one in given if since_us <= one.at_us < until_us])
    found = service.metric("system", NOW_US)["result"]
    assert found["status"] == "healthy"
    assert [(one["kind"], one["useful"]["count"], one["useful"]["of"], one["words"]) for one in found["useful"]] == [
        ("health_critical", 1, 2, ["too late"]), ("nps", 1, 1, []),
    ]  # fmt: skip
    assert insights().metric("system", NOW_US)["result"]["useful"]["no_answer"] == "not_measured"


def test_an_unknown_metric_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match="retention, survival, revenue"):
        insights().metric("happiness", NOW_US)
    with pytest.raises(BadInput, match="No customers stand behind"):
        insights().who("system", "jobs", Asked(NOW_US))


def test_closing_stores_each_month_once() -> None:
    results, log = RememberedResults(), RememberedLog()
    service = insights(results=results, log=log)
    first = service.close_months(NOW_US)
    assert {one.month for one in first} >= {"2026-01", "2026-02", "2026-03"}
    assert {metric for metric, _, _ in results.kept} == {HEADLINE, WATERFALL}
    assert service.close_months(NOW_US + 1) == ()
    assert log.lines == []


def test_late_data_restates_a_closed_month_keeping_old_and_new_with_the_batch() -> None:
    results, log = RememberedResults(), RememberedLog()
    insights(results=results, log=log).close_months(NOW_US)
    late = a_view()
    late.known_batch = 9
    late.pays(late.customer("late", "2026-02-10"), "2026-02-10", 77_700)
    service = insights(late, results, log)
    (restated,) = service.close_months(NOW_US + 5)
    assert (restated.month, restated.batch) == ("2026-02", 9)
    (line,) = log.lines
    assert (line["name"], line["why"]) == (
        "closed_waterfall 2026-02",
        "Late data up to batch 9 changed a closed month.",
    )
    assert line["after"]["new_cents"] - line["before"]["new_cents"] == 77_700
    (shown,) = service.metric("revenue", NOW_US)["restated"]
    assert shown["restatements"][0]["before"] == line["before"]


def test_a_changed_month_without_new_data_is_not_blamed_on_late_data() -> None:
    results, log = RememberedResults(), RememberedLog()
    insights(results=results, log=log).close_months(NOW_US)
    changed = a_view()
    changed.pays(1, "2026-02-11", 500)
    insights(changed, results, log).close_months(NOW_US + 5)
    assert [line["why"] for line in log.lines] == ["A changed setting or rate restates a closed month."]


def test_the_declared_parameters_are_the_default_settings() -> None:
    assert metric_settings(DEFAULTS) == MetricSettings()
    assert metric_settings(resolve({"healthy_threshold": 75})).average_score_target == 75
