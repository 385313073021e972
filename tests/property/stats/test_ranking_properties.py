"""Rankings of random customers: equal to scikit-learn, mirrored when the risk is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, roc_auc_score

from tenure.stats.calibration import calibration, equal_count_edges
from tenure.stats.ranking import RiskCounts, auc, average_precision, confusion_at, lift
from tenure.stats.result import Answer, Outcome


@st.composite
def customers(draw: st.DrawFn) -> tuple[list[float], list[bool]]:
    """Tied risks and at least two who left and two who stayed."""
    tenths = st.integers(0, 10).map(lambda n: n / 10)
    left = draw(st.lists(tenths, min_size=2, max_size=30))
    stayed = draw(st.lists(tenths, min_size=2, max_size=30))
    return left + stayed, [True] * len(left) + [False] * len(stayed)


def answered(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


@given(customers())
def test_auc_equals_scikit_learn_and_mirrors(rows: tuple[list[float], list[bool]]) -> None:
    risks, left = rows
    found = answered(auc(RiskCounts.from_arrays(risks, left)))
    mirrored = answered(auc(RiskCounts.from_arrays([-r for r in risks], left)))
    assert found.value == pytest.approx(roc_auc_score(left, risks), abs=1e-12)
    assert mirrored.value == pytest.approx(1 - found.value, abs=1e-12)
    assert mirrored.interval.low == pytest.approx(1 - found.interval.high, abs=1e-9)
    assert found.interval.contains(found.value)


@given(customers())
def test_delong_variance_equals_the_pairwise_definition(rows: tuple[list[float], list[bool]]) -> None:
    risks, left = np.array(rows[0]), np.array(rows[1])
    gap = risks[left][:, None] - risks[~left][None, :]
    wins = (gap > 0) + 0.5 * (gap == 0)
    expected = wins.mean(1).var(ddof=1) / left.sum() + wins.mean(0).var(ddof=1) / (~left).sum()
    value = wins.mean()
    interval = answered(auc(RiskCounts.from_arrays(risks, left))).interval
    if 0 < value < 1:
        half = 1.959963984540054 * np.sqrt(expected) / (value * (1 - value))
        high = 1 / (1 + np.exp(-(np.log(value / (1 - value)) + half)))
        assert interval.high == pytest.approx(high, abs=1e-9)


@given(customers())
@settings(max_examples=40, deadline=None)
def test_average_precision_and_lift_equal_their_oracles(rows: tuple[list[float], list[bool]]) -> None:
    risks, left = rows
    counts = RiskCounts.from_arrays(risks, left)
    found = answered(average_precision(counts, seed=1, resamples=20))
    assert found.value == pytest.approx(average_precision_score(left, risks), abs=1e-12)
    assert found.interval.contains(found.value)
    everyone = answered(lift(counts, seed=1, worst_share=1.0, resamples=5))
    assert everyone.value == pytest.approx(1)


@given(customers(), st.randoms(use_true_random=False))
def test_counts_per_risk_equal_one_row_each(rows: tuple[list[float], list[bool]], chance: Any) -> None:
    pairs = list(zip(*rows, strict=True))
    chance.shuffle(pairs)
    risks, left = zip(*pairs, strict=True)
    counted = RiskCounts.from_counts(risks, [int(x) for x in left], [int(not x) for x in left])
    assert counted == RiskCounts.from_arrays(*rows)


@given(customers(), st.integers(0, 10))
@settings(deadline=None)
def test_confusion_equals_scikit_learn(rows: tuple[list[float], list[bool]], tenths: int) -> None:
    risks, left = rows
    found = confusion_at(RiskCounts.from_arrays(risks, left), tenths / 10)
    quiet, false_alarm, missed, called = confusion_matrix(left, [r >= tenths / 10 for r in risks]).ravel()
    assert (found.rightly_quiet, found.called_and_stayed) == (quiet, false_alarm)
    assert (found.missed, found.called_and_left) == (missed, called)


@given(customers(), st.integers(1, 10))
def test_calibration_counts_everybody_once(rows: tuple[list[float], list[bool]], bins: int) -> None:
    risks, left = rows
    counts = RiskCounts.from_arrays(risks, left)
    found = answered(calibration(counts, equal_count_edges(counts, bins)))
    assert sum(one.observed.total for one in found.bins) == counts.customers
    assert sum(one.observed.count for one in found.bins) == counts.left_total
    assert found.brier_score == pytest.approx(brier_score_loss(left, risks), abs=1e-12)
    assert 0 <= found.expected_calibration_error <= 1
    one_bin = answered(calibration(counts, (0.0, 1.0)))
    assert one_bin.expected_calibration_error == pytest.approx(abs(np.mean(left) - np.mean(risks)), abs=1e-12)
