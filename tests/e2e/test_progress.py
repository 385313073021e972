"""Progress is for whoever watches: a bar on the terminal of standard error, never a word of it in the document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tenure.cli.main import main

TENURE = [sys.executable, "-c", "from tenure.cli.main import run; run()"]


@pytest.mark.parametrize(("command", "what"), [("import", "Reading"), ("refresh", "Scoring")])
def test_a_bar_is_drawn_on_the_terminal_and_standard_output_stays_one_document(tmp_path: Path, command: str, what: str) -> None:
    assert main(["init", str(tmp_path / "work")]) == 0
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,created_at\nc1,2026-01-01\n")
    paths = [str(file)] if command == "import" else []
    watched, terminal = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    arguments = [*TENURE, command, *paths, "--workspace", str(tmp_path / "work"), "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=terminal, env=environment) as process:
        os.close(terminal)
        try:
            drawn = _everything(watched)
            document, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            os.close(watched)
    assert (process.returncode, what in drawn) == (0, True)
    assert isinstance(json.loads(document), dict) and what.encode() not in document


def _everything(descriptor: int) -> str:
    parts = []
    try:
        while part := os.read(descriptor, 65_536):
            parts.append(part)
    except OSError:  # what Linux says at the end of a terminal
        pass
    return b"".join(parts).decode()


def test_without_a_terminal_nothing_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "work")]) == 0
    capsys.readouterr()
    assert main(["refresh", "--workspace", str(tmp_path / "work"), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "" and isinstance(json.loads(printed.out), dict)
