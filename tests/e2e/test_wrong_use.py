"""What does not exist is named: one sentence, what there is instead, exit code 2."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main

NOW = "2026-11-01T00:00:00Z"
COMMAND = Callable[..., Any]
RAW_TIME = re.compile(r"_us\"")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two customers, one of them gone; nobody writes into this one."""
    folder = tmp_path_factory.mktemp("scored")
    rows = ["customer_id,created_at,status,churned_at,plan,owner", "c1,2026-01-01,active,,basic,kim", "c2,2026-01-01,churned,2026-05-01,pro,kim"]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n")
    assert main(["init", str(folder / "company")]) == 0
    for command in (["import", str(folder / "customers.csv")], ["refresh"]):
        assert main([*command, "--now", NOW, "--workspace", str(folder / "company"), "--json"]) == 0
    return folder / "company"


@pytest.fixture
def workspace(scored: Path, tmp_path: Path) -> Path:
    return shutil.copytree(scored, tmp_path / "company")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("health override nobody --reason because --until 2027-01-01 --score 9", "There is no customer 'nobody'. `tenure health` lists the ids."),
        ("health pulse nobody 50 --reason because", "There is no customer 'nobody'. `tenure health` lists the ids."),
        ("apply --as nobody", "There is no role 'nobody'. Use one of: admin, chairman, lead, csm, viewer, eva."),
        ("apply --as nobody --force --why x", "There is no role 'nobody'. Use one of: admin, chairman, lead, csm, viewer, eva."),
        ("params set nps_target_score 40 --as nobody", "There is no role 'nobody'. Use one of: admin, chairman, lead, csm, viewer, eva."),
        ("health --known 99", "There is no batch 99. The newest is 1; 0 is before anything was known."),
        ("health show c1 --known -1", "There is no batch -1. The newest is 1; 0 is before anything was known."),
        ("metrics churn --known 99", "There is no batch 99. The newest is 1; 0 is before anything was known."),
        ("metrics churn --by plan --segment xx", "There is no plan 'xx'. Use one of: basic, pro."),
        ("metrics --by stage --segment xx", "There is no stage 'xx'. Use one of: onboarding, activation, engagement, renewal."),
        ("metrics churn --by owner --segment xx", "There is no owner 'xx'. `tenure metrics segments` lists the owners."),
    ],
)
def test_what_does_not_exist_is_named(tenure: COMMAND, command: str, said: str) -> None:
    at = ("--now", NOW) if command.startswith(("health", "metrics")) else ()
    error = tenure(*command.split(), *at, exit_code=2)["error"]
    assert f"{error['message']} {error['fix']}" == said


def test_a_group_of_parameters_that_does_not_exist_is_named(tenure: COMMAND) -> None:
    error = tenure("params", "list", "nogroup", exit_code=2)["error"]
    assert error["message"] == "There is no group of parameters 'nogroup'."
    groups = error["fix"].removeprefix("Use one of: ").removesuffix(".").split(", ")
    assert sum(len(tenure("params", "list", group)) for group in groups) == len(tenure("params", "list"))


def test_a_stage_nobody_is_in_is_answered(tenure: COMMAND) -> None:
    assert tenure("metrics", "health", "--by", "stage", "--segment", "onboarding", "--now", NOW)["segment"] == "onboarding"


def test_a_customer_without_a_score_can_be_judged(tenure: COMMAND) -> None:
    assert tenure("health", "pulse", "c2", "20", "--reason", "they may come back", "--now", NOW)["customer_id"] == "c2"


def test_times_in_documents_are_texts(tenure: COMMAND) -> None:
    made = tenure("health", "override", "c1", "--reason", "because", "--until", "2027-01-01", "--score", "9", "--now", NOW)
    assert (made["from"], made["until"], made["withdrawn"]) == (NOW, "2027-01-01T00:00:00Z", None)
    pulse = tenure("health", "pulse", "c1", "50", "--reason", "because", "--days", "1", "--now", NOW)
    assert (pulse["given"], pulse["until"]) == (NOW, "2026-11-02T00:00:00Z")
    tenure("params", "set", "nps_target_score", "40")
    history = tenure("params", "history")
    assert history[0]["happened"].endswith("Z")
    assert next(one["after"]["until"] for one in history if one["subject"] == "override") == "2027-01-01T00:00:00Z"
    tenure("keys", "create", "write")
    for command in (["keys", "list"], ["keys", "revoke", "1"], ["params", "history"], ["health", "show", "c1"], ["quarantine", "list"]):
        assert not RAW_TIME.search(json.dumps(tenure(*command))), command


def test_a_workspace_is_made_once(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(workspace)]) == 2
    assert "is a workspace already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("people", "add", " ", "kim@example.com"), "without a name"),
        (("handed", "add", "Flow", "--provider", "other", "--playbook", "nosuch", "--link", "https://vendor.example.com/1"), "no playbook 'nosuch'"),
        (("handed", "add", "Flow", "--provider", "other", "--playbook", "at_risk", "--link", "there"), "no link"),
        (("handed", "add", "", "--provider", "other", "--playbook", "at_risk"), "needs a name"),
        (("customers", "reassign", "Kim", "--owner", "nobody"), "owner 'nobody'"),
        (("useful", "mark", "draft", "99", "down"), "no draft 99"),
        (("log", "c1", "note", "x", "--at", "soon"), "--at 'soon' is not a time"),
        (("touches", "--until", "soon"), "--until 'soon' is not a time"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_named(tenure: COMMAND, line: tuple[str, ...], said: str) -> None:
    assert said in tenure(*line, exit_code=2)["error"]["message"]
