"""Health distribution, segments and renewals over a view (M21, P6-P8, Day one 3)."""

from __future__ import annotations

import random

import pytest
from tests.unit.warehouse_metrics.asking import answered, asked, metrics_of, refused
from tests.unit.warehouse_metrics.table_view import TableView, scores, table, us

from tenure.clock import DAY_US
from tenure.ports.metrics import SAVED, MetricSettings, RenewalMarks
from tenure.rules.journey import journey_stage
from tenure.rules.renewals import Proposal, RenewalFacts, forecast_of
from tenure.services.insights.openings import numbers_of
from tenure.warehouse.metrics.calendar import month_column, month_of_us, month_start_us


@pytest.fixture
def view() -> TableView:
    return TableView(us("2026-06-30"))


def test_M21_free_accounts_do_not_drown_the_paying_ones(view: TableView) -> None:
    for place in range(3):
        view.customer(f"free-{place}", "2025-01-01", arr_cents=0)
    view.customer("paying", "2025-01-01", arr_cents=5_000)
    published = scores(("free-0", 90.0), ("free-1", 90.0), ("free-2", 90.0), ("paying", 20.0))
    result = metrics_of(view, published=published).health(asked(view)).result
    assert (answered(result.everybody).average, answered(result.paying).average) == (72.5, 20.0)
    assert result.on_target is True


def test_the_average_is_exact_and_rounded_half_up(view: TableView) -> None:
    for place in range(4):
        view.customer(f"c-{place}", "2025-01-01")
    published = scores(("c-0", 70.0), ("c-1", 70.0), ("c-2", 69.9), ("c-3", 69.9))
    standing = answered(metrics_of(view, published=published).health(asked(view)).result.everybody)
    assert standing.average == 70.0
    assert (standing.healthy.count, standing.at_risk.count, standing.healthy.percent) == (2, 2, 50.0)


def test_the_histogram_has_twenty_bins_and_a_full_hundred_is_in_the_last(view: TableView) -> None:
    for place, score in enumerate((0.0, 4.9, 5.0, 99.9, 100.0)):
        view.customer(f"c-{place}", "2025-01-01")
        assert score <= 100
    published = scores(("c-0", 0.0), ("c-1", 4.9), ("c-2", 5.0), ("c-3", 99.9), ("c-4", 100.0))
    histogram = metrics_of(view, published=published).health(asked(view)).result.histogram
    assert (len(histogram), histogram[0], histogram[1], histogram[19]) == (20, 2, 1, 2)


def test_before_the_first_score_the_distribution_says_what_to_do(view: TableView) -> None:
    view.customer("c", "2025-01-01")
    result = metrics_of(view).health(asked(view)).result
    assert refused(result.everybody) == "not_measured"
    assert result.on_target is None


def test_segments_come_worst_average_first_and_unknown_is_one(view: TableView) -> None:
    view.customer("a", "2025-01-01", plan="pro", owner="ann@example.com", seats=10)
    view.customer("b", "2025-01-01", plan="pro", seats=11)
    view.customer("c", "2025-01-01")
    published = scores(("a", 80.0), ("b", 60.0), ("c", 30.0))
    found = metrics_of(view, published=published).segments(asked(view, by="plan")).segments
    assert [(one.segment, one.standing.average) for one in found] == [("unknown", 30.0), ("pro", 70.0)]
    sizes = metrics_of(view, published=published).segments(asked(view, by="size")).segments
    assert [one.segment for one in sizes] == ["unknown", "11-50 seats", "1-10 seats"]


def test_saved_segments_are_absent_until_somebody_saves_one(view: TableView) -> None:
    view.customer("a", "2025-01-01")
    found = metrics_of(view, published=scores(("a", 80.0))).segments(asked(view)).segments
    assert SAVED not in {one.by for one in found}


def test_the_stage_of_a_segment_is_the_stage_of_the_rule(view: TableView) -> None:
    chance = random.Random(4)
    said = []
    for place in range(80):
        started_us = view.now_us - chance.choice((14, 15, 30, 31, 90, 91, 400)) * DAY_US + chance.choice((-1, 0, 1))
        renewal_us = view.now_us + chance.choice((-1, 0, 30, 31)) * DAY_US if chance.random() < 0.7 else None
        term_days = chance.choice((None, 30, 90, 365))
        view.customer(f"c-{place}", "2025-01-01", spell_started_us=started_us, renewal_us=renewal_us, term_days=term_days)
        said.append((f"c-{place}", journey_stage(view.now_us, started_us, renewal_us, term_days)))
    metrics = metrics_of(view, published=scores(*((name, 50.0) for name, _ in said)))
    for stage in {stage for _, stage in said}:
        found = metrics.who(asked(view, "stage", stage), "segments", "customers", limit=None)
        assert set(found.customer_ids) == {name for name, of in said if of == stage}


def test_day_one_3_a_renewal_is_forecast_from_health_use_tickets_money_chains_and_decisions(view: TableView) -> None:
    said = {"arr_cents": 1_200_000, "renewal": "2026-08-15"}
    keys = {name: view.customer(name, "2025-01-01", **said) for name in ("well", "ill", "new", "falling", "urgent", "chained", "agreed", "asked")}
    view.customer("going", "2025-01-01", status="cancelling", **said)
    unpaid = view.customer("unpaid", "2025-01-01", renewal="2026-08-15")
    view.pays(unpaid, "2026-06-01", 5_000, invoice_state="past_due")
    view.asks_support(keys["urgent"], "2026-06-29", priority="Urgent")
    view.logs_in(keys["falling"], *(f"2026-05-{day:02d}" for day in range(10, 20)), "2026-06-20")
    published = scores(
        ("well", 80.0), ("ill", 10.0), ("going", 90.0), ("unpaid", 90.0), ("falling", 80.0), ("urgent", 80.0), ("chained", 80.0),
        ("agreed", 50.0), ("asked", 80.0),
    )  # fmt: skip
    marks = RenewalMarks(open_chains=frozenset({"chained"}), proposals={"agreed": "agreed", "asked": "waits"})
    result = metrics_of(view, published=published, marks=marks).renewals(asked(view)).result
    forecast = {one.customer_id: (one.forecast, one.risks) for one in result.renewals}
    assert forecast == {
        "well": ("committed", ()),
        "new": ("likely", ("not scored yet",)),
        "ill": ("at_risk", ("critical health",)),
        "going": ("at_risk", ("cancellation requested",)),
        "unpaid": ("at_risk", ("an invoice is unpaid",)),
        "falling": ("likely", ("use is falling",)),
        "urgent": ("likely", ("an urgent ticket is open",)),
        "chained": ("at_risk", ("RETENTION-001 is open",)),
        "agreed": ("likely", ("health at risk, what was proposed is agreed",)),
        "asked": ("likely", ("a decision about it waits",)),
    }
    (august,) = result.months
    assert (august.month, august.customers, august.unknown) == ("2026-08", 10, 1)  # an unknown amount is no 0 (R5)
    assert (august.committed_cents, august.likely_cents, august.at_risk_cents) == (1_200_000, 6_000_000, 3_600_000)
    assert next(one.arr_cents for one in result.renewals if one.customer_id == "unpaid") is None


def test_day_one_3_a_month_of_which_no_amount_is_known_is_unknown_not_zero(view: TableView) -> None:
    view.customer("new", "2025-01-01", renewal="2026-08-15")
    (august,) = metrics_of(view).renewals(asked(view)).result.months
    assert (august.likely, august.likely_cents, august.at_risk, august.at_risk_cents) == (1, None, 0, 0)


@pytest.mark.parametrize(
    ("zone", "venture", "renewal", "is_past_due"),
    [
        (None, "UTC", "2026-07-01", False),
        (None, "UTC", "2026-06-30", True),
        ("America/Los_Angeles", "UTC", "2026-06-30", False),
        ("Nowhere/Unknown", "America/Los_Angeles", "2026-06-30", False),
        ("Pacific/Auckland", "America/Los_Angeles", "2026-06-30", True),
    ],
)
def test_day_one_3_a_renewal_is_due_until_its_day_is_over_where_the_customer_is(
    zone: str | None, venture: str, renewal: str, is_past_due: bool
) -> None:
    view = TableView(us("2026-07-01T03:00"))
    view.customer("c", "2025-01-01", renewal=renewal, timezone=zone, arr_cents=100_000)
    result = metrics_of(view, settings=MetricSettings(venture_timezone=venture)).renewals(asked(view)).result
    assert [(one.customer_id, one.is_past_due) for one in result.renewals] == [("c", is_past_due)]
    assert (result.past_due, result.past_due_cents) == ((1, 100_000) if is_past_due else (0, 0))
    assert sum(one.customers for one in result.months) == int(not is_past_due)


def test_day_one_3_past_due_is_said_for_thirty_days_and_opens_into_its_customers(view: TableView) -> None:
    for name, days in (("lately", -30), ("long ago", -31)):
        view.customer(name, "2025-01-01", renewal_us=view.now_us + days * DAY_US)
    metrics = metrics_of(view)
    assert [one.customer_id for one in metrics.renewals(asked(view)).result.renewals] == ["lately"]
    assert metrics.who(asked(view), "renewals", "past_due").customer_ids == ("lately",)
    assert numbers_of(metrics.renewals(asked(view)).result) == {"past_due": 1}


def test_day_one_3_the_warehouse_forecasts_as_the_rule_does(view: TableView) -> None:
    chance = random.Random(3)
    facts: dict[str, RenewalFacts] = {}
    published, proposals, chains = [], {}, set()
    for place in range(60):
        name = f"c-{place}"
        status = chance.choice((None, "healthy", "at_risk", "critical"))
        one = RenewalFacts(
            health_status=status,
            is_cancelling=chance.random() < 0.2,
            is_unpaid=chance.random() < 0.2,
            is_falling=chance.random() < 0.2,
            open_urgent_tickets=int(chance.random() < 0.2),
            chain_is_open=chance.random() < 0.2,
            proposal=chance.choice((None, *Proposal)),
        )
        facts[name] = one
        key = view.customer(name, "2025-01-01", renewal="2026-08-15", status="cancelling" if one.is_cancelling else "active")
        if one.is_unpaid:
            view.pays(key, "2026-06-01", 0, invoice_state="failed")
        if one.is_falling:
            view.logs_in(key, *(f"2026-05-{day:02d}" for day in range(10, 20)))
        if one.open_urgent_tickets:
            view.asks_support(key, "2026-06-29", priority="critical")
        if one.chain_is_open:
            chains.add(name)
        if one.proposal is not None:
            proposals[name] = one.proposal.value
        if status is not None:
            published.append((name, {"healthy": 90.0, "at_risk": 50.0, "critical": 10.0}[status]))
    marks = RenewalMarks(open_chains=frozenset(chains), proposals=proposals)
    found = metrics_of(view, published=scores(*published), marks=marks).renewals(asked(view)).result.renewals
    assert {one.customer_id: (one.forecast, one.risks) for one in found} == {
        name: (forecast.value, risks) for name, one in facts.items() for forecast, risks in [forecast_of(one)]
    }


def test_the_horizon_is_a_hundred_and_twenty_days_and_churned_customers_renew_nothing(view: TableView) -> None:
    for name, days in (("today", 0), ("inside", 119), ("outside", 120), ("past", -1)):
        view.customer(name, "2025-01-01", renewal_us=view.now_us + days * DAY_US)
    view.customer("gone", "2025-01-01", churned="2026-06-01", renewal_us=view.now_us + DAY_US)
    found = metrics_of(view).renewals(asked(view)).result.renewals
    assert [one.customer_id for one in found] == ["past", "today", "inside"]


def test_months_of_columns_and_of_python_agree_at_every_border() -> None:
    moments = [month_start_us(month) + step for month in range(1970 * 12 + 1, 2100 * 12) for step in (-1, 0)]
    found = table([{"moment_us": one} for one in moments], {"moment_us": "int64"})
    listed = found.mutate(month=month_column(found.moment_us)).to_pyarrow().to_pylist()
    assert all(row["month"] == month_of_us(row["moment_us"]) for row in listed)
    assert len(listed) == len(moments)
