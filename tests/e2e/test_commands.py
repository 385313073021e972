"""The commands as a person or a program uses them: one JSON document, exit codes, errors in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.app.deployment import opened
from tenure.cli.main import main

NOW = "2026-11-01T00:00:00Z"
LATER = "2026-11-02T00:00:00Z"
COMMAND = Callable[..., Any]

on_both_stores = pytest.mark.parametrize("workspace", ["sqlite", "postgres"], indirect=True)


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


def test_an_empty_workspace_answers_everything_without_a_traceback(tenure: COMMAND) -> None:
    assert tenure("health") == []
    assert tenure("refresh", "--now", NOW)["scored"] == 0
    assert tenure("status")["facts"]["events"] == 0
    tenure("metrics", "--now", NOW)
    page = Path(tenure("report", "--now", NOW)["path"]).read_text()
    assert "No customer records were found." in page, "Day one, 15: what is missing is said on the page too"
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


@on_both_stores
def test_the_list_can_be_cut_to_a_saved_segment(tenure: COMMAND, workspace: Path, tmp_path: Path) -> None:
    config = workspace / "tenure.toml"
    config.write_text(config.read_text() + "\n[segments]\nlarge = 'arr >= 1000'\nPro = 'plan == \"pro\"'\npro = 'plan == \"none\"'\n")
    file = tmp_path / "customers.csv"
    rows = ("c1,2026-01-01,active,pro,5000", "c2,2026-01-01,active,pro,10", "c3,2026-01-01,active,free,0")
    file.write_text("\n".join(("customer_id,created_at,status,plan,arr", *rows)) + "\n")
    tenure("import", str(file), "--now", NOW)
    tenure("refresh", "--now", NOW)
    listed = {row["customer_id"]: (row["segment"], row["segments"]) for row in tenure("health")}
    assert listed == {"c1": ("large", ["large", "Pro"]), "c2": ("Pro", ["Pro"]), "c3": (None, [])}
    for at in ((), ("--now", NOW)):
        assert {row["customer_id"] for row in tenure("health", "--segment", "Pro", *at)} == {"c1", "c2"}
        assert {row["customer_id"] for row in tenure("health", "--segment", "large", *at)} == {"c1"}
        assert tenure("health", "--segment", "pro", *at) == []
    assert "large, Pro, pro" in tenure("health", "--segment", "huge", exit_code=2)["error"]["fix"]
    file.write_text(file.read_text().replace("c3,2026-01-01,active,free", "c3,2026-01-01,active,pro"))
    tenure("import", str(file), "--now", LATER)
    tenure("refresh", "--now", LATER)
    assert len(tenure("health", "--segment", "Pro")) == 3


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


def test_scores_of_the_past_say_stage_and_newness(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    published, computed = tenure("health"), tenure("health", "--now", NOW)
    said = {row["customer_id"]: (row["stage"], row["is_new"], row["plan"]) for row in published}
    assert said == {row["customer_id"]: (row["stage"], row["is_new"], row["plan"]) for row in computed}
    assert len({stage for stage, _, _ in said.values()}) > 1
    assert len({is_new for _, is_new, _ in said.values()}) == 2


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


@on_both_stores
def test_an_erased_customer_is_gone_for_good(tenure: COMMAND, exports: Path) -> None:
    tenure("import", str(exports), "--now", NOW)
    tenure("refresh", "--now", NOW)
    gone, *others = [row["customer_id"] for row in tenure("health")]
    assert "--yes" in tenure("erase", gone, exit_code=2)["error"]["fix"]
    assert len(tenure("health")) == 1 + len(others)
    receipt = tenure("erase", gone, "--yes", "--now", NOW)
    assert (receipt["asked"], receipt["known"], receipt["scores"]) == (1, 1, 1)
    assert gone not in str(receipt)
    assert {row["customer_id"] for row in tenure("health")} == set(others)
    tenure("health", "show", gone, exit_code=2)
    tenure("refresh", "--full", "--now", LATER)
    assert gone not in {row["customer_id"] for row in tenure("health")}
    assert tenure("erase", gone, "--yes", "--now", LATER)["known"] == 0


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
        (["health", "--limit", "0"], 2, "'--limit': it must be greater than or equal to 1."),
        (["health", "--status", "good"], 2, "'--status': 'good' is not one of"),
        (["keys", "create"], 2, "Choose from: write, api."),
        (["report", "--out", "/proc/nowhere/page.html"], 3, "cannot be written"),
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


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("Usage: tenure")


def test_the_demo_leaves_other_folders_and_files_alone(
    tenure: COMMAND, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert "not a demo workspace" in tenure("demo", exit_code=2)["error"]["message"]
    assert main(["demo", "--into", str(file)]) == 2
    assert "is a file" in capsys.readouterr().err
    assert (workspace / "tenure.toml").exists() and file.read_text() == "mine"


def test_every_view_of_a_score_says_the_same_age(tenure: COMMAND, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,created_at,status\nc1,2026-01-01,active\n")
    tenure("import", str(file), "--now", NOW)
    tenure("refresh", "--now", LATER)
    for at in ((), ("--now", LATER)):
        assert tenure("health", *at)[0]["input_age_hours"] == tenure("health", "show", "c1", *at)["input_age_hours"] == 24.0
    before = ("--now", "2026-10-01")
    assert tenure("health", *before)[0]["input_age_hours"] is tenure("health", "show", "c1", *before)["input_age_hours"] is None


def test_scores_of_the_past_sort_like_the_published_ones(tenure: COMMAND, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    rows = ("a,2026-01-01,active,Zeta,,2026-12-01", "b,2026-01-01,active,Alpha,500,", "c,2026-01-01,active,,900,2026-11-20")
    file.write_text("\n".join(("customer_id,created_at,status,name,arr,renewal_date", *rows)) + "\n")
    tenure("import", str(file), "--now", NOW)
    tenure("refresh", "--now", NOW)
    for sort, expected in (("-arr", "cba"), ("renewal", "cab"), ("name", "bac"), ("customer_id", "abc")):
        for at in ((), ("--now", NOW)):
            assert "".join(row["customer_id"] for row in tenure("health", "--sort", sort, *at)) == expected, (sort, at)
    assert "sorted" in tenure("health", "--sort", "-changed", "--now", NOW, exit_code=2)["error"]["message"]


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_an_export_in_each_form_is_read_back(tenure: COMMAND, tmp_path: Path, form: str) -> None:
    file = tmp_path / "customers.csv"
    file.write_text('customer_id,created_at,status,name\nc1,2026-01-01,active,"Acme ""Two""\nLtd"\nc2,2026-01-01,active,B\n')
    tenure("import", str(file), "--now", NOW)
    tenure("refresh", "--now", NOW)
    written = tenure("export", str(tmp_path / "out"), "--format", form, "--now", NOW)["files"]
    assert {Path(one["path"]).name: one["rows"] for one in written if one["rows"]} == {f"{name}.{form}": 2 for name in ("health", "history", "customers")}
    again = tenure("import", str(tmp_path / "out" / "facts"), "--now", LATER)
    assert (again["facts"]["customers"], again["quarantined"]) == (2, 0)
