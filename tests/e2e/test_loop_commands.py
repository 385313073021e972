"""The closed loop by its commands: watch, rehearse, live, tick, and what the lists say; the names are fixed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main

COMMAND = Callable[..., Any]
DAYS = [f"2026-11-{day:02d}T02:00:00Z" for day in (2, 3, 4, 5)]


@pytest.fixture(scope="module")
def ticked(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with facts, ticked once, still watching; nobody writes into this one."""
    folder: Path = tmp_path_factory.mktemp("ticked") / "company"
    assert main(["init", str(folder)]) == 0
    for command in (["import", str(exports), "--now", "2026-11-01T23:00:00Z"], ["tick", "--now", "2026-11-02T01:00:00Z"]):
        assert main([*command, "--workspace", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def workspace(ticked: Path, tmp_path: Path) -> Path:
    """A copy to work in."""
    return shutil.copytree(ticked, tmp_path / "company")


@pytest.fixture
def loop(tenure: COMMAND) -> COMMAND:
    """Commands in that workspace."""
    return tenure


def test_a_new_venture_watches_and_goes_live_only_after_a_rehearsal(
    loop: COMMAND, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = "2026-11-02T02:30:00Z"
    loop("playbooks", "publish", "--why", "start", "--now", now)
    watched = loop("tick", "--now", "2026-11-02T02:10:00Z")
    assert watched["mode"] == "watch"
    assert [one for one in loop("touches") if one["state"] == "sent" and one["customer_facing"]] == []
    assert main(["live", "--workspace", str(workspace), "--now", now]) == 1
    assert "rehearse" in capsys.readouterr().err
    rehearsed = loop("rehearse", "--from", "2026-10-30", "--now", now)
    assert set(rehearsed) >= {"chains", "entered", "messages", "customers", "revenue_touched_cents", "not_sent", "approvals_needed", "touches"}
    assert loop("live", "--why", "seen it", "--now", now)["mode"] == "live"
    for day in DAYS[1:]:
        done = loop("tick", "--now", day)
        assert done["operations"]["daily_scores"] == "done"
    again = loop("tick", "--now", DAYS[-1])
    assert "daily_scores" not in again["operations"], "what is due is done once"
    for row in loop("executions"):
        assert set(row) >= {"trigger", "customer_id", "iteration", "state", "opened_at", "terminated_at", "reason", "cause"}
    touches = loop("touches")
    for row in touches:
        assert set(row) >= {"customer_id", "channel", "playbook", "version", "step", "variant", "state", "reason", "decided_at", "sent_at", "cause"}
    assert isinstance(loop("decisions"), list) and isinstance(loop("incidents"), list)


def test_gates_say_what_is_missing_and_answer_no(loop: COMMAND, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gates", "--workspace", str(workspace), "--json", "--now", "2026-11-02T03:00:00Z"]) == 1
    rows = json.loads(capsys.readouterr().out)["gates"]
    assert [row["gate"] for row in rows][-3:] == ["success system active", "retention improving", "NPS positive"]
    assert all(row["evidence"] and row["verdict"] in ("pass", "not_yet", "fail") for row in rows)
    by_gate = {row["gate"]: row["verdict"] for row in rows}
    assert by_gate["scoring implemented"] == "pass"
    assert by_gate["CRM configured"] == "not_yet"
    loop("crew", "setup", "--confirm", "crm_none", "--now", "2026-11-02T03:00:00Z")
    main(["gates", "--workspace", str(workspace), "--json", "--now", "2026-11-02T04:00:00Z"])
    rows = json.loads(capsys.readouterr().out)["gates"]
    chosen = next(row for row in rows if row["gate"] == "CRM configured")
    assert (chosen["verdict"], chosen["since"][:10]) == ("pass", "2026-11-02")


def test_crew_status_and_wrong_use(loop: COMMAND, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert loop("crew", "status")["mode"] == "watch"
    assert main(["crew", "setup", "--workspace", str(workspace), "--now", "2026-11-02T03:00:00Z"]) == 0
    assert "surveys: waiting" in capsys.readouterr().out
    assert main(["crew", "setup", "--confirm", "escalation_drill", "--workspace", str(workspace)]) == 2, "C3: it is done, not confirmed"
    assert "was not done yet" not in loop("crew", "drill", "--by", "Lee")["said"]
    assert main(["crew", "setup", "--confirm", "nothing", "--workspace", str(workspace)]) == 2
    assert main(["rehearse", "NOBODY", "--workspace", str(workspace), "--now", "2026-11-02T03:00:00Z"]) == 2
    assert main(["rehearse", "--from", "2026-11-05", "--to", "2026-11-01", "--workspace", str(workspace), "--now", "2026-11-02T03:00:00Z"]) == 2


def test_I3_a_detractor_nobody_deals_with_gives_the_owner_a_task_once(loop: COMMAND, tmp_path: Path) -> None:
    quiet = next(row["customer_id"] for row in loop("health", "--now", "2026-11-02T01:00:00Z") if row["status"] == "healthy")
    answers = tmp_path / "answers.csv"
    answers.write_text(f"survey,customer_id,score,answered_at\nnps,{quiet},2,2026-11-02T03:00:00Z\nnps,{quiet},1,2026-03-02T03:00:00Z\n")
    loop("import", str(answers), "--now", "2026-11-02T03:30:00Z")
    for minute in (31, 32):
        loop("tick", "--now", f"2026-11-02T03:{minute}:00Z")
    [task] = [one for one in loop("tasks", "list") if one["kind"] == "detractor_follow_up"]
    assert task["customer_id"] == quiet and "2026-11-04T03:00" in task["due_at"], "within 48 hours; an answer of long ago is no news"
