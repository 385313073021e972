from __future__ import annotations

import math

import pytest

from tenure.stats.proportions import rate, rate_of
from tenure.stats.result import (
    Answer,
    Interval,
    Outcome,
    Reason,
    not_enough_answers,
    not_enough_customers,
    nothing_to_divide,
)


def test_an_answer_carries_its_value_through_a_function() -> None:
    assert Answer(4).map(lambda n: n * 2) == Answer(8)
    assert Answer(4).or_none() == 4


def test_no_answer_keeps_its_reason_through_a_function() -> None:
    missing: Outcome[int] = not_enough_answers(37, 100)
    assert missing.map(lambda n: n * 2) is missing
    assert missing.or_none() is None


def test_no_answer_is_a_sentence_with_both_numbers() -> None:
    missing = not_enough_answers(37, 100)
    assert missing.reason == "not_enough_answers"
    assert missing.sentence == "Not enough answers: 37 given, 100 needed."
    assert (missing.have, missing.need) == (37, 100)
    assert nothing_to_divide("customers at the start").sentence.endswith("customers at the start is zero.")


def test_every_reason_is_its_own_code() -> None:
    assert all(reason.value == reason.name.lower() for reason in Reason)


@pytest.mark.parametrize("ends", [(1.0, 0.0), (math.nan, 1.0), (0.0, math.inf)])
def test_an_interval_refuses_ends_that_are_none(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="two finite ends in order"):
        Interval(*ends, 0.95, "made up")


def test_an_interval_in_percent_is_a_hundred_times_as_wide() -> None:
    interval = Interval(0.1, 0.3, 0.95, "Wilson").scaled(100)
    assert (interval.low, interval.high, interval.width) == (10, 30, 20)
    assert interval.contains(10) and interval.contains(30) and not interval.contains(30.01)


def test_a_rate_prints_as_percent_with_its_counts() -> None:
    assert str(rate_of(40, 320)) == "12.5 %, 40 of 320"
    assert str(rate_of(1, 1)) == "100 %, 1 of 1"
    assert str(rate_of(1, 2000)) == "0.1 %, 1 of 2,000"


def test_a_rate_of_nobody_has_no_answer() -> None:
    assert rate(0, 0, of="customers at the start") == nothing_to_divide("customers at the start")


def test_a_rate_under_its_minimum_has_no_answer() -> None:
    assert rate(20, 29, min_total=30) == not_enough_customers(29, 30)
    assert isinstance(rate(20, 30, min_total=30), Answer)


@pytest.mark.parametrize("counts", [(3, 2), (-1, 2)])
def test_a_count_outside_its_total_is_an_error_of_the_caller(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="between 0 and its total"):
        rate(*counts)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_is_a_share_not_a_percentage(level: float) -> None:
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        rate_of(1, 2, level)
