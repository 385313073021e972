"""The hidden side: plausible, visible in part, and equal to what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tenure.clock import DAY_US
from tenure.testing.company import Company, CompanyPlan
from tenure.testing.company.vocabulary import ALL_CAUSES

LOGINS = ["login", "Signed In"]


def moment(day: int) -> pd.Timestamp:
    return pd.Timestamp(day * DAY_US, unit="us", tz="UTC")


@pytest.fixture(scope="module")
def frames(lived: Any) -> dict[str, pd.DataFrame]:
    return {kind: lived.facts[kind].to_pandas() for kind in ("events", "tickets", "revenue")}


@pytest.fixture(scope="module")
def customers(lived: Any) -> pd.DataFrame:
    frame: pd.DataFrame = lived.facts.latest()["customers"].to_pandas()
    return frame.set_index("customer_id")


def paying(customers: pd.DataFrame, revenue: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Customers who have paid, have not left and have not asked to leave."""
    started = set(revenue[(revenue.kind == "new") & (revenue.occurred_at < now)].customer_id)
    here = customers[~((customers.churned_at < now) | (customers.cancel_requested_at < now))]
    return here[here.index.isin(started)]


def recency_days(events: pd.DataFrame, rows: pd.Index, now: pd.Timestamp) -> pd.Series:
    logins = events[events.event.isin(LOGINS) & (events.timestamp < now)]
    last = logins.groupby("customer_id").timestamp.max().reindex(rows)
    return ((now - last).dt.total_seconds() / 86_400).fillna(1e6)


def default_scores(frames: dict[str, pd.DataFrame], rows: pd.Index, now: pd.Timestamp) -> np.ndarray:
    """The default scorecard of the specification, written a second time in pandas, on purpose."""
    age = recency_days(frames["events"], rows, now)
    adopted = frames["events"].query("event == 'feature_adopted'")
    features = adopted[adopted.timestamp < now].groupby("customer_id").size().reindex(rows).fillna(0)
    states = frames["tickets"][frames["tickets"].changed_at < now].drop_duplicates("ticket_id", keep="last")
    unsolved = states[states.status != "solved"].groupby("customer_id").size().reindex(rows).fillna(0)
    engagement = np.select([age < 1, age < 7, age < 30], [40, 30, 20], 0)
    return engagement + np.maximum(0, 30 - 10 * unsolved) + np.minimum(30, 5 * features)


def test_one_to_four_percent_of_paying_customers_leave_in_a_month(frames: Any, lived: Any) -> None:
    revenue, first = frames["revenue"], lived.company.plan.first_day
    change = revenue.kind.map({"new": 1, "reactivation": 1, "churn": -1}).fillna(0)
    rates = []
    for day in range(first, first + 120, 30):
        start, end = moment(day), moment(day + 30)
        left = (
            (revenue.kind == "churn") & (revenue.occurred_at >= start) & (revenue.occurred_at < end)
        ).sum()
        rates.append(left / change[revenue.occurred_at < start].sum())
    assert 0.01 < np.mean(rates) < 0.04
    assert all(0.005 < rate < 0.05 for rate in rates)


def test_every_cause_takes_some_customers(lived: Any) -> None:
    causes = [ending.cause for ending in lived.company.truth.endings().values() if ending.cause]
    assert set(causes) == set(ALL_CAUSES)
    assert max(causes.count(cause) for cause in ALL_CAUSES) < 0.5 * len(causes)


def test_as_many_decide_to_leave_as_the_hazard_says() -> None:
    observed = expected = 0.0
    for seed in range(4):
        company = Company(CompanyPlan(seed=seed, customers=600), silent=True)
        company.history(180)
        observed += company.truth.decisions()
        expected += company.truth.expected_decisions()
    # decisions minus lived chances is a martingale whose variance is at most the sum of the chances
    assert observed > 200
    assert abs(observed - expected) < 3 * np.sqrt(expected)


def test_the_default_rule_finds_healthy_at_risk_and_critical_customers(
    frames: Any, customers: Any, lived: Any
) -> None:
    now = moment(lived.company.day)
    rows = customers[customers.status == "active"].index
    scores = default_scores(frames, rows, now)
    assert 0.5 < (scores >= 70).mean() < 0.85
    assert 0.1 < ((scores >= 40) & (scores < 70)).mean() < 0.4
    assert 0.015 < (scores < 40).mean() < 0.15
    assert 65 < scores.mean() < 85


def test_silence_tells_who_leaves_but_not_for_sure(frames: Any, customers: Any, lived: Any) -> None:
    first = lived.company.plan.first_day
    outcomes, ages = [], []
    for day in range(first + 30, first + 91, 15):
        now, end = moment(day), moment(day + 30)
        here = paying(customers, frames["revenue"], now)
        outcomes.append((here.cancel_requested_at < end) | (here.churned_at < end))
        ages.append(recency_days(frames["events"], here.index, now))
    aucs = [roc_auc_score(outcome, age) for outcome, age in zip(outcomes, ages, strict=True)]
    assert 0.65 < np.mean(aucs) < 0.9


def test_the_hazard_knows_more_than_silence_tells(lived: Any, frames: Any) -> None:
    hazards = pd.Series(lived.company.truth.hazards())
    ages = recency_days(frames["events"], hazards.index, moment(lived.company.day))
    monthly = hazards[hazards > 0]
    assert 0.2 < monthly.corr(ages[monthly.index], method="spearman") < 0.9


def test_the_inside_of_a_customer_adds_up(lived: Any) -> None:
    truth = lived.company.truth
    for customer_id, hazard in list(truth.hazards().items())[:50]:
        inner = truth.inner(customer_id)
        assert sum(inner.hazard_per_day.values()) == pytest.approx(hazard)
        assert inner.risk_30_days == pytest.approx(1 - np.exp(-30 * hazard))
        assert all(value == 0 for value in inner.relief.values())


def test_without_touches_nothing_was_saved_and_the_other_world_is_this_one() -> None:
    company = Company(CompanyPlan(seed=3, customers=100))
    company.history(60)
    assert company.truth.saved() == []
    assert company.truth.without_touches() == company.truth.endings()
