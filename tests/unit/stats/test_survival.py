from __future__ import annotations

import pytest

from tenure.stats.logrank import log_rank
from tenure.stats.result import Answer, NoAnswer, Reason
from tenure.stats.survival import (
    Lifetimes,
    SurvivalCurve,
    TenureCount,
    kaplan_meier,
    survival_at,
)


def curve_of(*rows: TenureCount) -> SurvivalCurve:
    found = kaplan_meier(Lifetimes.of(rows))
    assert isinstance(found, Answer)
    return found.value


def test_a_curve_by_hand() -> None:
    curve = curve_of(TenureCount(10, 1, 1), TenureCount(20, 1, 0), TenureCount(30, 0, 2))
    assert [(p.duration_days, p.at_risk) for p in curve.points] == [(10, 5), (20, 3), (30, 2)]
    assert [p.survival for p in curve.points] == pytest.approx([0.8, 0.8 * 2 / 3, 0.8 * 2 / 3])
    assert [p.cumulative_hazard for p in curve.points] == pytest.approx([0.2, 0.2 + 1 / 3, 0.2 + 1 / 3])


def test_between_two_steps_the_earlier_one_holds_and_before_the_first_everybody_is_here() -> None:
    curve = curve_of(TenureCount(10, 1, 1), TenureCount(30, 0, 2))
    early, between, on_it = survival_at(Answer(curve), (9.5, 29.9, 30))
    assert isinstance(early, Answer) and isinstance(between, Answer) and isinstance(on_it, Answer)
    assert (early.value.survival, early.value.at_risk, early.value.duration_days) == (1.0, 4, 9.5)
    assert (between.value.duration_days, on_it.value.duration_days) == (10, 30)


def test_beyond_the_longest_tenure_there_is_no_answer_yet() -> None:
    late = curve_of(TenureCount(10, 1, 1)).at(11)
    assert isinstance(late, NoAnswer) and late.reason is Reason.NOT_MATURE_YET
    assert late.sentence == "Nobody has been here 11 days yet; the longest is 10."


def test_without_customers_there_is_no_curve_and_the_lookup_says_why() -> None:
    nobody = kaplan_meier(Lifetimes.of([]))
    assert isinstance(nobody, NoAnswer) and nobody.reason is Reason.NOT_ENOUGH_CUSTOMERS
    assert survival_at(nobody, (30, 60)) == (nobody, nobody)


def test_a_minimum_of_customers_is_kept() -> None:
    few = kaplan_meier(Lifetimes.of([TenureCount(10, 5, 24)]), min_customers=30)
    assert isinstance(few, NoAnswer) and (few.have, few.need) == (29, 30)


def test_five_loyal_customers_do_not_read_as_certainty() -> None:
    point = curve_of(TenureCount(400, 0, 5)).points[0]
    assert point.survival == 1.0
    assert point.interval.low < 0.6 and point.interval.high == 1.0


def test_when_everybody_left_the_curve_is_zero_with_room_above() -> None:
    curve = curve_of(TenureCount(10, 2, 0), TenureCount(20, 2, 0))
    last = curve.points[-1]
    assert (last.survival, last.interval.low, last.interval.method) == (0.0, 0.0, "Wilson")
    assert last.interval.high > 0
    mean = curve.restricted_mean(100)
    assert isinstance(mean, Answer) and mean.value.days == pytest.approx(15)


def test_the_median_is_the_first_day_with_half_or_fewer_left() -> None:
    median = curve_of(TenureCount(10, 1, 0), TenureCount(20, 1, 0), TenureCount(30, 0, 2)).median()
    assert isinstance(median, Answer)
    assert (median.value.days, median.value.high_days) == (20, None)


def test_a_restricted_mean_beyond_the_curve_has_no_answer_yet() -> None:
    missing = curve_of(TenureCount(10, 1, 3)).restricted_mean(11)
    assert isinstance(missing, NoAnswer) and missing.reason is Reason.NOT_MATURE_YET


def test_who_comes_into_view_late_is_not_at_risk_before() -> None:
    curve = curve_of(
        TenureCount(0, 0, 0, entered=2),
        TenureCount(100, 0, 0, entered=2),
        TenureCount(50, 1, 0),
        TenureCount(200, 1, 2),
    )
    assert [p.at_risk for p in curve.points] == [2, 2, 1, 3]
    assert curve.points[-1].survival == pytest.approx(0.5 * 2 / 3)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([TenureCount(10, -1, 0)], "never negative"),
        ([TenureCount(-1, 1, 0)], "never negative"),
        ([TenureCount(float("nan"), 1, 0)], "finite"),
        ([TenureCount(5, 0, 0, entered=1), TenureCount(10, 1, 1)], "must enter once"),
        ([TenureCount(10, 1, 0, entered=1)], "more customers leave than are in view"),
    ],
)
def test_impossible_counts_are_refused(rows: list[TenureCount], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Lifetimes.of(rows)


def test_nobody_comes_into_view_after_leaving() -> None:
    with pytest.raises(ValueError, match="after leaving"):
        Lifetimes.from_individuals([10], [True], [11])


def test_two_groups_that_churn_differently_are_told_apart() -> None:
    quick = Lifetimes.of([TenureCount(day, 5, 0) for day in range(1, 11)])
    slow = Lifetimes.of([TenureCount(10 * day, 5, 0) for day in range(1, 11)])
    found = log_rank({"quick": quick, "slow": slow})
    assert isinstance(found, Answer)
    assert found.value.p_value < 1e-6 and found.value.degrees == 1
    first, second = found.value.groups
    assert (first.name, first.customers, first.observed) == ("quick", 50, 50)
    assert first.observed > first.expected and second.observed < second.expected


def test_one_group_cannot_be_compared() -> None:
    missing = log_rank({"all": Lifetimes.of([TenureCount(1, 1, 1)]), "empty": Lifetimes.of([])})
    assert isinstance(missing, NoAnswer) and missing.reason is Reason.NOT_ENOUGH_CUSTOMERS


def test_groups_without_churn_or_without_a_common_time_cannot_be_compared() -> None:
    loyal = Lifetimes.of([TenureCount(10, 0, 5)])
    early, late = Lifetimes.of([TenureCount(10, 0, 5)]), Lifetimes.of([TenureCount(90, 5, 0)])
    for groups in ({"a": loyal, "b": loyal}, {"early": early, "late": late}):
        missing = log_rank(groups)
        assert isinstance(missing, NoAnswer) and missing.reason is Reason.ONE_SIDED
