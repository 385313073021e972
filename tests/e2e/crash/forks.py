"""The tests' side of the fork server: children that say how far they are, and moments at which to kill them."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 300
FIRST_SECONDS = 900
"""The first child waits for what the fork server compiles: twenty seconds of a machine that does nothing else."""
FINISHED, FAILED = "finished", "failed"


class Forks:
    """A running fork server. Close it when done; children still alive are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.crash.fork_server"],
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said: dict[int, queue.Queue[dict[str, Any]]] = defaultdict(queue.Queue)
        self._started: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._alive: set[int] = set()
        self._reader = threading.Thread(target=self._read, name="fork-server-reader", daemon=True)
        self._reader.start()

    def start(self, work: str, **args: Any) -> Child:
        """Fork a child that does this work (a name of `work.WORK`)."""
        self._order(start=work, args=args)
        started = self._started.get(timeout=FIRST_SECONDS)
        if started is None:
            raise RuntimeError("the fork server ended; its reason stands on standard error")
        self._alive.add(started["pid"])
        return Child(started["pid"], self)

    def run(self, work: str, **args: Any) -> list[Mark]:
        """Do this work to its end in a child; returns its marks."""
        child = self.start(work, **args)
        assert child.end() == 0, f"{work} ended with {child.status}"
        return child.marks

    def end(self, pid: int) -> None:
        self._order(**{"await": pid})
        self._alive.discard(pid)

    def lines(self, pid: int) -> queue.Queue[dict[str, Any]]:
        return self._said[pid]

    def close(self) -> None:
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "started" in said:
                self._started.put(said)
            else:
                self._said[said["pid"]].put(said)
        self._started.put(None)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the work that a child reached, and when (seconds since it began)."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: so many seconds after a mark was reached for the so-many-th time (0: after the start)."""

    mark: str
    times: int
    seconds: float


@dataclass
class Child:
    """One forked child. `marks` are those heard so far."""

    pid: int
    forks: Forks
    marks: list[Mark] = field(default_factory=list)
    status: int | None = None

    def wait_for(self, text: str, times: int = 1) -> Mark | None:
        """The mark that begins with this text for the so-many-th time; None when the child finishes before."""
        heard = 0
        while times:
            for mark in self.marks[heard:]:
                times -= mark.text.startswith(text)
                if not times:
                    return mark
            heard = len(self.marks)
            if self.has_finished:
                return None
            self._hear()
        return None

    @property
    def has_finished(self) -> bool:
        return bool(self.marks) and self.marks[-1].text == FINISHED

    def kill(self) -> bool:
        """SIGKILL; True when it interrupted the work. The process is not reaped before, so its id is its own."""
        os.kill(self.pid, signal.SIGKILL)
        return self.end() == -signal.SIGKILL and not self.has_finished

    def kill_at(self, moment: Moment) -> bool:
        self.wait_for(moment.mark, moment.times)
        time.sleep(moment.seconds)
        return self.kill()

    def end(self) -> int:
        """Wait for the end; returns the exit code, negative for a signal."""
        self.forks.end(self.pid)
        while self.status is None:
            self._hear()
        return self.status

    def _hear(self) -> None:
        said = self.forks.lines(self.pid).get(timeout=PATIENCE_SECONDS)
        if "ended" in said:
            self.status = said["ended"]
            return
        assert said["mark"] != FAILED, "the work failed by itself; its traceback stands on standard error"
        self.marks.append(Mark(said["mark"], said["at"]))


def moments(rehearsal: Sequence[Mark], rounds: int, aims: Collection[str], rng: random.Random) -> list[Moment]:
    """Moments over an uninterrupted round: a third spread over its time, a third over its marks, a third at aims.

    Time alone would hardly ever hit what is short (a commit); marks alone would hit only where somebody thought of one.

    Args:
        rehearsal: the marks of a round nobody interrupted.
        aims: texts of marks at which most is at stake.
    """
    aimed = [place for place, mark in enumerate(rehearsal) if mark.text in aims]
    third = rounds // 3
    chosen = [_at_time(rehearsal, place) for place in _spread(rounds - 2 * third, rehearsal[-1].at, rng)]
    chosen += [_at_mark(rehearsal, int(place), rng) for place in _spread(third, len(rehearsal), rng)]
    chosen += [_at_mark(rehearsal, aimed[int(place)] + 1, rng) for place in _spread(third, len(aimed), rng)]
    rng.shuffle(chosen)
    return chosen


def _spread(count: int, length: float, rng: random.Random) -> list[float]:
    """One random place in each of `count` equal pieces of a length."""
    return [(piece + rng.random()) * length / count for piece in range(count)]


def _at_time(rehearsal: Sequence[Mark], seconds: float) -> Moment:
    reached = sum(mark.at <= seconds for mark in rehearsal)
    since = rehearsal[reached - 1].at if reached else 0.0
    return _moment(rehearsal, reached, seconds - since)


def _at_mark(rehearsal: Sequence[Mark], reached: int, rng: random.Random) -> Moment:
    """Somewhere between this many marks and the next; close to the first more often than not."""
    reached = min(reached, len(rehearsal) - 1)
    since = rehearsal[reached - 1].at if reached else 0.0
    return _moment(rehearsal, reached, (rehearsal[reached].at - since) * rng.random() ** 2)


def _moment(rehearsal: Sequence[Mark], reached: int, seconds: float) -> Moment:
    """Named by its mark and how often that came before: other rounds may say a little more or less in between."""
    if reached == 0:
        return Moment("", 0, seconds)
    text = rehearsal[reached - 1].text
    return Moment(text, sum(mark.text == text for mark in rehearsal[:reached]), seconds)
