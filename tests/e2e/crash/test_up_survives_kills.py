"""`tenure up` as a person runs it: killed with kill -9 and started again, it has everything it answered for."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.crash.calls import Client, batches
from tests.e2e.crash.conftest import new_workspace

from tenure.app.deployment import opened
from tenure.model.jobs import Job, JobState

pytestmark = pytest.mark.xdist_group("crash-ingest")

TENURE = str(Path(sys.executable).with_name("tenure"))
PATIENCE_SECONDS = 180


@contextmanager
def up(workspace: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running `tenure up` and its port; killed at the end where it still runs."""
    command = [TENURE, "up", "--workspace", str(workspace), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = next(line for line in process.stdout if line.startswith("ready "))
            yield process, int(ready.rsplit(":", 1)[1])
        finally:
            process.kill()


def tenure(workspace: Path, *arguments: str) -> Any:
    """What a command answers with --json."""
    command = [TENURE, *arguments, "--workspace", str(workspace), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 20):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def jobs_of(workspace: Path, kind: str, state: JobState) -> list[Job]:
    with opened(workspace) as deployment:
        found = deployment.store.jobs.list(deployment.venture.venture_id, state=state, limit=100)
    return [job for job in found if job.kind == kind]


def test_up_killed_at_work_goes_on_where_it_was_and_does_what_commands_hand_over(tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    client = Client(new_workspace(workspace))
    load = batches(random.Random(7), count=30, size=20)
    with up(workspace) as (process, port):
        client.post(port, load[:20], connections=2).join()
        with opened(workspace) as deployment:
            deployment.jobs.ask("refresh", {})
        wait_until(lambda: bool(jobs_of(workspace, "refresh", JobState.running)))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert len(client.answered) == 20
    assert jobs_of(workspace, "refresh", JobState.running), "killed at work: the job still says it runs"
    with up(workspace) as (process, port):
        wait_until(lambda: bool(jobs_of(workspace, "refresh", JobState.done)))
        client.post(port, load[20:], connections=2).join()
        refreshed = tenure(workspace, "refresh")
        handed_over, killed = jobs_of(workspace, "refresh", JobState.done)
        assert handed_over.claimed_by == killed.claimed_by, "both were done by the process that holds the warehouse"
        assert str(process.pid) in str(handed_over.claimed_by)
        status = tenure(workspace, "status")
    events = {key for batch in load for key in batch.events}
    assert len(client.answered) == 30
    assert status["facts"]["events"] == len(events)
    assert status["inbox"] == 0
    assert refreshed["state"] == "published"
