"""Trigger evaluation and planning at a million customers: scores generated, 58,000 of them changed before each look.

A look is `TriggerService.evaluate` (narrowing, judging, chains and intents of whoever crossed) and `advance` (every open chain).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.table import Row, print_table
from tenure.clock import DAY_US
from tenure.model.incidents import LoopState, Mode
from tenure.model.runs import RunEnd, RunKind
from tenure.model.touches import Response
from tenure.parameters import resolve
from tenure.services.triggers import TriggerService
from tenure.store import Store
from tenure.triggers import shipped_triggers

CHANGED_SHARE = 0.058
CROSSING_SHARE = 0.002
BAR_SECONDS = 5.0
NOW_US = 20_514 * DAY_US


class _Live:
    """Live, nothing paused, nobody kept out."""

    def state(self, venture_id: int, now_us: int) -> LoopState:
        return LoopState(mode=Mode.live, live_since_us=1)

    def hands_off(self, venture_id: int, customer_ids: Sequence[str], now_us: int) -> Mapping[str, str]:
        return {}

    def of_customers(self, venture_id: int, customer_ids: Sequence[str], since_us: int) -> Sequence[Response]:
        return []


def rows(customers: int, runs: int, location: str | Path, engine: str) -> list[Row]:
    """The look at one store."""
    with Store.open(location, environment={}) as store:
        company = _Company(store, customers)
        first = company.look()
        looks, crossed = [], 0
        for number in range(1, runs + 1):
            company.change(number)
            seconds, fired = company.look()
            looks.append(seconds)
            crossed = max(crossed, fired)
    size = f"{customers:,} customers, {int(customers * CHANGED_SHARE):,} changed, {crossed:,} crossed"
    bar = BAR_SECONDS
    one = Row(
        f"trigger evaluation and planning, {engine}", size, tuple(looks), "s", f"{bar:g} s", f"{max(looks) / bar:.2f}",
        sorted(looks)[len(looks) // 2] <= bar,
    )  # fmt: skip
    start = Row(f"the first look ever, {engine}", size, (first[0],), "s", "", "", None)
    return [one, start]


class _Company:
    def __init__(self, store: Store, customers: int) -> None:
        self._store, self._rng = store, np.random.default_rng(7)
        self._own = store.ventures.ensure("bench", name="Bench", currency="USD", timezone="UTC", now_us=1).venture_id
        self._ids = np.array([f"c{number:07}" for number in range(customers)])
        self._scores = self._rng.integers(0, 1000, customers)
        self._now_us = NOW_US
        self._publish(np.arange(customers), self._scores, RunKind.full)
        self._service = TriggerService(
            store,
            venture_id=self._own,
            venture_key="bench",
            parameters=lambda: resolve({"critical_alert_delay_minutes": 0}),
            controls=_Live(),  # type: ignore[arg-type]
            responses=_Live(),  # type: ignore[arg-type]
            shipped=shipped_triggers(),
        )

    def change(self, number: int) -> None:
        """Most changed scores stay in their band; some of those well above fall below the threshold."""
        self._now_us = NOW_US + number * DAY_US
        count, crossing = int(len(self._ids) * CHANGED_SHARE), int(len(self._ids) * CROSSING_SHARE)
        changed = np.sort(self._rng.choice(len(self._ids), count, replace=False))
        scores = np.where(self._scores[changed] >= 400, self._rng.integers(400, 1000, count), self._rng.integers(0, 400, count))
        above = np.flatnonzero(scores >= 400)[:crossing]
        scores[above] = 300
        before = self._scores[changed].copy()
        self._scores[changed] = scores
        self._publish(changed, scores, RunKind.incremental, before)

    def look(self) -> tuple[float, int]:
        started = time.perf_counter()
        found = self._service.evaluate(self._now_us)
        self._service.advance(self._now_us)
        return time.perf_counter() - started, len(found.fired)

    def _publish(self, which: np.ndarray, tenths: np.ndarray, kind: RunKind, before: np.ndarray | None = None) -> None:
        status = np.where(tenths < 400, "critical", np.where(tenths < 700, "at_risk", "healthy"))
        count = len(which)
        table = {
            "customer_id": self._ids[which], "score_tenths": tenths, "total": tenths / 10, "health_status": status,
            "coverage": np.ones(count), "scorecard": ["default"] * count, "scorecard_version": ["1"] * count,
            "is_new": np.zeros(count, dtype=np.int64), "change_configuration": np.zeros(count),
            "change_behaviour": np.zeros(count) if before is None else (tenths - before) / 10,
        }  # fmt: skip
        run = self._store.runs.start(self._own, kind, as_of_us=self._now_us, known_batch=1, now_us=self._now_us)
        end = RunEnd(ended_us=self._now_us, checks={"fallen": 0, "same_configuration": True})
        self._store.health.publish(self._own, run.run_id, end, pa.table(table))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.triggers", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--postgres", help="URL of an empty database; without it SQLite is measured")
    given = parser.parse_args()
    if given.postgres:
        print_table(rows(given.customers, given.runs, given.postgres, "PostgreSQL"))
        return
    with tempfile.TemporaryDirectory() as folder:
        print_table(rows(given.customers, given.runs, Path(folder), "SQLite"))


if __name__ == "__main__":
    main()
