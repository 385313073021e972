"""The B2B workspace through the product's own commands: revenue equals the published definitions to the cent.

Golden: shared data, golden/saas_retention.json (SQL of net retention, MRR churn and account churn from C. Gold,
*Fighting Churn With Data*, run in DuckDB on the same accounts).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.reference.workspaces import Tenure, commands_in, workspace_of

pytestmark = pytest.mark.xdist_group("saas")  # one import serves all of them

MONTHS = ("2022-06-01..2022-07-01", "2022-12-01..2023-01-01")
YEAR = "2022-03-01..2023-03-01"
DAY_AFTER = "2023-03-02"
"""What happens at midnight of the day a period ends is in the published figures, so the day itself must be over."""


@pytest.fixture(scope="module")
def saas(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Tenure:
    tenure = commands_in(workspace_of("saas", tmp_path_factory.mktemp("saas")))
    files = [shared / "data/saas" / name for name in ("accounts.csv", "subscriptions.csv.gz")]
    done = tenure("import", *files, "--now", "2023-07-02")
    assert (done["quarantined"], done["facts"]["customers"]) == (0, 1_637)
    return tenure


@pytest.fixture(scope="module")
def revenue(saas: Tenure) -> dict[str, Any]:
    """As of the day after the golden year ends: its months and its trailing twelve months are the golden windows."""
    found: dict[str, Any] = saas("metrics", "revenue", "--now", DAY_AFTER)
    return found


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "data/golden/saas_retention.json").read_text())["crm5_reset"]
    return found


def window(revenue: dict[str, Any], name: str) -> dict[str, Any]:
    start, end = name.split("..")
    answer = revenue["result"]
    found = [one for one in (*answer["months"], answer["trailing_year"]) if period_of(one) == (start, end)]
    assert len(found) == 1, name
    return found[0]


def period_of(one: dict[str, Any]) -> tuple[str, str]:
    return one["period"]["from"][:10], one["period"]["to"][:10]


@pytest.mark.parametrize("name", [*MONTHS, YEAR])
def test_the_waterfall_ties_and_equals_the_published_sums_to_the_cent(
    revenue: dict[str, Any], golden: dict[str, Any], name: str
) -> None:
    expected, found = golden[name]["waterfall"], window(revenue, name)
    bars = found["waterfall"]
    assert "no_answer" not in found["ties"]
    assert bars["start_cents"] == 100 * expected["start_mrr"]
    assert bars["expansion_cents"] == 100 * expected["expansion"]
    assert bars["contraction_cents"] == 100 * expected["contraction"]
    assert bars["churn_cents"] == 100 * expected["churned"]
    assert bars["new_cents"] + bars["reactivation_cents"] == 100 * expected["new_or_returning_mrr"]
    kept = bars["start_cents"] + bars["expansion_cents"] - bars["contraction_cents"] - bars["churn_cents"]
    assert kept == 100 * expected["end_mrr_of_start_accounts"]
    assert (bars["start_customers"], bars["start_customers"] - bars["churned_customers"]) == (
        expected["start_accounts"], expected["retained_accounts"],
    )  # fmt: skip


@pytest.mark.parametrize("name", [*MONTHS, YEAR])
def test_nrr_grr_and_account_retention_equal_the_published_rates(
    revenue: dict[str, Any], golden: dict[str, Any], name: str
) -> None:
    """0.8134969325 of the accounts of March 2022 were still paying in March 2023."""
    expected, found = golden[name], window(revenue, name)["retention"]
    cents = {which: (found[which]["cents"], found[which]["of_cents"]) for which in ("net", "gross")}
    assert cents["net"][0] / cents["net"][1] == pytest.approx(expected["waterfall"]["NRR"], abs=1e-10)
    assert cents["gross"][0] / cents["gross"][1] == pytest.approx(expected["waterfall"]["GRR"], abs=1e-10)
    kept = found["customers"]
    assert kept["count"] / kept["of"] == pytest.approx(expected["account_churn"]["retention_rate"], abs=1e-10)


def test_every_churned_account_of_a_bar_is_listed(saas: Tenure, golden: dict[str, Any]) -> None:
    found = saas("metrics", "revenue", "--who", "2022-12/churn", "--now", DAY_AFTER)
    expected = golden[MONTHS[1]]["waterfall"]
    assert found["total"] == len(set(found["customer_ids"])) == expected["start_accounts"] - expected["retained_accounts"]
