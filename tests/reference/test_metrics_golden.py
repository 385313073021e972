"""The metrics over a real warehouse against the golden values: revenue of saas/, survival of OULAD and telco, NPS cases.

Values: shared data, golden/saas_retention.json, survival.json, nps.json, retention_definitions.json (recipes named there).
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.reference.test_survival_golden import MODULE_LENGTHS
from tests.warehouse_builder import BuiltWarehouse, warehouse_of

from tenure.clock import DAY_US, to_us
from tenure.model.currency import Currencies
from tenure.model.facts import Answer as SurveyAnswer
from tenure.model.facts import Customer, CustomerStatus, Event, Record
from tenure.ports.metric_results import Period, RevenuePeriod
from tenure.ports.metrics import Asked, MetricSettings
from tenure.services.importing.periods import movements_of_periods
from tenure.services.importing.records import Period as PaidPeriod
from tenure.stats.result import Answer, Outcome
from tenure.warehouse.metrics.churn import churn_counts
from tenure.warehouse.metrics.members import EVERYBODY, Population
from tenure.warehouse.metrics.reader import WarehouseMetrics
from tenure.warehouse.metrics.revenue import revenue_periods

USD = Currencies(venture="USD")


def answered(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Answer), outcome
    return outcome.value


def day_us(text: str) -> int:
    return to_us(datetime.fromisoformat(text[:10]).replace(tzinfo=UTC))


def metrics_of(built: BuiltWarehouse, settings: MetricSettings | None = None) -> WarehouseMetrics:
    return WarehouseMetrics(
        lambda now_us, known: built.full(now_us, known), lambda view: pytest.fail("no scores"), USD, settings or MetricSettings()
    )


def golden_of(shared: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "data/golden" / name).read_text())
    return found


# --- revenue ---

PERIODS = ("2022-06-01..2022-07-01", "2022-12-01..2023-01-01", "2022-03-01..2023-03-01")
SAAS_NOW_US = day_us("2023-07-02")


@pytest.fixture(scope="module")
def saas(shared: Path) -> Iterator[BuiltWarehouse]:
    with gzip.open(shared / "data/saas/subscriptions.csv.gz", "rt", encoding="utf-8") as file:
        periods = [
            PaidPeriod(
                customer_id=row["account_id"],
                start_us=day_us(row["start_date"]),
                end_us=day_us(row["end_date"]) if row["end_date"] else None,
                monthly_cents=round(100 * float(row["mrr"])),
            )
            for row in csv.DictReader(file)
        ]
    with (shared / "data/saas/accounts.csv").open(encoding="utf-8") as file:
        accounts: list[Record] = [
            Customer(customer_id=row["account_id"], stated_us=SAAS_NOW_US - 1, created_us=day_us(row["signup_month"]))
            for row in csv.DictReader(file)
        ]
    built = warehouse_of([*accounts, *(movement for movement, _ in movements_of_periods(periods))], SAAS_NOW_US)
    yield built
    built.close()


def saas_period(built: BuiltWarehouse, name: str) -> RevenuePeriod:
    start, end = name.split("..")
    population = Population(built.full(SAAS_NOW_US), USD)
    return revenue_periods(population, [Period(name, day_us(start), day_us(end))])[EVERYBODY][name]


@pytest.mark.parametrize("name", PERIODS)
def test_the_waterfall_of_saas_equals_the_published_sums_to_the_cent(
    saas: BuiltWarehouse, shared: Path, name: str
) -> None:
    golden = golden_of(shared, "saas_retention.json")["crm5_reset"][name]["waterfall"]
    found = saas_period(saas, name)
    waterfall = answered(found.ties)
    assert waterfall.start_cents == 100 * golden["start_mrr"]
    assert waterfall.expansion_cents == 100 * golden["expansion"]
    assert waterfall.contraction_cents == 100 * golden["contraction"]
    assert waterfall.churn_cents == 100 * golden["churned"]
    assert waterfall.kept_cents == 100 * golden["end_mrr_of_start_accounts"]
    assert waterfall.new_cents + waterfall.reactivation_cents == 100 * golden["new_or_returning_mrr"]
    assert found.customers["new"] + found.customers["reactivation"] == golden["new_or_returning_accounts"]
    assert waterfall.start_customers == golden["start_accounts"]
    assert waterfall.start_customers - waterfall.churned_customers == golden["retained_accounts"]


@pytest.mark.parametrize("name", PERIODS)
def test_grr_nrr_and_account_retention_of_saas_equal_the_published_rates(
    saas: BuiltWarehouse, shared: Path, name: str
) -> None:
    golden = golden_of(shared, "saas_retention.json")["crm5_reset"][name]
    found = answered(saas_period(saas, name).retention)
    assert found.net.value == pytest.approx(golden["waterfall"]["NRR"], abs=1e-10)
    assert found.gross.value == pytest.approx(golden["waterfall"]["GRR"], abs=1e-10)
    assert found.customers.value == pytest.approx(golden["account_churn"]["retention_rate"], abs=1e-10)
    assert found.revenue_churn.value == pytest.approx(golden["mrr_churn"]["mrr_churn_rate"], abs=1e-10)


@pytest.mark.parametrize("name", PERIODS[:2])
def test_customer_churn_of_saas_months_equals_the_published_counts(
    saas: BuiltWarehouse, shared: Path, name: str
) -> None:
    golden = golden_of(shared, "saas_retention.json")["crm5_reset"][name]["account_churn"]
    start, end = name.split("..")
    population = Population(saas.full(SAAS_NOW_US), USD)
    found = churn_counts(population, [Period(name, day_us(start), day_us(end))])[EVERYBODY][name]
    assert (found.customers, found.churned) == (golden["n_start"], golden["n_churn"])


# --- survival ---

NOW_US = day_us("2026-01-01")


def lived(customer_id: str, days: float, left: bool, plan: str) -> Customer:
    """A customer who has been here so many days and, where `left`, has just ended; else still runs at NOW_US."""
    length_us = int(days) * DAY_US
    return Customer(
        customer_id=customer_id,
        stated_us=NOW_US - 1,
        created_us=NOW_US - length_us - (DAY_US if left else 0),
        churned_us=NOW_US - DAY_US if left else None,
        status=CustomerStatus.churned if left else CustomerStatus.active,
        plan=plan,
    )


@pytest.fixture(scope="module")
def oulad_runs(shared: Path) -> Iterator[BuiltWarehouse]:
    """Everybody not unregistered on or before day 0, censored at the end of the run: the golden population."""
    customers: list[Record] = []
    with (shared / "data/oulad/registrations_all_runs.csv").open(encoding="utf-8") as file:
        for place, row in enumerate(csv.DictReader(file)):
            length = MODULE_LENGTHS[f"{row['code_module']}-{row['code_presentation']}"]
            left = row["date_unregistration"]
            stays = not left or float(left) > length
            if stays or float(left) > 0:
                days = length if stays else float(left)
                customers.append(lived(f"{place}", days, not stays, row["code_module"]))
    built = warehouse_of(customers, NOW_US)
    yield built
    built.close()


def test_survival_of_all_oulad_runs_equals_the_golden_values(oulad_runs: BuiltWarehouse, shared: Path) -> None:
    golden = golden_of(shared, "survival.json")["oulad"]
    found = metrics_of(oulad_runs).survival(Asked(NOW_US, by="plan"))
    curve = answered(found.result.curve)
    assert (curve.customers, curve.churned) == (golden["n"], golden["events"])
    for day, expected in golden["km"].items():
        assert answered(curve.at(int(day))).survival == pytest.approx(expected, abs=1e-9)
    modules = {one.segment: answered(one.result.curve) for one in found.segments}
    for module, expected in golden["by_module_km_120"].items():
        assert answered(modules[module].at(120)).survival == pytest.approx(expected, abs=1e-9)
    assert found.log_rank is not None
    assert answered(found.log_rank).statistic == pytest.approx(golden["logrank_module"]["chi2"], abs=1e-5)


def test_survival_of_telco_equals_the_golden_values(shared: Path) -> None:
    golden = golden_of(shared, "survival.json")["telco"]
    with (shared / "data/telco/wa_churn.csv").open(encoding="utf-8") as file:
        customers = [
            lived(f"c{row['rownames']}", int(row["tenure"]), row["churn"] == "Yes", row["contract"])
            for row in csv.DictReader(file)
        ]
    # whoever has no day of tenure yet exists since just before now
    shown = [
        Customer(customer_id=one.customer_id, stated_us=NOW_US - 1, created_us=NOW_US - 1, plan=one.plan)
        if one.created_us == NOW_US
        else one
        for one in customers
    ]
    built = warehouse_of(shown, NOW_US)
    found = metrics_of(built).survival(Asked(NOW_US, by="plan"))
    curve = answered(found.result.curve)
    assert (curve.customers, curve.churned) == (golden["n"], golden["events"])
    for month, expected in golden["km"].items():
        point = answered(curve.at(int(month)))
        assert point.survival == pytest.approx(expected["km"], abs=1e-9)
        assert (point.interval.low, point.interval.high) == pytest.approx(expected["ci95_loglog"], abs=1e-7)
        assert point.at_risk == expected["at_risk"]
    assert answered(found.log_rank).statistic == pytest.approx(golden["logrank_contract"]["chi2"], abs=1e-5)  # type: ignore[arg-type]
    built.close()


# --- retention of real people ---


@pytest.fixture(scope="module")
def aaa(shared: Path) -> dict[str, list[date]]:
    """The days each of the students of run AAA-2013J was active."""
    table = pq.read_table(shared / "data/oulad/events.parquet", columns=["customer_id", "date"])
    days: dict[str, list[date]] = defaultdict(list)
    for row in table.group_by(["customer_id", "date"]).aggregate([]).to_pylist():
        if row["customer_id"].startswith("AAA-2013J"):
            days[row["customer_id"]].append(date.fromisoformat(str(row["date"])[:10]))
    return days


def test_rolling_retention_of_oulad_equals_its_definition_counted_by_hand(
    aaa: dict[str, list[date]], shared: Path
) -> None:
    """The golden file counts from each student's first active day; here the same students, by calendar month (M10)."""
    assert len(aaa) == golden_of(shared, "retention_definitions.json")["OULAD AAA-2013J"]["students"]
    now_us = day_us("2014-09-01")
    created = "2013-10-01"
    records: list[Record] = [
        Customer(customer_id=who, stated_us=now_us - 1, created_us=day_us(created)) for who in aaa
    ]
    records += [
        Event(name="login", user_id=who, customer_id=who, occurred_us=day_us(day.isoformat()))
        for who, days in aaa.items()
        for day in days
    ]
    built = warehouse_of(records, now_us)
    result = metrics_of(built).retention(Asked(now_us)).result
    (cohort,) = result.cohorts
    first_month = 2013 * 12 + 9
    months = {who: {d.year * 12 + d.month - 1 - first_month for d in days} for who, days in aaa.items()}
    for k in range(11):
        assert answered(cohort.retention.classic[k]).count == sum(k in seen for seen in months.values())
        assert answered(cohort.retention.rolling[k]).count == sum(max(seen) >= k for seen in months.values())
        assert answered(cohort.retention.rolling[k]).total == 378
    built.close()


def test_day_ninety_of_oulad_falls_between_the_definitions_as_the_golden_file_says(
    aaa: dict[str, list[date]], shared: Path
) -> None:
    """Anchored as the golden file is (first active day = creation, 30-day months by shifting): rolling on day 90.

    Every student is moved so that day 90 is the first day of month 3: rolling month 3 is then "day 90 or later".
    """
    golden = golden_of(shared, "retention_definitions.json")["OULAD AAA-2013J"]["day90"]
    # 2013-07-01 is month 3 after 2013-04; 90 days before it is 2013-04-02
    now_us, start = day_us("2014-09-01"), date(2013, 4, 2)
    records: list[Record] = []
    for who, days in aaa.items():
        first = min(days)
        records.append(Customer(customer_id=who, stated_us=now_us - 1, created_us=day_us(start.isoformat())))
        records += [
            Event(name="login", user_id=who, customer_id=who, occurred_us=day_us(str(start + (day - first))))
            for day in days
        ]
    built = warehouse_of(records, now_us)
    (cohort,) = metrics_of(built).retention(Asked(now_us)).result.cohorts
    rolling = answered(cohort.retention.rolling[3])
    assert (rolling.count, rolling.total) == (golden["unbounded"], golden["eligible"])
    assert rolling.value == pytest.approx(golden["unbounded_rate"], abs=1e-8)
    built.close()


# --- NPS ---


def test_every_nps_case_through_the_warehouse_equals_the_golden_value_and_interval(shared: Path) -> None:
    for name, case in golden_of(shared, "nps.json")["cases"].items():
        promoters, passives, detractors = (int(part.split("=")[1]) for part in name.split(","))
        scores = [9] * promoters + [7] * passives + [3] * detractors
        records: list[Record] = [
            SurveyAnswer(survey="NPS", score=score, answered_us=NOW_US - DAY_US, customer_id=f"c{place}")
            for place, score in enumerate(scores)
        ]
        built = warehouse_of(records, NOW_US)
        found = metrics_of(built, MetricSettings(nps_min_responses=1)).nps(Asked(NOW_US)).result
        score = answered(found.score)
        assert score.value == pytest.approx(case["nps"], abs=1e-9), name
        assert (score.interval.low, score.interval.high) == pytest.approx(case["rocks_aw3T"]["ci"], abs=1e-5), name
        assert answered(found.by_account).value == pytest.approx(case["nps"], abs=1e-9), name
        built.close()
