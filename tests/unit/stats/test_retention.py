from __future__ import annotations

import pytest

from tenure.stats.proportions import rate, rate_of
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate, Reason, not_enough_customers
from tenure.stats.retention import (
    CohortCount,
    HeadlineDefinition,
    Verdict,
    cohort_retention,
    declines_by_more_than,
    headline_retention,
    is_mature,
    judge_improving,
    relative_decline,
)

FEB_1, MAR_1 = 31, 59  # days of a year that is no leap year, from 1 January = 0


def test_the_january_cohort_is_judged_on_the_first_of_march() -> None:
    assert is_mature(FEB_1, MAR_1)
    assert not is_mature(FEB_1, MAR_1 - 1)


def test_a_month_that_has_not_ended_has_no_cell_yet() -> None:
    found = cohort_retention(40, [30, 20, 5], [10, 15, 5], ended=2)
    first, second, third = found.classic
    assert isinstance(first, Answer) and isinstance(second, Answer)
    assert (str(first.value), str(second.value)) == ("75 %, 30 of 40", "50 %, 20 of 40")
    assert isinstance(third, NoAnswer) and third.reason is Reason.NOT_MATURE_YET
    assert [one.value.count for one in found.rolling[:2] if isinstance(one, Answer)] == [30, 20]


def test_an_empty_cohort_has_nothing_to_divide() -> None:
    cell = cohort_retention(0, [0], [0], ended=1).rolling[0]
    assert isinstance(cell, NoAnswer) and cell.reason is Reason.NOTHING_TO_DIVIDE


def test_counts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="same months"):
        cohort_retention(4, [1, 1], [1], ended=1)
    with pytest.raises(ValueError, match="in it or later"):
        cohort_retention(4, [3, 2], [1, 1], ended=2)


def test_the_headline_pools_the_mature_cohorts() -> None:
    found = headline_retention([CohortCount(20, 15), CohortCount(12, 9)], CohortCount(500, 480))
    assert isinstance(found, Answer)
    assert str(found.value.rate) == "75 %, 24 of 32"
    assert found.value.definition is HeadlineDefinition.ACTIVE_RETENTION


def test_with_few_new_customers_the_headline_is_last_months_customer_retention() -> None:
    found = headline_retention([CohortCount(29, 29)], CohortCount(500, 480))
    assert isinstance(found, Answer)
    assert found.value.definition is HeadlineDefinition.CUSTOMER_RETENTION
    assert str(found.value.rate) == "96 %, 480 of 500"


def test_with_few_customers_everywhere_there_is_no_headline() -> None:
    assert headline_retention([CohortCount(10, 9)], CohortCount(29, 28)) == not_enough_customers(29, 30)
    assert headline_retention([], CohortCount(0, 0), min_customers=0) == not_enough_customers(0, 1)


def test_a_decline_is_relative_and_exactly_the_limit_is_not_above_it() -> None:
    exactly = relative_decline(rate_of(68, 100), rate_of(80, 100))
    worse = relative_decline(rate_of(67, 100), rate_of(80, 100))
    assert isinstance(exactly, Answer) and isinstance(worse, Answer)
    assert exactly.value.value == pytest.approx(-0.15)
    assert not declines_by_more_than(exactly.value, 15)
    assert declines_by_more_than(worse.value, 15)


@pytest.mark.parametrize(("this_month", "last_month"), [((20, 29), (90, 100)), ((80, 100), (29, 29))])
def test_a_decline_needs_thirty_customers_on_both_sides(
    this_month: tuple[int, int], last_month: tuple[int, int]
) -> None:
    missing = relative_decline(rate_of(*this_month), rate_of(*last_month))
    assert missing == not_enough_customers(29, 30)


def judged(
    headline: tuple[int, int], baseline: tuple[int, int], recovery: tuple[int, int], days: int
) -> tuple[Verdict, bool]:
    shares: list[Outcome[Rate]] = [rate(*one) for one in (headline, baseline, recovery)]
    gate = judge_improving(*shares, days, retention_target_percent=85)
    assert gate.sentence.endswith(".")
    return gate.verdict, gate.late


def test_five_percent_better_with_recovery_passes() -> None:
    assert judged((84, 100), (80, 100), (30, 100), 20) == (Verdict.PASSED, False)
    assert judged((83, 100), (80, 100), (30, 100), 20) == (Verdict.NOT_YET, False)
    assert judged((84, 100), (80, 100), (29, 100), 20) == (Verdict.NOT_YET, False)


def test_a_high_baseline_passes_by_holding() -> None:
    assert judged((96, 100), (96, 100), (30, 100), 20) == (Verdict.PASSED, False)
    assert judged((95, 100), (96, 100), (30, 100), 20) == (Verdict.NOT_YET, False)


def test_not_yet_becomes_failed_after_sixty_days_and_can_still_pass_late() -> None:
    assert judged((80, 100), (80, 100), (30, 100), 59) == (Verdict.NOT_YET, False)
    assert judged((80, 100), (80, 100), (30, 100), 60) == (Verdict.FAILED, False)
    assert judged((84, 100), (80, 100), (30, 100), 90) == (Verdict.PASSED, True)


def test_without_enough_customers_the_gate_stays_not_yet() -> None:
    missing = not_enough_customers(12, 30)
    gate = judge_improving(rate(84, 100), missing, rate(30, 100), 90, retention_target_percent=85)
    assert (gate.verdict, gate.sentence) == (Verdict.NOT_YET, missing.sentence)
