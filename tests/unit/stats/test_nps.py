from __future__ import annotations

import pytest

from tenure.stats.nps import (
    CES_SCALE,
    CSAT_SCALE,
    NpsCounts,
    Scale,
    WeightedSums,
    mean_score,
    net_promoter_score,
    nps_difference,
    weighted_net_promoter_score,
)
from tenure.stats.result import Answer, NoAnswer, Reason


def test_scores_fall_into_promoters_passives_and_detractors() -> None:
    assert NpsCounts.of_scores({0: 1, 6: 2, 7: 3, 8: 4, 9: 5, 10: 6}) == NpsCounts(11, 7, 3)


@pytest.mark.parametrize("score", [-1, 11])
def test_a_score_outside_zero_to_ten_is_refused(score: int) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        NpsCounts.of_scores({score: 1})


def test_under_the_minimum_there_are_not_enough_answers() -> None:
    missing = net_promoter_score(NpsCounts(99, 0, 0), min_answers=100)
    assert isinstance(missing, NoAnswer)
    assert (missing.reason, missing.have, missing.need) == (Reason.NOT_ENOUGH_ANSWERS, 99, 100)
    assert isinstance(net_promoter_score(NpsCounts(100, 0, 0), min_answers=100), Answer)


def test_without_any_answer_there_is_none_even_when_none_is_asked_for() -> None:
    assert isinstance(net_promoter_score(NpsCounts(0, 0, 0), min_answers=0), NoAnswer)


def test_a_single_promoter_lies_in_a_wide_interval() -> None:
    found = net_promoter_score(NpsCounts(1, 0, 0), min_answers=1)
    assert isinstance(found, Answer)
    assert found.value.interval.high == 100
    assert found.value.interval.low < 0


def test_one_large_account_outweighs_many_small_ones_and_widens_the_interval() -> None:
    accounts = [(1.0, 1.0)] * 99 + [(901.0, -1.0)]
    found = weighted_net_promoter_score(sums_of(accounts), answers=100, min_answers=100)
    plain = weighted_net_promoter_score(
        sums_of([(1.0, x) for _, x in accounts]), answers=100, min_answers=100
    )
    assert isinstance(found, Answer) and isinstance(plain, Answer)
    assert found.value.value == pytest.approx(-80.2)
    assert plain.value.value == pytest.approx(98)
    assert found.value.effective_answers < 1.3
    assert found.value.interval.width > 5 * plain.value.interval.width


def sums_of(rows: list[tuple[float, float]]) -> WeightedSums:
    total = WeightedSums(0, 0, 0, 0, 0, 0)
    for w, x in rows:
        total = total + WeightedSums(1, w, w * x, w * w, w * w * x, w * w * x * x)
    return total


def test_accounts_without_any_revenue_have_no_revenue_weighted_score() -> None:
    missing = weighted_net_promoter_score(sums_of([(0.0, 1.0)] * 5), answers=5, min_answers=1)
    assert isinstance(missing, NoAnswer) and missing.reason is Reason.NOTHING_TO_DIVIDE


def test_a_drop_is_judged_only_with_enough_answers_on_both_sides() -> None:
    missing = nps_difference(NpsCounts(200, 0, 0), NpsCounts(0, 40, 0), min_answers=100)
    assert isinstance(missing, NoAnswer) and missing.have == 40


def test_a_difference_of_few_answers_says_that_it_is_adjusted() -> None:
    few = nps_difference(NpsCounts(9, 1, 0), NpsCounts(5, 3, 2), min_answers=5)
    many = nps_difference(NpsCounts(90, 10, 0), NpsCounts(50, 30, 20), min_answers=5)
    assert isinstance(few, Answer) and isinstance(many, Answer)
    assert (few.value.interval.method, many.value.interval.method) == ("adjusted Wald", "Wald")
    assert few.value.value == pytest.approx(60) and many.value.value == pytest.approx(60)


def test_two_unanimous_windows_do_not_differ_and_two_opposite_ones_do() -> None:
    same = nps_difference(NpsCounts(100, 0, 0), NpsCounts(100, 0, 0), min_answers=1)
    opposite = nps_difference(NpsCounts(100, 0, 0), NpsCounts(0, 0, 100), min_answers=1)
    assert isinstance(same, Answer) and isinstance(opposite, Answer)
    assert (same.value.p_value, opposite.value.p_value) == (1.0, 0.0)


def test_csat_and_ces_keep_their_own_units() -> None:
    stars = mean_score(4, 18, 82, CSAT_SCALE)
    effort = mean_score(2, 14, 98, CES_SCALE)
    assert isinstance(stars, Answer) and isinstance(effort, Answer)
    assert stars.value.value == 4.5 and 1 <= stars.value.interval.low < 4.5
    assert effort.value.value == 7 and effort.value.interval.high == 7


def test_a_mean_under_the_minimum_has_no_answer() -> None:
    assert isinstance(mean_score(9, 40, 180, CSAT_SCALE, min_answers=10), NoAnswer)


def test_answers_outside_their_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="outside their scale"):
        mean_score(2, 14, 98, CSAT_SCALE)
    with pytest.raises(ValueError, match="low end"):
        Scale(5, 1)
