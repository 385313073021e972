"""Survival and churn over a view: spells, trials, dormant and cancelling customers, causes (P1-P4, Day one 9)."""

from __future__ import annotations

import pytest
from tests.unit.warehouse_metrics.asking import answered, asked, metrics_of, refused
from tests.unit.warehouse_metrics.table_view import PAID_KEY, PAYMENT_FAILED_KEY, TableView, us

from tenure.ports.metric_results import ChurnMonth, SurvivalSplit
from tenure.services.insights.openings import numbers_of


@pytest.fixture
def view() -> TableView:
    return TableView(us("2026-03-15"))


def survival_of(view: TableView, by: str | None = None) -> SurvivalSplit:
    return metrics_of(view).survival(asked(view, by))


def february(view: TableView) -> ChurnMonth:
    months = metrics_of(view).churn(asked(view)).result.months
    return {one.month: one for one in months}["2026-02"]


def test_tenure_runs_to_the_churn_or_to_now(view: TableView) -> None:
    view.customer("left", "2026-01-01", churned="2026-01-31")
    view.customer("here", "2026-03-05")
    points = answered(survival_of(view).result.curve).points
    assert [(point.duration_days, point.churned, point.censored) for point in points] == [(10, 0, 1), (30, 1, 0)]


def test_a_trial_is_in_neither_survival_nor_churn(view: TableView) -> None:
    view.customer("trial", "2026-01-01", status="trial")
    view.customer("here", "2026-01-01")
    assert answered(survival_of(view).result.curve).customers == 1
    assert answered(february(view).customers).total == 1


def test_with_revenue_facts_tenure_starts_at_the_first_payment_and_an_unpaid_trial_never_churned(view: TableView) -> None:
    view.customer("tried only", "2025-10-01", churned="2025-11-01")
    payer = view.customer("paid", "2025-10-01", churned="2026-02-10")
    view.pays(payer, "2025-12-12", 5_000)
    (point,) = answered(survival_of(view).result.curve).points
    assert (point.duration_days, point.churned) == (60, 1)
    found = answered(february(view).customers)
    assert (found.count, found.total) == (1, 1)


def test_dormant_and_cancelling_customers_are_still_customers(view: TableView) -> None:
    silent = view.customer("silent", "2025-10-01")
    view.logs_in(silent, "2025-10-02")
    cancelling = view.customer("cancelling", "2025-10-01", status="cancelling", cancel_requested="2026-03-01")
    view.logs_in(cancelling, "2026-03-14")
    result = metrics_of(view).churn(asked(view)).result
    assert (result.dormant, result.cancelling) == (1, 1)
    assert answered(result.months[-1].customers).count == 0
    assert answered(survival_of(view).result.curve).churned == 0


def test_a_returned_customer_is_one_first_spell_and_one_later_spell(view: TableView) -> None:
    view.customer("returned", "2025-01-01", first_ended="2025-06-01", spell_started="2025-09-01")
    found = survival_of(view)
    curve = answered(found.result.curve)
    assert (curve.customers, curve.churned) == (1, 1)
    assert found.later_spells is not None
    assert refused(found.later_spells.curve) == "not_enough_customers"
    assert metrics_of(view).who(asked(view), "survival", "later_spells").customer_ids == ("returned",)


def test_the_second_leaving_of_a_returned_customer_is_churn_of_its_month(view: TableView) -> None:
    view.customer("returned", "2025-01-01", first_ended="2025-06-01", spell_started="2025-09-01", churned="2026-02-03")
    months = {one.month: one for one in metrics_of(view).churn(asked(view)).result.months}
    assert answered(months["2026-02"].customers).count == 1
    assert refused(months["2025-08"].customers) == "nothing_to_divide"


@pytest.mark.parametrize(
    ("failed", "cancel_requested", "involuntary"),
    [
        ("2026-01-10", None, 1),
        ("2025-12-19", None, 0),
        ("2026-01-10", "2026-01-20", 0),
        ("2026-02-03", None, 1),
        ("2026-02-04T00:00", None, 0),
    ],
)
def test_a_failed_payment_near_the_end_that_nobody_asked_for_is_involuntary(
    view: TableView, failed: str, cancel_requested: str | None, involuntary: int
) -> None:
    said = {} if cancel_requested is None else {"cancel_requested": cancel_requested}
    key = view.customer("c", "2025-01-01", churned="2026-02-03", **said)
    view.pays(key, "2025-01-02", 5_000)
    view.pays(key, failed, 0, invoice_state="failed")
    found = february(view)
    assert (answered(found.involuntary), answered(found.voluntary)) == (involuntary, 1 - involuntary)


@pytest.mark.parametrize(("recovered", "involuntary"), [(None, 1), ("2026-01-30", 0), ("2026-02-20", 1)])
def test_day_one_9_a_payment_event_says_it_as_an_invoice_state_does(view: TableView, recovered: str | None, involuntary: int) -> None:
    key = view.customer("c", "2025-01-01", churned="2026-02-03")
    view.pays(key, "2025-01-02", 5_000)
    view.logs_in(key, "2026-01-25", name_key=PAYMENT_FAILED_KEY)
    if recovered is not None:
        view.logs_in(key, recovered, name_key=PAID_KEY)
    assert answered(february(view).involuntary) == involuntary


def test_day_one_9_the_money_lost_is_split_as_the_customers_are(view: TableView) -> None:
    for name, cents, failed in (("chose", 5_000, False), ("card", 3_000, True), ("stays", 1_000, False)):
        key = view.customer(name, "2025-01-01", **({} if name == "stays" else {"churned": "2026-02-03"}))
        view.pays(key, "2025-01-02", cents)
        if name != "stays":
            view.pays(key, "2026-02-03", -cents, **({"invoice_state": "failed"} if failed else {}))
    found = february(view)
    assert (answered(found.voluntary), answered(found.involuntary)) == (1, 1)
    assert (answered(found.voluntary_cents), answered(found.involuntary_cents)) == (5_000, 3_000)
    metrics = metrics_of(view)
    period = next(one for one in metrics.revenue(asked(view)).result.months if one.period.name == "2026-02")
    split = answered(period.churned)
    assert split.voluntary_cents + split.involuntary_cents == period.waterfall.churn_cents
    assert metrics.who(asked(view), "revenue", "2026-02/churn_involuntary").customer_ids == ("card",)
    assert metrics.who(asked(view), "revenue", "2026-02/churn_voluntary").customer_ids == ("chose",)


def test_day_one_9_without_payment_facts_nobody_knows_why_they_left(view: TableView) -> None:
    key = view.customer("c", "2025-01-01", churned="2026-02-03")
    view.pays(key, "2025-01-02", 5_000)
    view.pays(key, "2026-02-03", -5_000)
    metrics, found = metrics_of(view), february(view)
    assert answered(found.customers).count == 1
    for split in (found.voluntary, found.involuntary, found.voluntary_cents, found.involuntary_cents):
        assert refused(split) == "not_measured"
    assert {refused(one.churned) for one in metrics.revenue(asked(view)).result.months} == {"not_measured"}
    assert refused(survival_of(view).result.involuntary) == "not_measured"
    assert "2026-02/involuntary" not in numbers_of(metrics.churn(asked(view)).result)
    for cell in ("2026-02/voluntary", "2026-02/involuntary"):
        assert metrics.who(asked(view), "churn", cell).customer_ids == ()


def test_segments_are_compared_by_log_rank(view: TableView) -> None:
    for place in range(40):
        view.customer(f"short-{place}", "2025-06-01", churned=f"2025-07-{place % 28 + 1:02d}", plan="basic")
        view.customer(f"long-{place}", "2025-06-01", plan="enterprise")
    found = survival_of(view, by="plan")
    assert [one.segment for one in found.segments] == ["basic", "enterprise"]
    assert answered(found.log_rank).p_value < 1e-6
    assert answered(found.segments[0].result.median).days < 60


def test_P7_an_unknown_plan_is_its_own_segment(view: TableView) -> None:
    view.customer("c", "2025-06-01")
    assert [one.segment for one in survival_of(view, by="plan").segments] == ["unknown"]


def test_without_anybody_every_answer_says_why(view: TableView) -> None:
    found = survival_of(view)
    assert refused(found.result.curve) == refused(found.result.median) == "not_enough_customers"
    assert metrics_of(view).churn(asked(view)).result.months == ()
