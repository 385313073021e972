"""The commands the pages of docs/metrics name work as they are written, on a small company."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main
from tenure.services.insights import METRICS
from tenure.testing.company import Company, CompanyPlan, write_folder

PAGES = Path(__file__).parents[2] / "docs" / "metrics"
NOW = "2026-11-01T00:00:00Z"
NOW_DAY = 20_758
COMMAND = re.compile(r"^ {4}(tenure .+)$|`(tenure [^`]+)`", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Every command of every page, each once, with the page that names it first."""
    found: dict[str, str] = {}
    for page in sorted(PAGES.glob("*.md")):
        for line, inline in COMMAND.findall(page.read_text()):
            found.setdefault(line or inline, page.stem)
    return [(page, command) for command, page in found.items()]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company of some weeks, imported and scored."""
    folder = tmp_path_factory.mktemp("documented")
    plan = CompanyPlan(seed=5, customers=40, first_day=NOW_DAY - 60, planned_days=60, past_weeks=12)
    write_folder(Company(plan).history(60), folder / "exports", "csv")
    for command in (["init", "company"], ["import", "exports", "--now", NOW], ["refresh", "--now", NOW]):
        places = [str(folder / word) if word in ("company", "exports") else word for word in command]
        where = [] if command[0] == "init" else ["--workspace", str(folder / "company")]
        assert main([*places, *where, "--json"]) == 0
    return folder / "company"


def test_every_metric_page_names_a_command_of_its_own() -> None:
    assert {page for page, _ in commands()} >= set(METRICS)


@pytest.mark.parametrize(("page", "command"), commands())
def test_the_command_of_a_metric_page_prints_one_document(
    page: str, command: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(workspace) if word == "DIR" else word for word in shlex.split(command)[1:]]
    for option, value in (("--workspace", [str(workspace)]), ("--json", [])):
        if option not in words:
            words += [option, *value]
    capsys.readouterr()
    code = main([*words, "--now", NOW])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    document: Any = json.loads(printed.out)
    assert document.get("metric") == page or set(document) >= set(METRICS)
