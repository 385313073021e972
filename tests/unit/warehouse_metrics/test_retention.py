"""Retention over a view: cohorts, maturity, the headline and its fallback (M8-M11)."""

from __future__ import annotations

import pytest
from tests.unit.warehouse_metrics.asking import answered, asked, metrics_of, refused
from tests.unit.warehouse_metrics.table_view import TableView, us

from tenure.ports.metric_results import RetentionResult
from tenure.stats.retention import HeadlineDefinition, Verdict


def a_view(now: str = "2026-03-01") -> TableView:
    return TableView(us(now))


def cohort(view: TableView, created: str, size: int, logins: dict[int, tuple[str, ...]] | None = None) -> None:
    """So many customers created on a day; customer n logs in at the moments given for it."""
    for place in range(size):
        key = view.customer(f"{created}-{place}", created)
        view.logs_in(key, *(logins or {}).get(place, ()))


def result_of(view: TableView) -> RetentionResult:
    return metrics_of(view).retention(asked(view)).result


def test_a_login_thirty_days_ago_to_the_microsecond_no_longer_counts() -> None:
    view = a_view("2026-03-31T12:00")
    cohort(view, "2026-02-10", 2, {0: ("2026-03-01T12:00",), 1: ("2026-03-01T12:01",)})
    (active,) = result_of(view).active
    assert (active.cohort, answered(active.active).count, answered(active.active).total) == ("2026-02", 1, 2)


def test_M9_january_is_judged_on_the_first_of_march_and_february_is_not() -> None:
    view = a_view("2026-03-01")
    cohort(view, "2026-01-31", 30)
    cohort(view, "2026-02-01", 30)
    january, february = result_of(view).active
    assert (january.is_mature, january.is_judged, january.on_target) == (True, True, False)
    assert (february.is_mature, february.is_judged, february.on_target) == (False, False, None)


def test_a_mature_cohort_of_twenty_nine_is_shown_and_not_judged() -> None:
    view = a_view("2026-03-01")
    cohort(view, "2026-01-15", 29)
    (january,) = result_of(view).active
    assert (january.is_mature, january.is_judged, january.on_target) == (True, False, None)


def test_the_headline_pools_the_mature_cohorts_as_they_stood_on_the_first() -> None:
    view = a_view("2026-03-20")
    late = dict.fromkeys(range(40), ("2026-03-10",))
    in_time = dict.fromkeys(range(10), ("2026-02-05",))
    cohort(view, "2025-12-05", 40, late | in_time)
    cohort(view, "2026-01-05", 40, dict.fromkeys(range(40), ("2026-01-30", "2026-02-01")))
    cohort(view, "2026-02-10", 40, dict.fromkeys(range(40), ("2026-02-28",)))
    found = answered(result_of(view).headline)
    assert found.definition is HeadlineDefinition.ACTIVE_RETENTION
    assert (found.rate.count, found.rate.total) == (50, 80)


def test_under_thirty_customers_the_headline_is_last_months_customer_retention() -> None:
    view = a_view("2026-03-20")
    cohort(view, "2025-06-05", 38)
    for place in range(2):
        view.customer(f"left-{place}", "2025-06-05", churned="2026-02-10")
    view.customer("left-before", "2025-06-05", churned="2026-01-20")
    view.customer("left-this-month", "2025-06-05", churned="2026-03-02")
    cohort(view, "2026-01-05", 10)
    found = answered(result_of(view).headline)
    assert found.definition is HeadlineDefinition.CUSTOMER_RETENTION
    assert (found.rate.count, found.rate.total) == (49, 51)


def test_with_few_customers_everywhere_there_is_no_headline() -> None:
    view = a_view()
    cohort(view, "2025-06-05", 12)
    result = result_of(view)
    assert refused(result.headline) == "not_enough_customers"
    assert (result.on_target, result.is_alarming) == (None, None)


def test_a_fall_of_more_than_fifteen_percent_is_alarming() -> None:
    view = a_view("2026-03-20")
    for month in ("2025-11", "2025-12", "2026-01"):
        kept = 50 if month != "2026-01" else 20
        logins = dict.fromkeys(range(kept), (f"{month}-20", "2026-01-20", "2026-02-20"))
        extra = dict.fromkeys(range(kept, 50), (f"{month}-20", "2026-01-20"))
        cohort(view, f"{month}-05", 50, logins | extra)
    result = result_of(view)
    assert answered(result.change).value < -0.15
    assert result.is_alarming is True
    assert [one.month for one in result.history][-2:] == ["2026-02", "2026-03"]


def test_M10_classic_and_rolling_differ_for_who_comes_back_later() -> None:
    view = a_view("2026-04-10")
    cohort(view, "2026-01-10", 4, {0: ("2026-01-11", "2026-03-02"), 1: ("2026-02-02",), 2: ("2026-01-12",)})
    (january,) = result_of(view).cohorts
    classic = [answered(cell).count for cell in january.retention.classic[:3]]
    rolling = [answered(cell).count for cell in january.retention.rolling[:3]]
    assert (classic, rolling) == ([2, 1, 1], [3, 2, 1])
    assert refused(january.retention.rolling[3]) == "not_mature_yet"


def test_M10_a_cell_is_shown_when_its_month_has_ended_and_not_before() -> None:
    logins = {0: ("2026-01-11", "2026-02-02", "2026-02-27")}
    for now, shown in (("2026-02-28T23:59", 1), ("2026-03-01", 2)):
        view = a_view(now)
        cohort(view, "2026-01-31", 1, logins)
        (january,) = result_of(view).cohorts
        assert [answered(cell).count for cell in january.retention.classic[:shown]] == [1] * shown
        assert refused(january.retention.classic[shown]) == "not_mature_yet"


def test_M9_a_cohort_is_judged_28_days_after_its_month_ended() -> None:
    judged = {}
    for now in ("2026-02-27", "2026-02-28T23:59", "2026-03-01"):
        view = a_view(now)
        cohort(view, "2026-01-15", 30)
        judged[now] = result_of(view).active[0].is_judged
    assert judged == {"2026-02-27": False, "2026-02-28T23:59": False, "2026-03-01": True}


def test_a_login_before_creation_is_in_no_month() -> None:
    view = a_view("2026-04-10")
    cohort(view, "2026-02-10", 1, {0: ("2026-01-11",)})
    (february,) = result_of(view).cohorts
    assert answered(february.retention.rolling[0]).count == 0


def test_M10_an_event_that_is_no_login_keeps_nobody() -> None:
    view = a_view("2026-04-10")
    key = view.customer("c", "2026-02-10")
    view.logs_in(key, "2026-04-09", name_key=2)
    result = result_of(view)
    assert answered(result.active[0].active).count == 0
    assert answered(result.cohorts[0].retention.rolling[0]).count == 0


def test_M10_the_milestones_judge_the_rolling_rate_and_month_twelve_has_no_target() -> None:
    view = a_view("2026-04-10")
    cohort(view, "2026-01-10", 40, dict.fromkeys(range(36), ("2026-03-02",)))
    one, three, six, twelve = result_of(view).milestones
    assert (one.target_percent, three.target_percent, six.target_percent, twelve.target_percent) == (85, 70, 60, None)
    assert (answered(one.rolling).percent, one.on_target) == (90.0, True)
    assert refused(three.rolling) == "not_mature_yet"


@pytest.mark.parametrize(("kept", "on_target"), [(34, True), (33, False)])
def test_exactly_the_target_is_on_target(kept: int, on_target: bool) -> None:
    view = a_view("2026-04-10")
    cohort(view, "2026-01-10", 40, dict.fromkeys(range(kept), ("2026-03-02",)))
    assert result_of(view).milestones[0].on_target is on_target


def test_retention_improving_is_not_judged_from_facts_alone() -> None:
    gate = result_of(a_view()).improving
    assert (gate.verdict, gate.sentence.split(",")[0]) == (Verdict.NOT_YET, "Judged for the whole venture as it is now")


def test_a_returned_customer_keeps_its_cohort_of_creation() -> None:
    view = a_view("2026-04-10")
    key = view.customer("c", "2025-12-10", first_ended="2026-01-31", spell_started="2026-03-05")
    view.logs_in(key, "2026-03-06")
    assert [one.cohort for one in result_of(view).cohorts] == ["2025-12"]
