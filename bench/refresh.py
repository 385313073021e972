"""The refresh at size: everybody, touched customers, from facts; against PostgreSQL and against less history.

The whole path as `tenure refresh` takes it: drain of the inbox, accumulators, scores, split, publishing into the store. The
warehouse is warm (the process has refreshed once); the first refresh of a process is given too.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench import postgres_peer
from bench.make_data import Company, inbox_rows, load, new_events_sql, with_duplicates
from bench.table import Row, print_table
from tenure.app.deployment import Deployment, opened
from tenure.app.workspaces import create_workspace
from tenure.clock import HOUR_US, FixedClock, SystemClock
from tenure.warehouse.schema import MARK

REFRESH_BAR_SECONDS, FULL_BAR_SECONDS, TOUCHED_BAR_SECONDS = 8.0, 30.0, 3.0
PEER_BAR = 15.0
GROWTH_BAR_PERCENT = 20.0
TOUCHED = 1_000
BATCH = 100_000
watch = SystemClock()


def say(text: str) -> None:
    print(f"  {text}", flush=True)


class BenchClock(FixedClock):
    """Virtual dates, real seconds."""

    def monotonic(self) -> float:
        return watch.monotonic()


class Bench:
    """One company in a workspace of its own."""

    def __init__(self, deployment: Deployment, clock: FixedClock, company: Company) -> None:
        self.deployment, self.clock, self.company = deployment, clock, company
        self._salt = 100

    def fill(self) -> None:
        """History straight into the warehouse, as drains would have left it; then the first scores."""
        with self.deployment.session.held():
            warehouse = self.deployment.session.warehouse
            load(warehouse, self.company, say)
            warehouse.engine.set_mark(MARK.seq, 0)  # the store's inbox begins to count

    def arrive(self, count: int, customers: int | None = None) -> None:
        """New events, one in a hundred twice, 2 % a week late, accepted into the inbox."""
        self._salt += 1
        select = with_duplicates(new_events_sql(self.company, count, HOUR_US, customers, self._salt))
        inbox, venture_id = self.deployment.store.inbox, self.deployment.venture.venture_id
        place = pa.array([venture_id] * BATCH, pa.int64())
        for batch in inbox_rows(select):
            table = pa.Table.from_batches([batch]).drop_columns(["seq"])
            index = table.schema.get_field_index("venture_id")
            inbox.append_arrow(table.set_column(index, "venture_id", place.slice(0, table.num_rows)))

    def refresh(self, **how: Any) -> tuple[float, dict[str, Any]]:
        """Seconds of one refresh, and what it said."""
        self.clock.advance_us(2 * HOUR_US)
        with self.deployment.session.held():
            from tenure.app.handlers import Handlers, refresh_document

            scoring = Handlers(self.deployment).scoring()
            started = watch.monotonic()
            result = scoring.refresh(self.clock.now_us(), force=True, **how)
            return watch.monotonic() - started, refresh_document(result)


@contextmanager
def company_of(customers: int, events: int) -> Iterator[Bench]:
    """A filled workspace, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tenure-bench-"))
    company = Company(customers, events)
    clock = BenchClock(company.now_us)
    try:
        create_workspace(folder / "w", "bench")
        with opened(folder / "w", clock=clock) as deployment:
            deployment.keep_warehouse_open()
            bench = Bench(deployment, clock, company)
            bench.fill()
            yield bench
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def daily(bench: Bench, runs: int, new: int) -> list[float]:
    """Refreshes of everybody after `new` events each."""
    seconds = []
    for _ in range(runs):
        bench.arrive(new)
        took, said = bench.refresh()
        say(f"refresh {took:.1f} s: {said['scored']:,} scored, {said['changed']:,} changed, {said['seconds']}")
        seconds.append(took)
    return seconds


def measured(bench: Bench, runs: int, new: int) -> dict[str, list[float]]:
    """First, daily, touched and full refreshes."""
    first, said = bench.refresh()
    say(f"first scores of everybody {first:.1f} s, {said['seconds']}")
    found = {"daily": daily(bench, runs, new), "touched": [], "full": []}
    for _ in range(runs):
        bench.arrive(TOUCHED, TOUCHED)
        took, said = bench.refresh(touched_only=True)
        say(f"touched {took:.2f} s: {said['scored']:,} scored, {said['seconds']}")
        found["touched"].append(took)
    for _ in range(max(1, runs - 1)):
        took, said = bench.refresh(full=True)
        say(f"full {took:.1f} s: {said['changed']:,} changed, {said['seconds']}")
        found["full"].append(took)
    return found


def postgres_seconds(bench: Bench, runs: int) -> tuple[list[float], float]:
    """The same score as a materialized view over the same facts; and the largest difference to ours."""
    folder = Path(tempfile.mkdtemp(prefix="tenure-bench-pg-"))
    engine = bench.deployment.session.warehouse.engine
    now_us = bench.clock.now_us()
    copies = {
        "customers": "SELECT customer_key, coalesce(status, 'active') AS status FROM customer_states",
        "events": "SELECT coalesce(own_key, m.mapped_key, e.user_key) AS customer_key, name_key, at_us AS occurred_us, feature_key "
        "FROM events e LEFT JOIN user_map m USING (user_key)",
        "ticket_states": "SELECT coalesce(own_key, user_key) AS customer_key, ticket_key, status AS state, created_us AS at_us "
        "FROM ticket_statements UNION ALL SELECT coalesce(own_key, user_key), ticket_key, 'solved', resolved_us "
        "FROM ticket_statements WHERE resolved_us IS NOT NULL",
    }
    try:
        with postgres_peer.server(folder) as url:
            postgres_peer.tune(url)
            postgres_peer.create(url)
            for table, select in copies.items():
                rows = postgres_peer.load(url, table, engine.connection.sql(select).to_arrow_reader(BATCH))
                say(f"PostgreSQL: {rows:,} {table}")
            postgres_peer.vacuum(url)
            logins = [key for (key,) in engine.run("SELECT name_key FROM names WHERE name IN ('login', 'Signed In')")]
            postgres_peer.create_view(url, now_us, logins, 0)
            seconds = []
            for _ in range(runs):
                seconds.append(postgres_peer.refresh_seconds(url))
                say(f"PostgreSQL refresh {seconds[-1]:.1f} s")
            theirs = postgres_peer.scores(url)
            ours = dict(engine.run("SELECT customer_key, total FROM health_current"))
            same = sum(1 for key, total in ours.items() if theirs.get(key) == total)
            return seconds, same / max(1, len(ours))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rows(customers: int, events: int, new: int, runs: int, with_peer: bool) -> list[Row]:
    """Every row of the refresh."""
    size = f"{customers:,} customers, {events:,} events"
    with company_of(customers, events // 2) as half:
        half.refresh()
        less = statistics.median(daily(half, runs, new))
    with company_of(customers, events) as bench:
        found = measured(bench, runs, new)
        memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        peer, same = postgres_seconds(bench, max(1, runs - 1)) if with_peer else ([], 0.0)
    day = statistics.median(found["daily"])
    growth = 100 * (day / less - 1)
    table = [
        _row("daily refresh, warm", f"{size}, {new:,} new", found["daily"], REFRESH_BAR_SECONDS),
        _row("full recomputation from facts", size, found["full"], FULL_BAR_SECONDS),
        _row("touched refresh, 1,000 customers", size, found["touched"], TOUCHED_BAR_SECONDS),
        Row("cost growth: twice the history", f"{events // 2:,} -> {events:,} events", (growth,), "%", f"limit {GROWTH_BAR_PERCENT:g} %", f"{less:.1f} s -> {day:.1f} s", growth < GROWTH_BAR_PERCENT),
        Row("memory of the process", size, (memory_gb,), "GB", "limit 6 GB", f"{memory_gb / 6:.2f} of the limit", memory_gb <= 6),
    ]
    if peer:
        ratio = statistics.median(peer) / day
        table.append(
            Row("the same score as a materialized view in PostgreSQL", size, tuple(peer), "s", f"daily refresh {day:.1f} s", f"{ratio:.1f} x slower than ours; {same:.1%} of totals equal", ratio >= PEER_BAR)
        )  # fmt: skip
    return table


def _row(work: str, size: str, seconds: Sequence[float], bar: float) -> Row:
    median = statistics.median(seconds)
    return Row(work, size, tuple(seconds), "s", f"bar {bar:g} s", f"{median / bar:.2f} of the bar", median <= bar)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--new", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true")
    given = parser.parse_args(arguments)
    print_table(rows(given.customers, given.events, given.new, given.runs, not given.no_peer))


if __name__ == "__main__":
    main()


