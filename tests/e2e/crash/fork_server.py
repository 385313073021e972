"""A process that has imported everything and holds nothing open: it forks a child for each order.

Starting Python with DuckDB and Ibis takes seconds, and so does compiling the queries of a first refresh; a fork takes
milliseconds, and every child still begins as a process that holds no file and no connection and runs no thread. Orders
come as JSON lines on standard input, what happens goes out as JSON lines on standard output (each shorter than a pipe's
atomic write, so children may write there too):

    {"start": "drain", "args": {...}}  ->  {"pid": 7, "started": true}
    {"await": 7}                       ->  {"pid": 7, "ended": -9}
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.e2e.crash.conftest import new_workspace
from tests.e2e.crash.facts import NOW_US, Stream
from tests.e2e.crash.work import COMPILED, WORK

from tenure.app.deployment import opened
from tenure.clock import HOUR_US, SystemClock

_THREADS = Path("/proc/self/task")
_SAFE_TO_FORK = {"jemalloc_bg_thd", "AdbcInterrupt"}
"""jemalloc, which pyarrow brings, prepares its own thread for forks (pthread_atfork); ADBC's waits for Ctrl-C and holds a
lock only then."""


def tell(**said: Any) -> None:
    """One line out; a single write, so that lines of several processes never mix."""
    os.write(sys.stdout.fileno(), (json.dumps(said) + "\n").encode())


def main() -> None:
    gc.disable()  # nobody here lives long enough to need it
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            if order["start"] in COMPILED:
                _compile_queries(order["start"])
            _refuse_threads()
            tell(pid=_fork(order["start"], order["args"]), started=True)
        else:
            _, status = os.waitpid(order["await"], 0)
            tell(pid=order["await"], ended=os.waitstatus_to_exitcode(status))


@cache
def _compile_queries(name: str) -> None:
    """Drain or refresh another workspace, twice, with new facts: children find the texts of most queries ready."""
    with TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as folder:
        workspace = Path(folder) / "work"
        new_workspace(workspace)
        stream = Stream(1, venture_id=1)
        for hour, count in enumerate((300, 60)):
            now_us = NOW_US + hour * HOUR_US
            with opened(workspace) as deployment:
                deployment.store.inbox.append(stream.rows(count, now_us))
                COMPILED[name](deployment, now_us)


def _fork(name: str, args: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(_work(name, args))
    return pid


def _work(name: str, args: dict[str, Any]) -> int:
    """Run in the child; returns its exit code."""
    seconds = SystemClock().monotonic
    began = seconds()

    def mark(text: str) -> None:
        tell(pid=os.getpid(), mark=text, at=seconds() - began)

    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, sys.stdin.fileno())
        WORK[name](mark, **args)
        mark("finished")
    except BaseException:
        traceback.print_exc()
        mark("failed")
        return 1
    return 0


def _refuse_threads() -> None:
    """A fork copies only the thread that forks; locks that others hold would stay held for ever."""
    if not _THREADS.is_dir():
        return
    names = [(task / "comm").read_text().strip() for task in _THREADS.iterdir() if task.name != str(os.getpid())]
    surprising = set(names) - _SAFE_TO_FORK
    if surprising:
        raise RuntimeError(f"the fork server must not have threads, it has {sorted(surprising)}")


if __name__ == "__main__":
    main()
