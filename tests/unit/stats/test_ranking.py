from __future__ import annotations

import math

import numpy as np
import pytest

from tenure.stats.calibration import calibration, equal_count_edges, equal_width_edges
from tenure.stats.ranking import RiskCounts, auc, average_precision, confusion_at, lift
from tenure.stats.result import Answer, NoAnswer, Reason

SPLIT = RiskCounts.from_counts([0.1, 0.2, 0.8, 0.9], [0, 0, 5, 5], [45, 45, 0, 0])


def test_a_perfect_ranking_is_one_and_not_certain() -> None:
    found = auc(SPLIT)
    assert isinstance(found, Answer)
    assert found.value.value == 1.0
    assert 0.5 < found.value.interval.low < 0.8
    assert (found.value.left, found.value.stayed) == (10, 90)


def test_one_risk_for_all_ranks_nothing() -> None:
    found = auc(RiskCounts.from_arrays([0.5] * 6, [True, True, True, False, False, False]))
    assert isinstance(found, Answer) and found.value.value == 0.5


def test_ties_count_half() -> None:
    """By hand: 2 beats 1 and ties 2, 3 beats 1 and 2 and ties 3, 4 beats all."""
    found = auc(RiskCounts.from_arrays([2, 3, 4, 1, 2, 3], [True] * 3 + [False] * 3))
    assert isinstance(found, Answer) and found.value.value == pytest.approx((1.5 + 2.5 + 3) / 9)


@pytest.mark.parametrize("left", [0, 1])
def test_with_fewer_than_two_who_left_there_is_no_auc(left: int) -> None:
    missing = auc(RiskCounts.from_counts([0.1, 0.9], [0, left], [50, 0]))
    assert isinstance(missing, NoAnswer)
    assert missing.reason is (Reason.NOT_ENOUGH_CUSTOMERS if left else Reason.ONE_SIDED)


def test_nobody_at_all_is_not_one_sided_but_too_few() -> None:
    missing = lift(RiskCounts.from_arrays([], []), seed=1)
    assert isinstance(missing, NoAnswer) and missing.reason is Reason.NOT_ENOUGH_CUSTOMERS


def test_the_worst_tenth_of_a_perfect_ranking_holds_all_ten_times_over() -> None:
    found = lift(SPLIT, seed=1)
    assert isinstance(found, Answer) and found.value.value == pytest.approx(10)


def test_ties_at_the_border_of_the_worst_tenth_count_by_share() -> None:
    tied = RiskCounts.from_counts([0, 1], [0, 10], [50, 40])
    found = lift(tied, seed=1)
    assert isinstance(found, Answer) and found.value.value == pytest.approx(2)
    with pytest.raises(ValueError, match="worst share"):
        lift(tied, seed=1, worst_share=0)


def test_the_same_seed_gives_the_same_interval() -> None:
    counts = RiskCounts.from_counts([1, 2, 3], [1, 3, 6], [30, 20, 10])
    once, again, other = (average_precision(counts, seed=seed) for seed in (5, 5, 6))
    assert once == again and once != other


def test_calling_everybody_under_forty_leaves_out_forty_itself() -> None:
    counts = RiskCounts.from_arrays([-39.9, -40.0, -75.0], [True, True, False])
    found = confusion_at(counts, math.nextafter(-40, 0))
    assert (found.called_and_left, found.called_and_stayed, found.missed, found.rightly_quiet) == (1, 0, 1, 1)
    precision, recall, alarms = found.precision(), found.recall(), found.false_alarm_rate()
    assert isinstance(precision, Answer) and isinstance(recall, Answer) and isinstance(alarms, Answer)
    assert (precision.value.value, recall.value.value, alarms.value.value) == (1.0, 0.5, 0.0)


def test_precision_of_no_call_has_nothing_to_divide() -> None:
    missing = confusion_at(SPLIT, 2.0).precision()
    assert isinstance(missing, NoAnswer) and missing.reason is Reason.NOTHING_TO_DIVIDE


def test_true_probabilities_are_calibrated_and_shifted_ones_are_not() -> None:
    true = RiskCounts.from_counts([0.1, 0.3], [10, 30], [90, 70])
    shifted = RiskCounts.from_counts([0.2, 0.4], [10, 30], [90, 70])
    right, wrong = calibration(true), calibration(shifted)
    assert isinstance(right, Answer) and isinstance(wrong, Answer)
    assert right.value.expected_calibration_error == pytest.approx(0)
    assert wrong.value.expected_calibration_error == pytest.approx(0.1)
    assert [(b.low, b.high) for b in right.value.bins] == [(0.1, 0.2), (0.3, 0.4)]


def test_the_last_bin_holds_certainty_too() -> None:
    found = calibration(RiskCounts.from_arrays([1.0, 0.0], [True, False]))
    assert isinstance(found, Answer)
    assert [one.observed.total for one in found.value.bins] == [1, 1]
    assert found.value.bins[-1].high == 1.0


def test_bins_of_equal_count_follow_the_customers() -> None:
    counts = RiskCounts.from_arrays(np.arange(100) / 1000, np.arange(100) % 5 == 0)
    found = calibration(counts, equal_count_edges(counts, 4))
    assert isinstance(found, Answer)
    assert [one.observed.total for one in found.value.bins] == [25, 25, 25, 25]
    assert equal_count_edges(RiskCounts.from_arrays([], [])) == (0.0, 1.0)
    assert equal_width_edges(2) == (0.0, 0.5, 1.0)


def test_calibration_refuses_what_is_no_probability_and_edges_that_do_not_rise() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        calibration(RiskCounts.from_arrays([40.0], [True]))
    with pytest.raises(ValueError, match="rise from 0 to 1"):
        calibration(SPLIT, (0.0, 0.5, 0.5, 1.0))
    assert isinstance(calibration(RiskCounts.from_arrays([], [])), NoAnswer)


@pytest.mark.parametrize(("risks", "left", "stayed"), [([math.nan], [1], [0]), ([1.0], [-1], [0])])
def test_risks_are_finite_and_counts_not_negative(
    risks: list[float], left: list[int], stayed: list[int]
) -> None:
    with pytest.raises(ValueError, match="finite"):
        RiskCounts.from_counts(risks, left, stayed)
