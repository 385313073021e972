"""The commands as a person or a program uses them: one JSON document, exit codes, errors in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tenure.app.deployment import opened
from tenure.cli.main import main
from tenure.testing.company import Company, CompanyPlan, Mess, write_folder

NOW = "2026-11-01T00:00:00Z"
LATER = "2026-11-02T00:00:00Z"
NOW_DAY = 20_758
COMMAND = Callable[..., Any]


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company's files, some rows broken."""
    folder = tmp_path_factory.mktemp("exports")
    plan = CompanyPlan(seed=3, customers=60, first_day=NOW_DAY - 60, planned_days=60, past_weeks=20)
    write_folder(Company(plan).history(60), folder, "csv", Mess(seed=1, duplicates=0.01, broken=0.002))
    return folder


on_both_stores = pytest.mark.parametrize("workspace", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A new workspace of a venture of its own, on SQLite files unless a test asks for PostgreSQL."""
    folder = tmp_path / f"company-{uuid4().hex[:8]}"
    assert main(["init", str(folder)]) == 0
    if getattr(request, "param", "sqlite") == "postgres":
        config = folder / "tenure.toml"
        url = request.getfixturevalue("postgres_url")
        config.write_text(config.read_text().replace("[facts]", f'[store]\nurl = "{url}"\n\n[facts]', 1))
    return folder


@pytest.fixture
def tenure(workspace: Path, capsys: pytest.CaptureFixture[str]) -> COMMAND:
    """Run a command with --json; gives its document, checks its exit code and that nothing else was printed."""

    def run(*arguments: str, exit_code: int = 0) -> Any:
        capsys.readouterr()
        code = main([*arguments, "--workspace", str(workspace), "--json"])
        printed = capsys.readouterr()
        assert code == exit_code, printed.err
        assert "Traceback" not in printed.err
        return json.loads(printed.out)

    return run


@on_both_stores
def test_the_whole_way_from_files_to_reasons(tenure: COMMAND, exports: Path, workspace: Path) -> None:
    imported = tenure("import", str(exports), "--now", NOW)
    assert imported["facts"]["customers"] > 50
    assert imported["quarantined"] > 0
    assert any("renewal" in gap["missing"] for gap in imported["rehearsal"]["gaps"])

    again = tenure("import", str(exports), "--now", NOW)
    assert again["facts"] == imported["facts"]

    refreshed = tenure("refresh", "--now", NOW)
    assert refreshed["scored"] == refreshed["changed"] > 0
    rows = tenure("health")
    assert len(rows) == refreshed["scored"]
    first = rows[0]
    assert {"customer_id", "score", "previous_score", "status", "components", "as_of", "scorecard_version", "coverage", "input_age_hours"} <= set(first)
    assert set(first["components"]) == {"engagement", "support", "value"}
    assert [row["score"] for row in rows] == sorted(row["score"] for row in rows)

    shown = tenure("health", "show", first["customer_id"])
    assert shown["score"] == first["score"]
    assert shown["readings"] and all(reading["sentence"] for reading in shown["readings"])
    assert shown["history"][0]["score"] == first["score"]

    status = tenure("status", "--now", NOW)
    assert set(status["facts"]) == {"customers", "users", "events", "tickets", "revenue", "answers"}
    assert (status["inbox"], status["last_refresh"]["scored"]) == (0, refreshed["scored"])

    past = tenure("health", "--now", NOW)
    assert {row["customer_id"]: row["score"] for row in past} == {row["customer_id"]: row["score"] for row in rows}


def test_a_refresh_goes_forward_and_the_past_can_be_looked_at(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    later = tenure("refresh", "--now", LATER)
    assert later["changed"] <= later["scored"]
    error = tenure("refresh", "--now", NOW, exit_code=2)
    assert "tenure health --now" in error["error"]["fix"]
    full = tenure("refresh", "--full", "--now", LATER)
    assert full["changed"] == 0, "scores from accumulators and from facts are the same"


def test_facts_imported_today_can_be_scored_as_of_the_past(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports))
    for moment in ("2026-10-01", "2026-10-02", NOW):
        assert tenure("refresh", "--now", moment)["scored"] > 0


def test_what_is_imported_at_a_time_counts_in_a_refresh_at_that_time(tenure: COMMAND, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,created_at,status\nc1,2026-01-01,active\nc2,2026-01-01,active\n")
    tenure("import", str(file), "--now", NOW)
    assert tenure("refresh", "--now", NOW)["scored"] == 2
    file.write_text("customer_id,created_at,status\nc1,2026-01-01,churned\nc2,2026-01-01,active\n")
    tenure("import", str(file), "--now", LATER)
    assert tenure("refresh", "--now", LATER)["scored"] == 1


def test_metrics_answer_with_their_people(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    everything = tenure("metrics", "--now", NOW)
    assert {"retention", "survival", "revenue", "nps", "segments", "system"} <= set(everything)
    health = tenure("metrics", "health", "--now", NOW)
    cell, count = next((cell, number) for cell, number in health["opens"].items() if number)
    who = tenure("metrics", "health", "--who", cell, "--now", NOW)
    assert who["total"] == count
    assert "Use one of" in tenure("metrics", "nonsense", exit_code=2)["error"]["fix"]


def test_the_report_is_a_page(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    page = Path(tenure("report", "--now", NOW)["path"]).read_text()
    assert page.startswith("<!doctype html>")
    assert "Who needs you" in page


def test_an_empty_workspace_answers_everything_without_a_traceback(tenure: COMMAND) -> None:
    assert tenure("health") == []
    assert tenure("refresh", "--now", NOW)["scored"] == 0
    assert tenure("status")["facts"]["events"] == 0
    tenure("metrics", "--now", NOW)
    tenure("report", "--now", NOW)
    tenure("plan", "--now", NOW)
    assert "tenure health" in tenure("health", "show", "nobody", exit_code=2)["error"]["fix"]


@on_both_stores
def test_parameters_are_refused_with_their_range_and_changed_with_history(tenure: COMMAND) -> None:
    refused = tenure("params", "set", "active_login_days", "99", exit_code=2)
    assert "1 to 7" in refused["error"]["message"]
    changed = tenure("params", "set", "active_login_days", "3", "--why", "weekly product")
    assert changed["changes"][0]["after"] == 3
    assert tenure("params", "get", "active_login_days")["value"] == 3
    assert tenure("params", "history", "active_login_days")[0]["why"] == "weekly product"
    assert "100" in tenure("params", "set", "engagement_weight=50", exit_code=2)["error"]["message"]
    tenure("params", "set", "engagement_weight=50", "support_weight=20", "value_weight=30")
    tenure("params", "lock", "holdout_percent")
    assert "chairman" in tenure("params", "set", "holdout_percent", "5", "--as", "eva", exit_code=1)["error"]["message"]
    assert tenure("params", "preset", "enterprise B2B")["applied"]


def test_a_scorecard_file_is_planned_and_applied(tenure: COMMAND, exports: Path, workspace: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
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


def test_a_changed_scorecard_is_published_only_after_its_backtest_was_shown(
    tenure: COMMAND, exports: Path, workspace: Path
) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    first = tenure("plan", "--now", NOW)["backtest"]
    assert not first["is_needed"] and "first" in first["why"]
    assert tenure("apply", "--now", NOW)["applied"]

    file = workspace / "scorecards" / "default.yaml"
    file.write_text(file.read_text().replace("otherwise: 0", "otherwise: 10", 1))
    assert "backtest" in tenure("apply", "--now", NOW, exit_code=1)["error"]["message"]
    shown = tenure("plan", "--now", NOW)["backtest"]
    assert shown["is_needed"] and shown["dates"] > 2
    assert shown["before"]["customers"] == shown["after"]["customers"] > 20
    assert shown["before"]["scorecards"][0].startswith("default@1+") and shown["after"]["scorecards"][0].startswith("default@2+")
    assert tenure("apply", "--now", NOW)["applied"]


def test_only_the_chairman_publishes_without_a_backtest_and_the_reason_is_logged(
    tenure: COMMAND, exports: Path, workspace: Path
) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("apply", "--now", NOW)
    file = workspace / "scorecards" / "default.yaml"
    file.write_text(file.read_text().replace("otherwise: 0", "otherwise: 10", 1))
    assert "chairman" in tenure("apply", "--now", NOW, "--force", "--why", "I like it", exit_code=1)["error"]["message"]
    assert "reason" in tenure("apply", "--now", NOW, "--force", "--as", "chairman", exit_code=2)["error"]["message"]
    assert tenure("apply", "--now", NOW, "--force", "--as", "chairman", "--why", "the board asked")["applied"]
    with opened(workspace) as deployment:
        entry = deployment.store.audit.history(deployment.venture.venture_id, subject="scorecard", name="backtest")[0]
    assert (entry.who, entry.after, entry.why) == ("chairman", "skipped", "the board asked")


def test_a_young_company_publishes_without_a_backtest(tenure: COMMAND, workspace: Path, tmp_path: Path) -> None:
    young = tmp_path / "customers.csv"
    young.write_text("customer_id,created_at\na,2026-10-01\nb,2026-10-05\n")
    tenure("import", str(young), "--now", NOW)
    tenure("apply", "--now", NOW)
    file = workspace / "scorecards" / "default.yaml"
    file.write_text(file.read_text().replace("otherwise: 0", "otherwise: 10", 1))
    shown = tenure("plan", "--now", NOW)["backtest"]
    assert not shown["is_needed"] and "60 days" in shown["why"]
    assert tenure("apply", "--now", NOW)["applied"]


def test_scores_of_the_past_say_stage_and_newness_and_open_by_segment(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    published, computed = tenure("health"), tenure("health", "--now", NOW)
    said = {row["customer_id"]: (row["stage"], row["is_new"], row["plan"]) for row in published}
    assert said == {row["customer_id"]: (row["stage"], row["is_new"], row["plan"]) for row in computed}
    assert len({stage for stage, _, _ in said.values()}) > 1
    plan = published[0]["plan"]
    theirs = {row["customer_id"] for row in published if row["plan"] == plan}
    assert {row["customer_id"] for row in tenure("health", "--segment", f"plan={plan}")} == theirs
    assert {row["customer_id"] for row in tenure("health", "--segment", f"plan={plan}", "--now", NOW)} == theirs
    assert "saved segment" in tenure("health", "--segment", "nobody", exit_code=2)["error"]["message"]


@on_both_stores
def test_quarantine_is_seen_fixed_and_replayed(tenure: COMMAND, exports: Path) -> None:
    imported = tenure("import", str(exports), "--now", NOW)
    waiting = tenure("quarantine", "list")
    assert waiting["waiting"] == imported["quarantined"]
    item = next(one for one in waiting["items"] if one["kind"] == "events" and one["rule"] == "not_a_time")
    assert tenure("quarantine", "show", str(item["id"]))["field"] == "timestamp"
    repaired = {**item["record"], "timestamp": "2026-10-01T10:00:00Z"}
    assert tenure("quarantine", "replay", str(item["id"]), "--record", json.dumps(repaired), "--now", NOW)["accepted"] == [item["id"]]
    other = next(one for one in waiting["items"] if one["id"] != item["id"])
    assert tenure("quarantine", "drop", str(other["id"]))["dropped"] == [other["id"]]
    assert tenure("quarantine", "list")["waiting"] == imported["quarantined"] - 2


def test_an_export_reads_back_as_the_same_facts(tenure: COMMAND, exports: Path, tmp_path: Path) -> None:
    facts = tenure("import", str(exports), "--now", NOW)["facts"]
    tenure("refresh", "--now", NOW)
    tenure("export", str(tmp_path / "out"), "--now", NOW, "--format", "parquet")
    again = tenure("import", str(tmp_path / "out" / "facts"), "--now", LATER)["facts"]
    assert {kind: again[kind] for kind in ("customers", "users", "events", "revenue", "answers")} == {
        kind: facts[kind] for kind in ("customers", "users", "events", "revenue", "answers")
    }


def test_a_persons_judgement_stands_until_it_ends(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    customer = tenure("health")[-1]["customer_id"]
    tenure("health", "override", customer, "--score", "15", "--reason", "told me they leave", "--until", "2026-11-03", "--now", NOW)
    tenure("refresh", "--now", LATER)
    shown = tenure("health", "show", customer)
    assert (shown["score"], shown["status"], shown["override"]["reason"]) == (15, "critical", "told me they leave")
    tenure("refresh", "--now", "2026-11-04")
    assert tenure("health", "show", customer)["override"] is None


def test_a_key_is_shown_once(tenure: COMMAND) -> None:
    made = tenure("keys", "create", "write")
    listed = tenure("keys", "list")
    assert made["key"] not in json.dumps(listed)
    assert listed[0]["hint"] == made["key"][-4:]
    tenure("keys", "revoke", str(made["id"]))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["health", "--now", "yesterday"], 2, "not a time"),
        (["import", "nowhere.csv"], 2, "no file or folder"),
        (["no-such-command"], 2, "no-such-command"),
        (["status", "--workspace", "/nonexistent"], 2, "tenure init"),
        (["params", "get", "active_login_day"], 2, "Did you mean"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    arguments: list[str], exit_code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "w"
    assert main(["init", str(folder)]) == 0
    capsys.readouterr()
    extra = [] if "--workspace" in arguments or arguments[0] == "no-such-command" else ["--workspace", str(folder)]
    assert main([*arguments, *extra]) == exit_code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert printed.err.count("\n") <= 2
