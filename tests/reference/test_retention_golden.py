"""Retention and revenue arithmetic against golden/retention_definitions.json and golden/saas_retention.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tenure.stats.result import Answer, Outcome
from tenure.stats.retention import cohort_retention
from tenure.stats.revenue import Waterfall, revenue_retention, ties_to_ledger


def answered(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


@pytest.fixture(scope="module")
def definitions(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "data/golden/retention_definitions.json").read_text())


@pytest.fixture(scope="module")
def active_days(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """Distinct customer and day of activity in the two OULAD runs."""
    table = pq.read_table(shared / "data/oulad/events.parquet", columns=["customer_id", "date"])
    table = table.group_by(["customer_id", "date"]).aggregate([])
    days = table["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return table["customer_id"].to_numpy(zero_copy_only=False).astype(str), days


@pytest.mark.parametrize("run", ["AAA-2013J", "BBB-2013B"])
@pytest.mark.parametrize("day", [1, 7, 14, 28, 60, 90, 180])
def test_classic_and_rolling_day_retention_of_real_people(
    run: str, day: int, definitions: dict[str, Any], active_days: tuple[np.ndarray, np.ndarray]
) -> None:
    expected = definitions[f"OULAD {run}"][f"day{day}"]
    customers, days = active_days
    of_run = np.char.startswith(customers, run)
    _, place = np.unique(customers[of_run], return_inverse=True)
    seen = days[of_run]
    first, last = np.full(place.max() + 1, 10**6), np.zeros(place.max() + 1, dtype=np.int64)
    np.minimum.at(first, place, seen)
    np.maximum.at(last, place, seen)
    assert len(first) == definitions[f"OULAD {run}"]["students"]
    eligible = first + day <= seen.max()
    assert eligible.sum() == expected["eligible"]
    counted = eligible[place]
    offsets = (seen - first[place])[counted]
    active = np.bincount(offsets, minlength=400)
    final = np.bincount((last - first)[eligible], minlength=400)
    cohort = cohort_retention(int(eligible.sum()), active.tolist(), final.tolist(), ended=400)
    classic, rolling = answered(cohort.classic[day]), answered(cohort.rolling[day])
    assert (classic.count, rolling.count) == (expected["classic"], expected["unbounded"])
    assert classic.value == pytest.approx(expected["classic_rate"], abs=1e-8)
    assert rolling.value == pytest.approx(expected["unbounded_rate"], abs=1e-8)


PERIODS = ["2022-06-01..2022-07-01", "2022-12-01..2023-01-01", "2022-03-01..2023-03-01"]


@pytest.mark.parametrize("period", PERIODS)
def test_saas_revenue_retention_from_the_sums_of_the_period(period: str, shared: Path) -> None:
    golden = json.loads((shared / "data/golden/saas_retention.json").read_text())["crm5_reset"][period]
    sums = {
        name: round(100 * golden["waterfall"][name]) for name in ("start_mrr", "expansion", "contraction")
    }
    waterfall = Waterfall(
        start_cents=sums["start_mrr"],
        new_cents=round(100 * golden["waterfall"]["new_or_returning_mrr"]),
        expansion_cents=sums["expansion"],
        contraction_cents=sums["contraction"],
        churn_cents=round(100 * golden["waterfall"]["churned"]),
        reactivation_cents=0,
        start_customers=golden["waterfall"]["start_accounts"],
        churned_customers=int(golden["account_churn"]["n_churn"]),
    )
    found = answered(revenue_retention(waterfall))
    assert found.net.value == pytest.approx(golden["waterfall"]["NRR"], abs=1e-10)
    assert found.gross.value == pytest.approx(golden["waterfall"]["GRR"], abs=1e-10)
    assert found.revenue_churn.value == pytest.approx(golden["mrr_churn"]["mrr_churn_rate"], abs=1e-10)
    assert found.customers.value == pytest.approx(golden["account_churn"]["retention_rate"], abs=1e-10)
    assert waterfall.kept_cents == round(100 * golden["waterfall"]["end_mrr_of_start_accounts"])
    ledger = waterfall.kept_cents + round(100 * golden["waterfall"]["new_or_returning_mrr"])
    assert answered(ties_to_ledger(waterfall, ledger)) is waterfall
