"""The commands on a company that was imported and scored: each test works on a copy of the same workspace."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main

NOW = "2026-11-01T00:00:00Z"
LATER = "2026-11-02T00:00:00Z"
COMMAND = Callable[..., Any]


@pytest.fixture(scope="module")
def scored(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes into this one."""
    folder = tmp_path_factory.mktemp("scored") / "company"
    assert main(["init", str(folder)]) == 0
    for command in (["import", str(exports)], ["refresh"]):
        assert main([*command, "--now", NOW, "--workspace", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def workspace(scored: Path, tmp_path: Path) -> Path:
    """A copy to work in."""
    return shutil.copytree(scored, tmp_path / "company")


def test_a_refresh_goes_forward_and_the_past_can_be_looked_at(tenure: COMMAND) -> None:
    later = tenure("refresh", "--now", LATER)
    assert later["changed"] <= later["scored"]
    error = tenure("refresh", "--now", NOW, exit_code=2)
    assert "tenure health --now" in error["error"]["fix"]
    full = tenure("refresh", "--full", "--now", LATER)
    assert full["changed"] == 0, "scores from accumulators and from facts are the same"


def test_metrics_answer_with_their_people(tenure: COMMAND) -> None:
    everything = tenure("metrics", "--now", NOW)
    assert {"retention", "survival", "revenue", "nps", "segments", "system"} <= set(everything)
    health = tenure("metrics", "health", "--now", NOW)
    cell, count = next((cell, number) for cell, number in health["opens"].items() if number)
    who = tenure("metrics", "health", "--who", cell, "--now", NOW)
    assert who["total"] == count
    assert "Use one of" in tenure("metrics", "nonsense", exit_code=2)["error"]["fix"]


def test_the_report_is_a_page(tenure: COMMAND) -> None:
    page = Path(tenure("report", "--now", NOW)["path"]).read_text()
    assert page.startswith("<!doctype html>")
    assert "Who needs you" in page
    assert "What the facts can carry" in page, "Day one, 15"


def test_I6_lists_say_health_status_and_keep_status_as_its_alias(tenure: COMMAND) -> None:
    rows = tenure("health")
    assert rows and all(row["health_status"] == row["status"] in ("healthy", "at_risk", "critical") for row in rows)


def test_a_scorecard_file_is_planned_and_applied(tenure: COMMAND, workspace: Path) -> None:
    before = tenure("refresh", "--now", NOW)
    file = workspace / "scorecards" / "default.yaml"
    file.write_text(file.read_text().replace("otherwise: 0", "otherwise: 10", 1))
    plan = tenure("plan", "--now", NOW)
    assert plan["effect"]["score_changes"] > 0
    assert tenure("apply", "--now", NOW, "--why", "kinder to the silent")["applied"]
    after = tenure("refresh", "--now", LATER)
    assert after["scorecards"] != before["scorecards"]
    changed = [row for row in tenure("health") if row["previous_score"] is not None]
    assert any(tenure("health", "show", row["customer_id"])["change"]["configuration"] for row in changed[:5])
    file.write_text("name: default\ncomponents: nonsense\n")
    assert "default.yaml" in tenure("plan", "--now", LATER, exit_code=2)["error"]["message"]


def test_an_export_reads_back_as_the_same_facts(tenure: COMMAND, tmp_path: Path) -> None:
    facts = tenure("status", "--now", NOW)["facts"]
    tenure("refresh", "--now", NOW)
    tenure("export", str(tmp_path / "out"), "--now", NOW, "--format", "parquet")
    again = tenure("import", str(tmp_path / "out" / "facts"), "--now", LATER)["facts"]
    assert {kind: again[kind] for kind in ("customers", "users", "events", "revenue", "answers")} == {
        kind: facts[kind] for kind in ("customers", "users", "events", "revenue", "answers")
    }


def test_a_persons_judgement_stands_until_it_ends(tenure: COMMAND) -> None:
    customer = tenure("health")[-1]["customer_id"]
    tenure("health", "override", customer, "--score", "15", "--reason", "told me they leave", "--until", "2026-11-03", "--now", NOW)
    tenure("refresh", "--now", LATER)
    shown = tenure("health", "show", customer)
    assert (shown["score"], shown["status"], shown["override"]["reason"]) == (15, "critical", "told me they leave")
    tenure("refresh", "--now", "2026-11-04")
    assert tenure("health", "show", customer)["override"] is None


def test_customers_who_completed_onboarding_open_the_entry_gate(tenure: COMMAND, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gates", "--now", NOW, "--workspace", str(workspace), "--json"]) == 1
    gates = json.loads(capsys.readouterr().out)["gates"]
    (gate,) = [one for one in gates if one["gate"] == "customers onboarded"]
    assert gate["verdict"] == "pass", gate["evidence"]
