"""NPS, CSAT and CES over a view: windows, persons, weights (M14, M15)."""

from __future__ import annotations

import pytest
from tests.unit.warehouse_metrics.asking import answered, asked, metrics_of, refused
from tests.unit.warehouse_metrics.table_view import TableView, us

from tenure.ports.metric_results import NpsResult, NpsVerdict
from tenure.ports.metrics import MetricSettings

FEW = MetricSettings(nps_min_responses=3)


@pytest.fixture
def view() -> TableView:
    return TableView(us("2026-06-30"))


def nps_of(view: TableView, settings: MetricSettings = FEW) -> NpsResult:
    return metrics_of(view, settings=settings).nps(asked(view)).result


def ask(view: TableView, when: str, *scores: int, survey: str = "nps") -> None:
    for score in scores:
        view.answers_with(view.customer(f"c-{len(view.customer_rows)}", "2025-01-01"), when, score, survey)


def test_the_window_widens_only_when_answers_are_few(view: TableView) -> None:
    ask(view, "2026-06-20", 9, 9)
    ask(view, "2026-05-20", 3)
    ask(view, "2026-02-20", 8)
    result = nps_of(view)
    assert (result.window_days, result.counts.total) == (90, 3)
    wider = nps_of(view, MetricSettings(nps_min_responses=4))
    assert (wider.window_days, wider.counts.total) == (180, 4)


def test_too_few_answers_in_the_widest_window_are_no_verdict(view: TableView) -> None:
    ask(view, "2026-06-20", 10, 10)
    result = nps_of(view)
    assert result.window_days == 180
    assert refused(result.score) == refused(result.verdict) == "not_enough_answers"


def test_the_latest_answer_of_a_person_counts(view: TableView) -> None:
    key = view.customer("account", "2025-01-01")
    view.answers_with(key, "2026-06-01", 0, user_key=5)
    view.answers_with(key, "2026-06-10", 10, user_key=5)
    view.answers_with(key, "2026-06-10", 9, user_key=6)
    view.answers_with(key, "2026-06-11", 7)
    counts = nps_of(view).counts
    assert (counts.promoters, counts.passives, counts.detractors) == (2, 1, 0)


def test_answers_at_the_same_moment_count_alike_in_any_order(view: TableView) -> None:
    other = TableView(view.now_us)
    for found, order in ((view, (2, 9)), (other, (9, 2))):
        key = found.customer("c", "2025-01-01")
        for score in order:
            found.answers_with(key, "2026-06-10", score, user_key=1)
    assert nps_of(view).counts == nps_of(other).counts


def test_an_answer_off_the_scale_is_no_answer(view: TableView) -> None:
    ask(view, "2026-06-20", 11, -1, 10, 10, 10)
    result = nps_of(view)
    assert result.counts.total == 3
    assert answered(result.by_account).value == 100


def test_many_answers_of_one_account_weigh_as_one_account(view: TableView) -> None:
    crowd = view.customer("crowd", "2025-01-01", arr_cents=100)
    for user in range(9):
        view.answers_with(crowd, "2026-06-20", 0, user_key=user)
    rich = view.customer("rich", "2025-01-01", arr_cents=300)
    view.answers_with(rich, "2026-06-20", 10, user_key=100)
    result = nps_of(view)
    assert answered(result.score).value == pytest.approx(-80)
    assert answered(result.by_account).value == pytest.approx(0)
    assert answered(result.by_revenue).value == pytest.approx(50)


def test_an_unknown_arr_has_no_weight_by_revenue(view: TableView) -> None:
    ask(view, "2026-06-20", 9, 9, 9)
    assert refused(nps_of(view).by_revenue) == "nothing_to_divide"


def test_the_drop_compares_thirty_days_with_the_thirty_before(view: TableView) -> None:
    ask(view, "2026-06-20", 0, 0, 9)
    ask(view, "2026-05-20", 9, 9, 9)
    assert answered(nps_of(view).change).value == pytest.approx(-100 * 4 / 3)


def test_a_drop_without_enough_answers_before_is_not_judged(view: TableView) -> None:
    ask(view, "2026-06-20", 0, 0, 0)
    ask(view, "2026-05-20", 9, 9)
    assert refused(nps_of(view).change) == "not_enough_answers"


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ((0, 0, 9), NpsVerdict.NEGATIVE),
        ((0, 9, 7), NpsVerdict.PASSES),
        ((9, 7, 7), NpsVerdict.ON_TARGET),
        ((9, 9, 7), NpsVerdict.EXCELLENT),
    ],
)
def test_the_verdict_follows_the_borders_of_the_venture(view: TableView, scores: tuple[int, ...], verdict: NpsVerdict) -> None:
    ask(view, "2026-06-20", *scores)
    assert answered(nps_of(view).verdict) is verdict


def test_the_response_rate_is_not_measured_and_says_why(view: TableView) -> None:
    assert nps_of(view).response_rate.reason.value == "not_measured"


def test_csat_is_a_mean_and_the_share_of_the_top_two(view: TableView) -> None:
    ask(view, "2026-06-20", 5, 4, 3, 1, survey="CSAT")
    ask(view, "2026-06-20", 9, survey="csat")
    result = metrics_of(view, settings=FEW).satisfaction(asked(view), "csat").result
    assert answered(result.mean).value == pytest.approx(3.25)
    assert (answered(result.top_box).count, answered(result.top_box).total) == (2, 4)
    assert result.per_score == {1: 1, 2: 0, 3: 1, 4: 1, 5: 1}


def test_ces_has_seven_steps_and_needs_as_many_answers_as_nps(view: TableView) -> None:
    ask(view, "2026-06-20", 7, 6, survey="ces")
    result = metrics_of(view, settings=FEW).satisfaction(asked(view), "ces").result
    assert list(result.per_score) == [1, 2, 3, 4, 5, 6, 7]
    assert refused(result.mean) == refused(result.top_box) == "not_enough_answers"
