"""The insights report and the review packs as the calendar writes them, over a real workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure.cli.main import main

FIRST_OF_MONTH, FIRST_MONDAY = "2026-11-01T02:30:00Z", "2026-11-02T10:00:00Z"


def test_C6_the_calendar_writes_the_insights_report_and_the_packs(tenure: Callable[..., Any], exports: Path, workspace: Path) -> None:
    tenure("import", str(exports), "--now", "2026-10-31T23:00:00Z")
    tenure("tick", "--now", FIRST_OF_MONTH)
    done = tenure("tick", "--now", FIRST_MONDAY)["operations"]
    assert "path " in done["insights_report"] and {"weekly_digest", "business_review"} <= set(done), done
    written = {file.name for file in (workspace / "reports").iterdir()}
    packs = {f"{name}-2026-11-02.{form}" for name in ("weekly-review", "business-review") for form in ("html", "pdf")}
    assert written >= packs | {"2026-11-02.html"} | {f"insights-report-2026-11-02.{form}" for form in ("html", "pdf", "json")}
    paper = json.loads((workspace / "reports" / "insights-report-2026-11-02.json").read_bytes())
    features = paper["sections"][0]["figures"]
    assert features and all(one["total"] == len(one["customers"]) and one["query"].startswith("tenure insights --figure") for one in features)


def test_insights_refuses_formats_it_does_not_know(workspace: Path) -> None:
    for wrong in (["--format", "doc"], ["--format", "pdf", "--out", "x.html"], ["--out", "x.txt"], ["--figure", "a", "--format", "pdf"]):
        assert main(["insights", *wrong, "--workspace", str(workspace)]) == 2
