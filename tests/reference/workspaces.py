"""The example workspaces used as a user would: copied, filled and asked with the product's own commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Tenure = Callable[..., Any]
"""Runs one command with --json in a workspace and returns its document."""


def workspace_of(example: str, folder: Path) -> Path:
    """A copy of an example workspace, without anything it may hold from being tried out."""
    target = folder / example
    shutil.copytree(EXAMPLES / example, target, ignore=shutil.ignore_patterns(".tenure", "reports"))
    return target


def commands_in(workspace: Path) -> Tenure:
    """`tenure` in this workspace."""

    def tenure(*arguments: str | Path | int) -> Any:
        command = [*map(str, arguments), "--workspace", str(workspace), "--json"]
        with pytest.MonkeyPatch.context() as patched:
            said = _Captured()
            patched.setattr("sys.stdout", said)
            code = main(command)
        assert code == 0, (command, said.text)
        return json.loads(said.text)

    return tenure


class _Captured:
    """Standard output as one text."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False
