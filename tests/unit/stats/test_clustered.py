"""Rankings in which one customer stands several times."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from tenure.stats.clustered import (
    ClusteredCounts,
    auc_or_nan,
    average_precision_or_nan,
    clustered_measures,
    lift_or_nan,
)
from tenure.stats.ranking import Measured, RiskCounts, auc
from tenure.stats.result import Answer

MEASURES = {"auc": auc_or_nan, "average_precision": average_precision_or_nan, "lift": lift_or_nan}


def made_up(customers: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group, risk and outcome of invented customers; the riskier leave more often."""
    chance = np.random.default_rng(seed)
    risks = chance.integers(0, 20, customers).astype(float)
    left = chance.random(customers) < 0.05 + risks / 60
    return np.arange(customers) % 100, risks, left


def measured(groups: np.ndarray, risks: np.ndarray, left: np.ndarray, seed: int = 1) -> dict[str, Measured | None]:
    return clustered_measures(ClusteredCounts.from_columns(groups, risks, left, ~left), MEASURES, seed=seed)


def test_the_points_are_those_of_scikit_learn() -> None:
    groups, risks, left = made_up(1_000)
    found = measured(groups, risks, left)
    assert found["auc"] is not None
    assert found["average_precision"] is not None
    assert found["auc"].value == pytest.approx(roc_auc_score(left, risks))
    assert found["average_precision"].value == pytest.approx(average_precision_score(left, risks))


def test_of_independent_customers_the_interval_is_about_that_of_delong() -> None:
    groups, risks, left = made_up(4_000)
    found, known = measured(groups, risks, left)["auc"], auc(RiskCounts.from_arrays(risks, left))
    assert found is not None
    assert isinstance(known, Answer)
    assert found.interval.width == pytest.approx(known.value.interval.width, rel=0.3)


def test_counting_everybody_nine_times_does_not_make_the_interval_narrower() -> None:
    groups, risks, left = made_up(1_000)
    once = measured(groups, risks, left)["auc"]
    often = measured(np.tile(groups, 9), np.tile(risks, 9), np.tile(left, 9))["auc"]
    naive = auc(RiskCounts.from_arrays(np.tile(risks, 9), np.tile(left, 9)))
    assert once is not None
    assert often is not None
    assert isinstance(naive, Answer)
    assert often.value == pytest.approx(once.value)
    assert often.interval.width == pytest.approx(once.interval.width)
    assert naive.value.interval.width < 0.5 * often.interval.width


def test_the_same_seed_draws_the_same_interval() -> None:
    rows = made_up(500)
    assert measured(*rows) == measured(*rows)
    assert measured(*rows, seed=2) != measured(*rows)


def test_rows_of_one_group_and_risk_are_added_up() -> None:
    split = ClusteredCounts.from_columns([3, 3, 5], [1.0, 1.0, 2.0], [1, 2, 0], [0, 4, 7])
    assert split.pooled() == RiskCounts.from_counts([1.0, 2.0], [3, 0], [4, 7])
    assert split.groups == 2


def test_where_nobody_left_there_is_no_value() -> None:
    found = measured(np.array([0, 1]), np.array([1.0, 2.0]), np.array([False, False]))
    assert found == {"auc": None, "average_precision": None, "lift": None}


def test_a_risk_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        ClusteredCounts.from_columns([0], [float("nan")], [1], [0])
