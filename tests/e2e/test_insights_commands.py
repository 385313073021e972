"""`tenure insights` and the packs of the calendar, over a real workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure.cli.main import main

NOW = "2026-11-02T10:00:00Z"
"""The first Monday of a month, an hour after the packs are due."""


def test_insights_are_written_open_by_key_and_the_packs_go_out(tenure: Callable[..., Any], exports: Path, workspace: Path, tmp_path: Path) -> None:
    tenure("import", str(exports), "--now", "2026-10-31T23:00:00Z")
    tenure("tick", "--now", "2026-11-01T02:30:00Z")
    ticked = tenure("tick", "--now", NOW)["operations"]
    assert ticked["insights_report"].startswith("path "), ticked
    assert {"weekly_digest", "business_review"} <= set(ticked)
    written = {file.name for file in (workspace / "reports").iterdir()}
    assert {f"{name}-2026-11-02.{form}" for name in ("weekly-review", "business-review") for form in ("html", "pdf")} <= written
    assert {"2026-11-02.html", "insights-report-2026-11-02.html", "insights-report-2026-11-02.pdf", "insights-report-2026-11-02.json"} <= written

    found = tenure("insights", "--out", str(tmp_path / "own.json"), "--now", NOW)
    assert list(found["files"]) == ["json"] and json.loads((tmp_path / "own.json").read_bytes()) == found["report"]
    features = found["report"]["sections"][0]["figures"]
    assert features and all(one["total"] == len(one["customers"]) for one in features)
    again = tenure("insights", "--figure", features[0]["key"], "--now", NOW)["figure"]
    assert (again["text"], again["customers"]) == (features[0]["text"], features[0]["customers"])
    assert main(["insights", "--figure", "nothing", "--workspace", str(workspace), "--now", NOW]) == 2
    assert main(["insights", "--format", "doc", "--workspace", str(workspace)]) == 2
    assert main(["insights", "--format", "pdf", "--out", "x.html", "--workspace", str(workspace)]) == 2
