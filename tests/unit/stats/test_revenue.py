from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tenure.stats.result import Answer, NoAnswer, Reason
from tenure.stats.revenue import MoneyMoments, RevenueRetention, Waterfall, revenue_retention, ties_to_ledger

MONTH = Waterfall(
    start_cents=100_000,
    new_cents=20_000,
    expansion_cents=15_000,
    contraction_cents=5_000,
    churn_cents=10_000,
    reactivation_cents=3_000,
    start_customers=50,
    churned_customers=4,
)
QUIET = Waterfall(100_000, 0, 0, 0, 0, 0, 50, 0)


def answered(waterfall: Waterfall, moments: MoneyMoments | None = None) -> RevenueRetention:
    found = revenue_retention(waterfall, gross_moments=moments, net_moments=moments)
    assert isinstance(found, Answer)
    return found.value


def test_new_and_returning_money_is_in_the_waterfall_and_not_in_nrr() -> None:
    found = answered(MONTH)
    assert (found.net.value, found.gross.value, found.revenue_churn.value) == (1.0, 0.85, 0.15)
    assert str(found.customers) == "92 %, 46 of 50"
    assert MONTH.end_cents == 123_000


def test_a_waterfall_ties_to_the_cent_or_names_the_gap() -> None:
    assert ties_to_ledger(MONTH, 123_000) == Answer(MONTH)
    gap = ties_to_ledger(MONTH, 123_001)
    assert isinstance(gap, NoAnswer) and gap.reason is Reason.DOES_NOT_TIE
    assert gap.sentence == "The waterfall ends 1 cents below the ledger."


def test_without_money_at_the_start_there_is_no_rate() -> None:
    missing = revenue_retention(Waterfall(0, 500, 0, 0, 0, 0, 0, 0))
    assert isinstance(missing, NoAnswer) and missing.reason is Reason.NOTHING_TO_DIVIDE


@pytest.mark.parametrize(
    "change",
    [{"churn_cents": -1}, {"churn_cents": 100_000}, {"churned_customers": 51}, {"churned_customers": -1}],
)
def test_an_impossible_waterfall_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        replace(MONTH, **change)


def test_a_quiet_month_of_few_customers_is_not_certainty() -> None:
    even = MoneyMoments(50, 100_000, 100_000, 50 * 2000**2, 50 * 2000**2, 50 * 2000**2)
    one_whale = MoneyMoments(50, 100_000, 100_000, 90_000**2, 90_000**2, 90_000**2)
    steady, shaky = answered(QUIET, even).gross.interval, answered(QUIET, one_whale).gross.interval
    assert steady is not None and shaky is not None
    assert steady.high == shaky.high == 1.0
    assert steady.low == pytest.approx(50 / (50 + 1.959963984540054**2))
    assert shaky.low < 0.3
    assert answered(QUIET, even).net.interval is None


def test_an_interval_of_revenue_churn_mirrors_that_of_grr() -> None:
    moments = MoneyMoments(50, 100_000, 85_000, 50 * 2000**2, 50 * 2000 * 1700, 46 * 1848**2)
    found = revenue_retention(MONTH, gross_moments=moments)
    assert isinstance(found, Answer)
    gross, churn = found.value.gross.interval, found.value.revenue_churn.interval
    assert gross is not None and churn is not None
    assert (churn.low, churn.high) == pytest.approx((1 - gross.high, 1 - gross.low))
    assert churn.contains(0.15)


def test_the_interval_covers_the_true_rate_about_as_often_as_it_says() -> None:
    chance, covered = np.random.default_rng(11), 0
    for _ in range(400):
        start = chance.integers(1_000, 20_000, 80)
        kept = np.where(chance.random(80) < 0.1, 0, start)
        moments = MoneyMoments(
            80, start.sum(), kept.sum(), (start**2).sum(), (start * kept).sum(), (kept**2).sum()
        )
        lost = int(start.sum() - kept.sum())
        waterfall = Waterfall(int(start.sum()), 0, 0, 0, lost, 0, 80, int((kept == 0).sum()))
        interval = answered(waterfall, moments).gross.interval
        covered += interval is not None and interval.contains(0.9)
    assert 0.9 <= covered / 400 <= 0.98


def test_moments_of_other_money_are_refused() -> None:
    with pytest.raises(ValueError, match="different money"):
        revenue_retention(MONTH, net_moments=MoneyMoments(50, 100_000, 99_999, 1, 1, 1))


def test_numbers_of_a_query_do_not_overflow() -> None:
    big = np.int64(2_000_000_000)
    moments = MoneyMoments(2, 2 * big, 2 * big, 10**19, 10**19, 10**19)
    assert all(type(getattr(moments, name)) is int for name in moments.__slots__)
