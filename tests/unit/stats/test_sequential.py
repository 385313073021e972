from __future__ import annotations

import numpy as np
import pytest

from tenure.stats.proportions import difference_of_rates, rate_of
from tenure.stats.result import Answer, NoAnswer
from tenure.stats.sequential import SequentialPlan, always_valid_difference, sample_ratio

PLAN = SequentialPlan(1000, 1000, 0.3)


def test_looking_every_day_seldom_finds_what_is_not_there() -> None:
    """300 experiments without effect, 40 looks each: the fixed test is fooled often, this one seldom."""
    chance, fooled, fixed_fooled = np.random.default_rng(21), 0, 0
    for _ in range(300):
        totals = np.cumsum(chance.binomial(50, 0.3, (40, 2)), axis=0)
        looks = [(rate_of(int(a), 50 * n), rate_of(int(b), 50 * n)) for n, (a, b) in enumerate(totals, 1)]
        fooled += any(not always_valid_difference(a, b, PLAN).interval.contains(0) for a, b in looks)
        fixed_fooled += any(difference_of_rates(a, b).p_value < 0.05 for a, b in looks)
    assert fooled / 300 <= 0.05
    assert fixed_fooled / 300 > 0.2


def test_a_large_effect_is_found() -> None:
    found = always_valid_difference(rate_of(400, 1000), rate_of(300, 1000), PLAN)
    assert found.value == pytest.approx(0.1)
    assert found.interval.low > 0 and found.p_value < 0.01
    back = always_valid_difference(rate_of(300, 1000), rate_of(400, 1000), PLAN)
    assert back.interval.high == pytest.approx(-found.interval.low)


def test_the_interval_leaves_zero_exactly_when_p_falls_under_five_percent() -> None:
    for treated in range(300, 400):
        found = always_valid_difference(rate_of(treated, 1000), rate_of(300, 1000), PLAN)
        assert found.interval.contains(0) == (found.p_value > 0.05)


def test_a_first_look_without_any_success_claims_nothing() -> None:
    found = always_valid_difference(rate_of(0, 3), rate_of(0, 3), PLAN)
    assert (found.interval.low, found.interval.high, found.p_value) == (-1, 1, 1)


@pytest.mark.parametrize("numbers", [(0, 10, 0.3), (10, 10, 0.0), (10, 10, 1.0)])
def test_a_plan_without_customers_or_rate_is_refused(numbers: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="a plan needs"):
        SequentialPlan(*numbers)


def test_a_ratio_follows_the_planned_weights() -> None:
    sound, broken = sample_ratio([900, 100], [0.9, 0.1]), sample_ratio([900, 100], [0.5, 0.5])
    assert isinstance(sound, Answer) and isinstance(broken, Answer)
    assert sound.value.statistic == pytest.approx(0) and not sound.value.is_broken
    assert broken.value.is_broken


def test_a_ratio_of_few_customers_is_not_judged() -> None:
    missing = sample_ratio([30, 10], [0.9, 0.1])
    assert isinstance(missing, NoAnswer) and (missing.have, missing.need) == (40, 50)


@pytest.mark.parametrize(("counts", "weights"), [([1], [1.0]), ([1, 2], [1.0]), ([1, 2], [1.0, 0.0])])
def test_a_ratio_without_a_plan_is_refused(counts: list[int], weights: list[float]) -> None:
    with pytest.raises(ValueError, match="planned weight"):
        sample_ratio(counts, weights)
