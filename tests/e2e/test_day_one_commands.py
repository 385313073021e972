"""What Day one promises on the command line, over a small company's files: renewals, seats, tests to oneself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main

NOW = "2026-06-01T12:00:00Z"
Run = Callable[..., Any]
CUSTOMERS = """customer_id,name,created_at,status,arr,renewal_date,owner,seats,primary_contact
large,Large Ltd,2025-01-01,active,24000,2026-07-15,kim,20,ann@example.com
small,Small Ltd,2025-01-01,active,,2026-07-20,lee,3,
later,Later Ltd,2025-01-01,active,1200,2026-12-20,kim,2,
"""
USERS = """user_id,customer_id,name,email,role
ann,large,Ann Doe,ann@example.com,admin
"""
EVENTS = """event_id,user_id,customer_id,event,time
e1,ann,large,login,2026-05-31T10:00:00Z
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("company")
    for name, text in (("customers", CUSTOMERS), ("users", USERS), ("events", EVENTS)):
        (folder / "files").mkdir(exist_ok=True)
        (folder / "files" / f"{name}.csv").write_text(text)
    workspace = folder / "ws"
    assert main(["init", str(workspace)]) == 0
    assert main(["import", str(folder / "files"), "--now", NOW, "--workspace", str(workspace), "--json"]) == 0
    assert main(["refresh", "--now", NOW, "--workspace", str(workspace), "--json"]) == 0
    return workspace


@pytest.fixture
def tenure(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        found = main([*arguments, "--workspace", str(workspace), "--json"])
        out = capsys.readouterr()
        assert found == code, out.err
        return json.loads(out.out)

    return run


def test_day_one_3_renewals_of_the_next_days_with_unknown_amounts_said(tenure: Run) -> None:
    found = tenure("renewals", "--now", NOW)
    assert [(one["customer_id"], one["name"], one["amount_cents"]) for one in found["renewals"]] == [
        ("large", "Large Ltd", 2_400_000),
        ("small", "Small Ltd", None),
    ]
    (july,) = found["months"]
    assert (july["month"], july["customers"], july["unknown"]) == ("2026-07", 2, 1)
    assert all(one["forecast"] in ("committed", "likely", "at_risk") for one in found["renewals"])
    assert [one["customer_id"] for one in tenure("renewals", "--owner", "lee", "--now", NOW)["renewals"]] == ["small"]
    assert len(tenure("renewals", "--days", "365", "--now", NOW)["renewals"]) == 3
    assert tenure("renewals", "--owner", "nobody", "--now", NOW, code=2)["error"]


def test_day_one_3_on_a_terminal_an_unknown_amount_is_unknown(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["renewals", "--now", NOW, "--workspace", str(workspace)]) == 0
    said = capsys.readouterr().out
    assert "Large Ltd" in said and "24,000" in said and "unknown" in said


def test_day_one_12_the_customer_page_says_seats(tenure: Run) -> None:
    seats = tenure("health", "show", "large")["seat_use"]
    assert (seats["seats"], seats["active_users"]) == (20, 1)
    assert tenure("health", "show", "small")["seat_use"] is None


def test_day_one_5_a_step_or_survey_goes_to_oneself_with_a_real_customers_data(tenure: Run) -> None:
    step = tenure("playbooks", "test-to", "me@example.com", "-p", "at_risk", "-s", "feature_guide", "--customer", "large", "--now", NOW)
    assert "Large Ltd" in step["subject"] + step["text"] and "Ann" in step["text"]
    survey = tenure("playbooks", "test-to", "me@example.com", "--survey", "nps", "--customer", "large", "--now", NOW)
    assert survey["customer_id"] == "large" and survey["subject"]
    assert len(tenure("touches", "--customer", "large")) == 2, "so that erasing the customer takes what is said of it here too"
    assert "no survey" in tenure("playbooks", "test-to", "me@example.com", "--survey", "mood", code=2)["error"]["message"]
    assert "Nothing is known" in tenure("playbooks", "test-to", "me@example.com", "--survey", "nps", "--customer", "x", code=2)["error"]["message"]
    assert "not said" in tenure("playbooks", "test-to", "me@example.com", code=2)["error"]["message"]
