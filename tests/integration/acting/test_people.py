"""`tenure people`: the team by commands, and whose Slack account it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenure.app.deployment import opened
from tenure.app.outside import Outside
from tenure.cli.main import main


def test_people_come_leave_and_are_known_on_slack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "acme"
    assert main(["init", str(folder)]) == 0

    def said(*words: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main(["people", *words, "--workspace", str(folder), "--json"]) == code
        out = capsys.readouterr().out
        return json.loads(out) if code == 0 else None

    assert said("add", "Lee", "lee@example.com", "--role", "lead")["role"] == "lead"
    said("add", "Ola", "ola@example.com")
    assert said("slack", "lee@example.com", "U0123ABCD")["slack"] == "U0123ABCD"
    said("slack", "lee@example.com", "lee", code=2)
    said("slack", "eve@example.com", "U0123ABCE", code=2)
    said("add", "No mail", "nobody", code=2)
    with opened(folder) as deployment:
        outside = Outside(deployment)
        lee = outside.person_on_slack("U0123ABCD")
        assert lee is not None and lee.name == "Lee"
        assert outside.person_on_slack("U0EVE0000") is None and outside.person_on_slack("") is None
    said("slack", "ola@example.com", "U0123ABCD")  # the account is somebody else's now
    said("leave", "ola@example.com")
    assert [(one["name"], one["left_at"] is None) for one in said("list")] == [("Lee", True), ("Ola", False)]
    with opened(folder) as deployment:
        assert Outside(deployment).person_on_slack("U0123ABCD") is None, "who left answers nothing"
