"""90 days of the past for 100,000 customers: scores, crossings and cards of every daily refresh."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.company import say, watch
from bench.loop import TEXTS, processor_seconds, watches
from bench.make_data import Company, open_company
from bench.table import Row, print_table
from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.parameters import resolve
from tenure.scorecards import default_scorecard
from tenure.services.scoring.configuration import live_config
from tenure.warehouse.engine import Engine
from tenure.warehouse.loop.past import PastSubjects

BAR_SECONDS = 15.0
DAYS = 90
CARDS_A_DAY = 200
PAST_DAYS = 110
"""Of the company: the days walked through and the weeks before them that the first of them looks back on."""


def replay(engine: Engine, to_us: int, days: int) -> Mapping[str, float]:
    """Seconds of one walk through the past, by part."""
    config = live_config((), default_scorecard(), resolve(), FactMapping(), {})
    past, asked = PastSubjects(engine, lambda now_us: config), watches()
    spent = {"scores": 0.0, "changes": 0.0, "crossings": 0.0, "cards": 0.0}
    crossings = changes = 0
    at = watch.monotonic()

    def lap(part: str) -> None:
        nonlocal at
        now = watch.monotonic()
        spent[part] += now - at
        at = now

    try:
        for day in past.days(to_us - days * DAY_US, to_us, watches=asked):
            lap("scores")
            changes += past.changes().num_rows
            lap("changes")
            crossed = past.crossed(asked, day.now_us)
            for name, customers in crossed.items():
                past.judged(name, customers, day.now_us)
                crossings += len(customers)
            lap("crossings")
            past.cards(crossed["critical"][:CARDS_A_DAY], day.now_us)
            lap("cards")
    finally:
        past.close()
    say(f"{changes:,} changes, {crossings:,} crossings")
    return spent


def rows(customers: int, events: int, runs: int, days: int = DAYS) -> list[Row]:
    """The bench's rows."""
    company, seconds = Company(customers, events, days=PAST_DAYS, lived=True), []
    with tempfile.TemporaryDirectory() as folder, open_company(Path(folder) / "facts.duckdb", company, say) as warehouse:
        for _ in range(runs):
            used = processor_seconds()
            spent = replay(warehouse.engine, company.now_us, days)
            seconds.append(sum(spent.values()))
            parts = ", ".join(f"{part} {took:.1f}" for part, took in spent.items())
            say(f"{seconds[-1]:.1f} s ({parts}), {processor_seconds() - used:.1f} s of processor")
    median = sorted(seconds)[len(seconds) // 2]
    work = f"{days} days of scores, crossings of {len(TEXTS)} watches, cards"
    size = f"{customers:,} customers, {events:,} events"
    return [Row(work, size, tuple(seconds), "s", f"{BAR_SECONDS:g} s", f"{BAR_SECONDS / median:.1f} x", median <= BAR_SECONDS)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print_table(rows(given.customers, given.events, given.runs, given.days))


if __name__ == "__main__":
    main()
