"""Survival against lifelines = scikit-survival = statsmodels, from shared data golden/survival.json."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

from tenure.stats.logrank import log_rank
from tenure.stats.result import Answer, NoAnswer, Outcome, Reason
from tenure.stats.survival import Lifetimes, SurvivalCurve, TenureCount, kaplan_meier

MODULE_LENGTHS = {
    # days of every run, courses.csv of the Open University Learning Analytics data set
    "AAA-2013J": 268, "AAA-2014J": 269, "BBB-2013J": 268, "BBB-2014J": 262, "BBB-2013B": 240,
    "BBB-2014B": 234, "CCC-2014J": 269, "CCC-2014B": 241, "DDD-2013J": 261, "DDD-2014J": 262,
    "DDD-2013B": 240, "DDD-2014B": 241, "EEE-2013J": 268, "EEE-2014J": 269, "EEE-2014B": 241,
    "FFF-2013J": 268, "FFF-2014J": 269, "FFF-2013B": 240, "FFF-2014B": 241, "GGG-2013J": 261,
    "GGG-2014J": 269, "GGG-2014B": 241,
}  # fmt: skip


def answered(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


def curve_of(lifetimes: Lifetimes) -> SurvivalCurve:
    curve = answered(kaplan_meier(lifetimes))
    assert isinstance(curve, SurvivalCurve)
    return curve


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "data/golden/survival.json").read_text())


@pytest.fixture(scope="module")
def telco(shared: Path) -> list[dict[str, str]]:
    with (shared / "data/telco/wa_churn.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def oulad(shared: Path) -> dict[str, Lifetimes]:
    """Tenures by module: everybody not unregistered on or before day 0, censored at the end of the run."""
    rows: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    with (shared / "data/oulad/registrations_all_runs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            length = MODULE_LENGTHS[f"{row['code_module']}-{row['code_presentation']}"]
            left = row["date_unregistration"]
            if not left or float(left) > length:  # one registration ended after its run did
                rows[row["code_module"]].append((length, False))
            elif float(left) > 0:
                rows[row["code_module"]].append((float(left), True))
    return {module: Lifetimes.from_individuals(*zip(*found, strict=True)) for module, found in rows.items()}


def lifetimes_of(rows: list[dict[str, str]]) -> Lifetimes:
    return Lifetimes.from_individuals([int(r["tenure"]) for r in rows], [r["churn"] == "Yes" for r in rows])


def merged(groups: dict[str, Lifetimes]) -> Lifetimes:
    return Lifetimes.of(
        TenureCount(*row)
        for one in groups.values()
        for row in zip(one.durations, one.churned, one.censored, strict=True)
    )


def split(rows: list[dict[str, str]], column: str) -> dict[str, Lifetimes]:
    return {
        value: lifetimes_of([r for r in rows if r[column] == value])
        for value in sorted({r[column] for r in rows})
    }


def test_every_telco_point_equals_the_golden_value(
    golden: dict[str, Any], telco: list[dict[str, str]]
) -> None:
    curve = curve_of(lifetimes_of(telco))
    assert (curve.customers, curve.churned) == (7043, 1869)
    for month, expected in golden["telco"]["km"].items():
        point = answered(curve.at(int(month)))
        assert point.survival == pytest.approx(expected["km"], abs=1e-10)
        assert (point.interval.low, point.interval.high) == pytest.approx(expected["ci95_loglog"], abs=1e-8)
        assert point.at_risk == expected["at_risk"]
        assert point.cumulative_hazard == pytest.approx(expected["na_cumhaz"], abs=1e-10)
        assert point.standard_error == pytest.approx(expected["greenwood_se_statsmodels"], abs=1e-10)


def test_the_telco_median_is_not_reached(golden: dict[str, Any], telco: list[dict[str, str]]) -> None:
    assert golden["telco"]["median"] == "inf"
    median = curve_of(lifetimes_of(telco)).median()
    assert isinstance(median, NoAnswer) and median.reason is Reason.NOT_MATURE_YET


def test_the_median_of_monthly_contracts_and_its_interval_equal_lifelines(
    telco: list[dict[str, str]],
) -> None:
    monthly = [r for r in telco if r["contract"] == "Month-to-month"]
    oracle = KaplanMeierFitter().fit(
        [int(r["tenure"]) for r in monthly], [r["churn"] == "Yes" for r in monthly]
    )
    ends = median_survival_times(oracle.confidence_interval_).iloc[0]
    found = answered(curve_of(lifetimes_of(monthly)).median())
    assert found.days == oracle.median_survival_time_
    assert (found.low_days, found.high_days) == (ends.iloc[0], ends.iloc[1])


@pytest.mark.parametrize("horizon", [12, 72])
def test_the_restricted_mean_equals_the_golden_value(
    horizon: int, golden: dict[str, Any], telco: list[dict[str, str]]
) -> None:
    found = answered(curve_of(lifetimes_of(telco)).restricted_mean(horizon))
    assert found.days == pytest.approx(golden["telco"][f"rmst_{horizon}"], abs=1e-9)
    assert found.interval.contains(found.days)


def test_every_contract_curve_equals_the_golden_value(
    golden: dict[str, Any], telco: list[dict[str, str]]
) -> None:
    for contract, lifetimes in split(telco, "contract").items():
        expected = dict(golden["telco"]["by_contract"][contract])
        curve = curve_of(lifetimes)
        assert (curve.customers, curve.churned) == (expected.pop("n"), expected.pop("events"))
        for month, survival in expected.items():
            assert answered(curve.at(int(month))).survival == pytest.approx(survival, abs=1e-10)


def test_log_rank_between_contracts_and_ages_equals_the_golden_value(
    golden: dict[str, Any], telco: list[dict[str, str]]
) -> None:
    contract = answered(log_rank(split(telco, "contract")))
    assert contract.statistic == pytest.approx(golden["telco"]["logrank_contract"]["chi2"], abs=1e-6)
    assert contract.degrees == golden["telco"]["logrank_contract"]["df"]
    assert contract.p_value == pytest.approx(0.0, abs=1e-300)
    senior = answered(log_rank(split(telco, "senior_citizen")))
    assert senior.statistic == pytest.approx(golden["telco"]["logrank_senior"]["chi2"], abs=1e-8)
    assert senior.p_value == pytest.approx(golden["telco"]["logrank_senior"]["p"], rel=1e-9)


def test_customers_seen_late_are_at_risk_only_from_then(
    golden: dict[str, Any], telco: list[dict[str, str]]
) -> None:
    tenure = np.array([int(r["tenure"]) for r in telco])
    curve = curve_of(Lifetimes.from_individuals(tenure, [r["churn"] == "Yes" for r in telco], tenure // 2))
    for month, survival in golden["telco"]["km_left_truncated_entry_floor_half"].items():
        assert answered(curve.at(int(month))).survival == pytest.approx(survival, abs=1e-10)


def test_every_oulad_point_equals_the_golden_value(
    golden: dict[str, Any], oulad: dict[str, Lifetimes]
) -> None:
    curve = curve_of(merged(oulad))
    assert (curve.customers, curve.churned) == (golden["oulad"]["n"], golden["oulad"]["events"])
    for day, survival in golden["oulad"]["km"].items():
        assert answered(curve.at(int(day))).survival == pytest.approx(survival, abs=1e-10)


def test_the_oulad_modules_equal_the_golden_values(
    golden: dict[str, Any], oulad: dict[str, Lifetimes]
) -> None:
    for module, survival in golden["oulad"]["by_module_km_120"].items():
        assert answered(curve_of(oulad[module]).at(120)).survival == pytest.approx(survival, abs=1e-10)
    test = answered(log_rank(oulad))
    assert test.statistic == pytest.approx(golden["oulad"]["logrank_module"]["chi2"], abs=1e-6)
    assert test.degrees == golden["oulad"]["logrank_module"]["df"]
