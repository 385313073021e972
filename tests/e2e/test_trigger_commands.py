"""`tenure triggers` and `tenure executions` as a person or a program uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main
from tenure.model.cause import Cause, CauseKind
from tenure.model.crossings import NewChain
from tenure.rules.triggers.document import parse_trigger
from tenure.store import Store
from tenure.triggers import shipped_triggers, trigger_schema

OWN = """id: SEATS-1
title: Few seats used
subject: customer
condition: seats < 5
iterations:
  - depth: 1
    actions:
      - do: write_crm
        args: {fields: {seats: 9}}
ends: [recovered]
"""


def test_the_shipped_triggers_are_listed_shown_and_checked(tenure: Callable[..., Any]) -> None:
    listed = tenure("triggers", "list")
    assert [one["trigger"] for one in listed] == ["RETENTION-001", "RETENTION-002", "RETENTION-003", "RETENTION-004"]
    assert {one["fired"] for one in listed} == {0}
    shown = tenure("triggers", "show", "RETENTION-001")
    assert (shown["max_depth"], shown["cooldown_days"], shown["success"]["target"]) == (3, 7, 0.3)
    assert "no live trigger" in tenure("triggers", "show", "RETENTION-9", exit_code=2)["error"]["message"]
    assert tenure("triggers", "check") == {"ok": True, "triggers": []}


def test_a_team_checks_its_own_file(tenure: Callable[..., Any], workspace: Path) -> None:
    folder = workspace / "triggers"
    folder.mkdir(exist_ok=True)
    file = folder / "seats.yaml"
    file.write_text(OWN)
    assert tenure("triggers", "check") == {"ok": True, "triggers": ["SEATS-1"]}
    file.write_text(OWN.replace("seats < 5", "seats < many"))
    refused = tenure("triggers", "check", exit_code=2)["error"]
    assert refused["message"].startswith("seats.yaml, line 4: condition:")
    (planned,) = tenure("plan", exit_code=1)["triggers"]
    assert planned["state"] == "invalid" and planned["problems"][0].startswith("triggers/seats.yaml, line 4: condition:")
    assert "Nothing was published: triggers/seats.yaml, line 4" in tenure("apply", exit_code=2)["error"]["message"]
    file.write_text(OWN.replace("seats: 9", "seats: 1"))
    refused = tenure("triggers", "check", exit_code=1)["error"]
    assert "SEATS-1 (write_crm) -> SEATS-1" in refused["message"]


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["triggers", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(trigger_schema())


def test_executions_have_the_fixed_names(tenure: Callable[..., Any], workspace: Path) -> None:
    assert tenure("executions") == []
    with Store.open(workspace / ".tenure", environment={}) as store:
        own = store.ventures.all()[0].venture_id
        definitions = [parse_trigger(text, name) for name, text in shipped_triggers().items()]
        store.triggers.publish(own, [(one, one.trigger_id) for one in definitions], by="tenure", why="shipped", now_us=1)
        chains = [
            NewChain(
                trigger_id=trigger, trigger_version=1, subject=subject, firing_key=f"{subject}#1", intents=(),
                cause=Cause(kind=CauseKind.trigger, trigger=trigger, trigger_version=1, iteration=1, score_run=7),
            )
            for trigger, subject in (("RETENTION-001", "c1"), ("RETENTION-002", ""), ("RETENTION-004", "crm"))
        ]  # fmt: skip
        store.executions.open(own, chains, now_us=1_772_000_000_000_000)
    rows = tenure("executions")
    assert [(one["trigger"], one["customer_id"], one["subject"]) for one in rows] == [
        ("RETENTION-004", None, "crm"), ("RETENTION-002", None, ""), ("RETENTION-001", "c1", "c1"),
    ]  # fmt: skip
    first = rows[-1]
    assert {"trigger", "customer_id", "iteration", "state", "opened_at", "terminated_at", "reason", "cause"} <= set(first)
    assert (first["iteration"], first["state"], first["opened_at"], first["terminated_at"]) == (1, "waiting", "2026-02-25T06:13:20Z", None)
    assert first["cause"]["score_run"] == 7
    assert len(tenure("executions", "--customer", "c1", "--open")) == 1
    assert tenure("executions", "--trigger", "RETENTION-003") == []
