"""`tenure playbooks` as a person uses it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Tree
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("northwind") / "ws"
    assert main(["init", str(folder)]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], workspace: Path, *arguments: str, code: int = 0) -> Any:
    capsys.readouterr()
    found = main(["playbooks", *arguments, "--workspace", str(workspace), "--json"])
    out = capsys.readouterr()
    assert found == code, out.err
    return json.loads(out.out)


def test_C2_shipped_playbooks_are_drafts_until_somebody_publishes_them(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    assert {row["state"] for row in run(capsys, workspace, "list")} == {"draft"}
    done = run(capsys, workspace, "publish", "onboarding", "--why", "accepted")
    assert [(one["playbook"], one["version"]) for one in done["published"]] == [("onboarding", 1)]
    assert run(capsys, workspace, "publish", "onboarding", "--why", "again")["unchanged"] == ["onboarding"]
    states = {row["playbook"]: row["state"] for row in run(capsys, workspace, "list")}
    assert states["onboarding"] == "live" and states["critical"] == "draft"


def test_a_broken_file_is_named_and_nothing_is_published(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    file = workspace / "playbooks" / "hello.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("key: hello\nkind: engagement\n")
    found = run(capsys, workspace, "check", code=1)
    assert found["problems"] == ["playbooks/hello.yaml, line 1: the document: `title` is missing. Add `title:`."]
    said = run(capsys, workspace, "publish", "--why", "all", code=2)
    assert "playbooks/hello.yaml, line 1" in said["error"]["message"]
    file.unlink()
    assert run(capsys, workspace, "check")["ok"] is True


def test_publishing_needs_a_reason(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    assert "needs a reason" in run(capsys, workspace, "publish", "critical", code=2)["error"]["message"]


def test_a_picture_is_written(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    found = run(capsys, workspace, "show", "at_risk", "--svg", str(tmp_path / "a.svg"))
    assert [one["day"] for one in found["timeline"]] == [0, 3, 7, 7]
    assert Tree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


def test_pausing_and_resuming(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    run(capsys, workspace, "publish", "engagement", "--why", "accepted")
    run(capsys, workspace, "pause", "engagement", "--why", "complaints")
    assert {row["playbook"]: row["state"] for row in run(capsys, workspace, "list")}["engagement"] == "paused"
    assert run(capsys, workspace, "resume", "engagement")["was_paused"] is True
    assert "never published" in run(capsys, workspace, "pause", "renewal", code=2)["error"]["message"]


def test_day_one_5_a_step_goes_to_oneself_before_it_is_published(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    found = run(capsys, workspace, "test-to", "me@example.com", "-p", "at_risk", "-s", "feature_guide")
    assert "Acme Ltd" in found["subject"] and "Sam" in found["text"]
    assert "no mail address" in run(capsys, workspace, "test-to", "me", "-p", "at_risk", "-s", "feature_guide", code=2)["error"]["message"]
    assert "several templates" in run(capsys, workspace, "test-to", "me@example.com", "-p", "at_risk", "-s", "personal_email", code=2)["error"]["message"]


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["playbooks", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Tenure playbook"
