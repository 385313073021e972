"""`tenure demo`, whole and small: one document on standard output, progress on standard error, a workspace to look around in."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main
from tenure.testing.company.vocabulary import RATES, REGIONS

NOW = "2026-11-01T00:00:00Z"
SIZE = ["--customers", "40", "--days", "60", "--now", NOW]


def test_the_demo_does_the_whole_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run_in: Callable[[Path], Callable[..., Any]]
) -> None:
    folder = tmp_path / "demo"
    assert main(["demo", *SIZE, "--into", str(folder), "--json"]) == 0
    printed = capsys.readouterr()
    summary = json.loads(printed.out)
    assert summary["as_of"] == NOW and all(summary["facts"][kind] for kind in ("customers", "users", "events", "revenue"))
    assert summary["attention"] and sum(summary["distribution"].values()) > 0
    assert "<svg" in Path(summary["report"]).read_text()
    steps = [line for line in printed.err.splitlines() if line.startswith("A company of 40 customers comes in: ")]
    assert len(steps) > 3 and steps[-1].endswith(f"{len(steps) - 1} of {len(steps) - 1}")

    run = run_in(folder)
    revenue = run("metrics", "revenue", "--now", NOW)["result"]
    assert revenue["arr_unknown"] == 0 and all(month["unconverted"] == [] for month in revenue["months"])
    assert run("status", "--now", NOW)["last_refresh"]["as_of"] == NOW
    assert main(["demo", *SIZE, "--into", str(tmp_path)]) == 2, "a folder of somebody else is left alone"


def test_every_currency_of_the_company_has_its_rate(tmp_path: Path) -> None:
    from tenure.cli.demo import _make_workspace

    _make_workspace(tmp_path / "demo")
    declared = tomllib.loads((tmp_path / "demo" / "tenure.toml").read_text())
    assert {row["currency"] for row in declared["rate"]} == {region.currency for region in REGIONS} - {declared["venture"]["currency"]}
    assert len(declared["rate"]) == len(RATES)
