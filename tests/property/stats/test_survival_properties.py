"""Survival of random customers: equal to lifelines, equal however the rows are aggregated."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter, NelsonAalenFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times, restricted_mean_survival_time

from tenure.stats.logrank import log_rank
from tenure.stats.result import Answer, Outcome
from tenure.stats.survival import Lifetimes, SurvivalCurve, TenureCount, kaplan_meier

people = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


def answered(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


def lifetimes_of(rows: list[tuple[int, bool]]) -> Lifetimes:
    return Lifetimes.from_individuals([d for d, _ in rows], [c for _, c in rows])


def curve_of(rows: list[tuple[int, bool]]) -> SurvivalCurve:
    curve = answered(kaplan_meier(lifetimes_of(rows)))
    assert isinstance(curve, SurvivalCurve)
    return curve


@given(people)
def test_the_curve_never_rises_and_holds_its_points(rows: list[tuple[int, bool]]) -> None:
    points = curve_of(rows).points
    heights = [1.0, *(point.survival for point in points)]
    assert all(after <= before for before, after in pairwise(heights))
    assert all(point.interval.contains(point.survival) for point in points)
    assert all(point.interval.low >= 0 and point.interval.high <= 1 for point in points)
    assert all(point.interval.width > 0 for point in points)


@given(people, st.randoms(use_true_random=False))
def test_aggregated_rows_equal_expanded_rows(rows: list[tuple[int, bool]], chance: Any) -> None:
    counts = [TenureCount(days, int(churned), int(not churned)) for days, churned in rows]
    chance.shuffle(counts)
    assert Lifetimes.of(counts) == lifetimes_of(rows)


@given(people)
@settings(max_examples=25, deadline=None)
def test_curve_interval_and_hazard_equal_lifelines(rows: list[tuple[int, bool]]) -> None:
    days, churned = [d for d, _ in rows], [c for _, c in rows]
    oracle = KaplanMeierFitter().fit(days, churned)
    hazard = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(days, churned).cumulative_hazard_.iloc[:, 0]
    for point in curve_of(rows).points:
        low, high = oracle.confidence_interval_.loc[point.duration_days]
        assert point.survival == pytest.approx(oracle.predict(point.duration_days), abs=1e-12)
        assert point.at_risk == oracle.event_table.loc[point.duration_days, "at_risk"]
        assert point.cumulative_hazard == pytest.approx(hazard.loc[point.duration_days], abs=1e-12)
        if 1e-12 < point.survival < 1:
            assert (point.interval.low, point.interval.high) == pytest.approx((low, high), abs=1e-9)


@given(people)
@settings(max_examples=25, deadline=None)
def test_median_and_restricted_mean_equal_lifelines(rows: list[tuple[int, bool]]) -> None:
    curve = curve_of(rows)
    oracle = KaplanMeierFitter().fit([d for d, _ in rows], [c for _, c in rows])
    assume(all(abs(point.survival - 0.5) > 1e-9 for point in curve.points))  # lifelines takes 0.5 for more
    median = curve.median().or_none()
    assert (math.inf if median is None else median.days) == median_survival_times(oracle)
    horizon = curve.points[-1].duration_days
    assume(horizon > 0)
    expected = restricted_mean_survival_time(oracle, t=horizon)
    assert answered(curve.restricted_mean(horizon)).days == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.integers(0, 29)), min_size=3, max_size=50))
@settings(max_examples=25, deadline=None)
def test_late_entries_equal_lifelines(rows: list[tuple[int, bool, int]]) -> None:
    rows = [*rows, (31, False, 0)]  # lifelines refuses where nobody is at risk
    days, churned = [d for d, _, _ in rows], [c for _, c, _ in rows]
    entries = [min(e, d - 1) for d, _, e in rows]
    oracle = KaplanMeierFitter().fit(days, churned, entry=entries)
    for point in answered(kaplan_meier(Lifetimes.from_individuals(days, churned, entries))).points:
        assert point.survival == pytest.approx(oracle.predict(point.duration_days), abs=1e-12)


@given(st.lists(people, min_size=2, max_size=4))
@settings(max_examples=30, deadline=None)
def test_log_rank_equals_lifelines(groups: list[list[tuple[int, bool]]]) -> None:
    found = log_rank({str(i): lifetimes_of(rows) for i, rows in enumerate(groups)})
    assume(isinstance(found, Answer) and found.value.degrees == len(groups) - 1)
    rows = [(d, i, c) for i, group in enumerate(groups) for d, c in group]
    oracle = multivariate_logrank_test(*(np.array(column) for column in zip(*rows, strict=True)))
    assert answered(found).statistic == pytest.approx(oracle.test_statistic, rel=1e-6, abs=1e-9)
    assert sum(g.expected for g in answered(found).groups) == pytest.approx(
        sum(g.observed for g in answered(found).groups)
    )


@given(people)
def test_a_group_does_not_differ_from_its_copy(rows: list[tuple[int, bool]]) -> None:
    found = log_rank({"one": lifetimes_of(rows), "other": lifetimes_of(rows)})
    assume(isinstance(found, Answer))
    assert answered(found).statistic == pytest.approx(0, abs=1e-12)
    assert answered(found).p_value == pytest.approx(1)
