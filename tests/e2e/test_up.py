"""`tenure up` as a program starts it: where it listens, in the form asked for."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tenure.cli.main import main

TENURE = [sys.executable, "-c", "from tenure.cli.main import run; run()"]


@pytest.mark.parametrize("as_json", [False, True])
def test_up_says_where_it_is_ready(tmp_path: Path, as_json: bool) -> None:
    assert main(["init", str(tmp_path / "work")]) == 0
    command = [*TENURE, "up", "--workspace", str(tmp_path / "work"), "--port", "0", *(["--json"] if as_json else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = json.loads(line)["ready"] if as_json else line.removeprefix("ready ").strip()
            with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
                assert answer.status == 200
            process.terminate()
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode in (0, -15), rest) == (True, "")
    assert (f"ready {address}" in errors) is as_json
    assert "Traceback" not in errors
