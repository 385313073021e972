"""Rates, NPS, money and rounding over random counts, against statsmodels and exact arithmetic."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from tenure.stats.nps import (
    CSAT_SCALE,
    NpsCounts,
    WeightedSums,
    mean_score,
    net_promoter_score,
    nps_difference,
    weighted_net_promoter_score,
)
from tenure.stats.proportions import difference_of_rates, rate_of, relative_difference
from tenure.stats.result import Answer, Outcome
from tenure.stats.retention import cohort_retention
from tenure.stats.revenue import MoneyMoments, Waterfall, revenue_retention
from tenure.stats.rounding import round_half_up_tenth, round_half_up_tenth_of_ratio
from tenure.stats.trend import DayValue, trend


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    total = draw(st.integers(1, 400))
    return draw(st.integers(0, total)), total


def answered(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


@given(shares(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_equals_statsmodels_and_holds_the_share(share: tuple[int, int], level: float) -> None:
    found = rate_of(*share, level)
    low, high = proportion_confint(*share, alpha=1 - level, method="wilson")
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1e-9)
    assert found.interval.contains(found.value) and found.interval.width > 0


@given(shares(), shares())
@settings(deadline=None)
def test_differences_of_rates_equal_statsmodels(one: tuple[int, int], other: tuple[int, int]) -> None:
    treated, control = rate_of(*one), rate_of(*other)
    found = difference_of_rates(treated, control)
    low, high = confint_proportions_2indep(*one, *other, method="newcomb")
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1e-9)
    assert found.interval.contains(found.value)
    if 0 < one[0] + other[0] < one[1] + other[1]:
        expected = proportions_ztest([one[0], other[0]], [one[1], other[1]])[1]
        assert found.p_value == pytest.approx(expected, abs=1e-10)
    back = difference_of_rates(control, treated)
    assert back.value == -found.value and back.p_value == pytest.approx(found.p_value)


@given(shares(), shares())
def test_a_relative_difference_lies_in_its_interval(one: tuple[int, int], other: tuple[int, int]) -> None:
    found = relative_difference(rate_of(*one), rate_of(*other))
    if other[0] == 0:
        assert not isinstance(found, Answer)
    else:
        assert answered(found).interval.contains(answered(found).value)
        assert answered(found).interval.low >= -1
        assert answered(found).interval.width > 0


nps_counts = st.builds(NpsCounts, st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)).filter(
    lambda counts: counts.total > 0
)


@given(nps_counts, st.sampled_from([0.5, 0.95, 0.99]))
def test_an_nps_lies_in_its_interval_and_mirrors(counts: NpsCounts, level: float) -> None:
    found = answered(net_promoter_score(counts, min_answers=1, level=level))
    mirrored = NpsCounts(counts.detractors, counts.passives, counts.promoters)
    back = answered(net_promoter_score(mirrored, min_answers=1, level=level))
    assert found.interval.contains(found.value)
    assert -100 <= found.interval.low < found.interval.high <= 100
    assert back.value == pytest.approx(-found.value)
    assert back.interval.low == pytest.approx(-found.interval.high)


@given(nps_counts, nps_counts)
def test_a_difference_of_two_nps_lies_in_its_interval(now: NpsCounts, before: NpsCounts) -> None:
    found = answered(nps_difference(now, before, min_answers=1))
    assert found.interval.contains(found.value) and 0 <= found.p_value <= 1


def sums_of(rows: list[tuple[float, float]]) -> WeightedSums:
    w, x = np.array(rows, dtype=np.float64).T
    return WeightedSums(
        len(rows), w.sum(), (w * x).sum(), (w * w).sum(), (w * w * x).sum(), (w * w * x * x).sum()
    )


weighted_rows = st.lists(st.tuples(st.integers(1, 10**9), st.floats(-1, 1)), min_size=1, max_size=40)


@given(weighted_rows, st.integers(1, 1000))
def test_a_weighted_nps_does_not_depend_on_the_unit_of_the_weights(
    rows: list[tuple[int, float]], factor: int
) -> None:
    one = answered(weighted_net_promoter_score(sums_of(rows), answers=len(rows), min_answers=1))
    scaled = sums_of([(w * factor, x) for w, x in rows])
    other = answered(weighted_net_promoter_score(scaled, answers=len(rows), min_answers=1))
    assert one.value == pytest.approx(np.average([x for _, x in rows], weights=[w for w, _ in rows]) * 100)
    assert other.interval.low == pytest.approx(one.interval.low, abs=1e-4)
    assert one.interval.contains(one.value)
    assert one.effective_answers <= len(rows) + 1e-6


@given(nps_counts, st.integers(1, 10**9))
def test_equal_weights_give_the_unweighted_interval(counts: NpsCounts, weight: int) -> None:
    rows = [(weight, 1.0)] * counts.promoters + [(weight, 0.0)] * counts.passives
    rows += [(weight, -1.0)] * counts.detractors
    weighted = weighted_net_promoter_score(sums_of(rows), answers=counts.total, min_answers=1)
    plain = answered(net_promoter_score(counts, min_answers=1)).interval
    assert answered(weighted).interval.low == pytest.approx(plain.low, abs=1e-4)
    assert answered(weighted).interval.high == pytest.approx(plain.high, abs=1e-4)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=80))
def test_a_mean_of_stars_lies_in_its_interval(stars: list[int]) -> None:
    found = answered(mean_score(len(stars), sum(stars), sum(s * s for s in stars), CSAT_SCALE))
    assert found.value == pytest.approx(np.mean(stars))
    assert found.interval.contains(found.value) and found.interval.width > 0
    assert found.interval.low >= 1 and found.interval.high <= 5


def test_a_mean_of_many_stars_has_the_usual_interval() -> None:
    stars = np.random.default_rng(3).integers(1, 6, 20_000)
    found = answered(mean_score(len(stars), int(stars.sum()), int((stars**2).sum()), CSAT_SCALE))
    half = 1.959963984540054 * stars.std() / math.sqrt(len(stars))
    assert found.interval.width == pytest.approx(2 * half, rel=1e-3)


@given(st.integers(0, 10**7), st.integers(1, 10**4))
def test_the_exact_rounding_is_half_up(numerator: int, denominator: int) -> None:
    rounded = Fraction(math.floor(Fraction(numerator, denominator) * 10 + Fraction(1, 2)), 10)
    assert round_half_up_tenth_of_ratio(numerator, denominator) == float(rounded)


@given(st.integers(0, 10_000))
def test_scores_of_two_decimals_round_as_on_paper(hundredths: int) -> None:
    paper = (Decimal(hundredths) / 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert round_half_up_tenth(hundredths / 100) == float(paper)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9)), min_size=2, max_size=30))
def test_revenue_retention_equals_the_customers_one_by_one(pairs: list[tuple[int, int]]) -> None:
    start, end = sum(s for s, _ in pairs), sum(e for _, e in pairs)
    waterfall = Waterfall(
        start_cents=start,
        new_cents=0,
        expansion_cents=sum(max(0, e - s) for s, e in pairs),
        contraction_cents=sum(s - e for s, e in pairs if 0 < e < s),
        churn_cents=sum(s for s, e in pairs if e == 0),
        reactivation_cents=0,
        start_customers=len(pairs),
        churned_customers=sum(e == 0 for _, e in pairs),
    )
    assert waterfall.end_cents == end
    kept = [(s, min(s, e)) for s, e in pairs]
    gross, net = moments_of(kept), moments_of(pairs)
    found = answered(revenue_retention(waterfall, gross_moments=gross, net_moments=net))
    assert found.net.cents == end and found.gross.cents == sum(k for _, k in kept)
    for one in (found.gross, found.net, found.revenue_churn):
        assert one.interval is None or one.interval.contains(one.value)
    assert 0 <= found.gross.value <= 1 and found.gross.value <= found.net.value


def moments_of(pairs: list[tuple[int, int]]) -> MoneyMoments:
    return MoneyMoments(
        len(pairs),
        sum(s for s, _ in pairs),
        sum(k for _, k in pairs),
        sum(s * s for s, _ in pairs),
        sum(s * k for s, k in pairs),
        sum(k * k for _, k in pairs),
    )


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=40))
def test_rolling_retention_never_rises_and_is_never_under_classic(activity: list[list[bool]]) -> None:
    active = [sum(row[k] for row in activity) for k in range(6)]
    last = [sum(row[k] and not any(row[k + 1 :]) for row in activity) for k in range(6)]
    found = cohort_retention(len(activity), active, last, ended=6)
    rolling = [answered(one).count for one in found.rolling]
    classic = [answered(one).count for one in found.classic]
    assert rolling == [sum(any(row[k:]) for row in activity) for k in range(6)]
    assert all(after <= before for before, after in pairwise(rolling))
    assert all(c <= r for c, r in zip(classic, rolling, strict=True))


@given(st.lists(st.integers(0, 1000), min_size=7, max_size=28).filter(lambda tenths: len(set(tenths)) > 1))
def test_the_slope_equals_scipy_and_its_interval_is_never_narrower(tenths: list[int]) -> None:
    heights = [one / 10 for one in tenths]
    found = answered(trend([DayValue(20_000 + i, h) for i, h in enumerate(heights)]))
    oracle = scipy_stats.linregress(range(len(heights)), heights)
    assert found.slope_per_day == pytest.approx(oracle.slope, abs=1e-9)
    plain = scipy_stats.t.ppf(0.975, len(heights) - 2) * oracle.stderr
    assert found.interval.width >= 2 * plain * (1 - 1e-6) - 1e-9
