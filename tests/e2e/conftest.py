"""A small company's files, a workspace, and a way to run commands in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tenure.cli.main import main
from tenure.testing.company import Company, CompanyPlan, Mess, write_folder

NOW_DAY = 20_758


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company's files, some rows broken."""
    folder = tmp_path_factory.mktemp("exports")
    plan = CompanyPlan(seed=3, customers=60, first_day=NOW_DAY - 60, planned_days=60, past_weeks=20)
    write_folder(Company(plan).history(60), folder, "csv", Mess(seed=1, duplicates=0.01, broken=0.002))
    return folder


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A new workspace of a venture of its own, on SQLite files unless a test asks for PostgreSQL."""
    folder = tmp_path / f"company-{uuid4().hex[:8]}"
    assert main(["init", str(folder)]) == 0
    if getattr(request, "param", "sqlite") == "postgres":
        config = folder / "tenure.toml"
        url = request.getfixturevalue("postgres_url")
        config.write_text(config.read_text().replace("[facts]", f'[store]\nurl = "{url}"\n\n[facts]', 1))
    return folder


@pytest.fixture
def run_in(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Callable[..., Any]]:
    """Commands in a workspace, with --json: gives their document, checks the exit code and that nothing else was printed."""

    def bound(workspace: Path) -> Callable[..., Any]:
        def run(*arguments: str, exit_code: int = 0) -> Any:
            capsys.readouterr()
            code = main([*arguments, "--workspace", str(workspace), "--json"])
            printed = capsys.readouterr()
            assert code == exit_code, printed.err
            assert "Traceback" not in printed.err
            return json.loads(printed.out)

        return run

    return bound


@pytest.fixture
def tenure(workspace: Path, run_in: Callable[[Path], Callable[..., Any]]) -> Callable[..., Any]:
    """Run a command in the workspace of the test."""
    return run_in(workspace)
