"""The refresh at size: everybody, touched customers, from facts; against PostgreSQL and against less history.

The whole path as `tenure refresh` takes it: drain of the inbox, accumulators, scores, split, publishing into the store. The
warehouse is warm (the process has refreshed once); the first refresh of a process is given too. Each figure can be asked for
by itself: `python -m bench.refresh --only daily,peer`.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import peer_facts, postgres_peer
from bench.company import Bench, company_of, say
from bench.table import Row, load_average, print_table

REFRESH_BAR_SECONDS, FULL_BAR_SECONDS, TOUCHED_BAR_SECONDS = 8.0, 30.0, 3.0
PEER_BAR = 15.0
GROWTH_BAR_PERCENT = 20.0
MEMORY_BAR_GB = 6.0
TOUCHED = 1_000
STEPS = ("daily", "touched", "full", "growth", "peer", "peer_indexed")


@dataclass(frozen=True)
class Size:
    """How much, and how often."""

    customers: int = 1_000_000
    events: int = 50_000_000
    new: int = 1_000_000
    runs: int = 3
    kept: Path | None = None

    def __str__(self) -> str:
        return f"{self.customers:,} customers, {self.events:,} events"


def daily(bench: Bench, runs: int, new: int) -> list[float]:
    """Refreshes of everybody after `new` events each."""
    seconds = []
    for _ in range(runs):
        bench.arrive(new)
        took, said = bench.refresh()
        say(f"refresh {took:.1f} s: {said['scored']:,} scored, {said['changed']:,} changed, {said['seconds']}, load {load_average()}")
        seconds.append(took)
    return seconds


def touched(bench: Bench, runs: int) -> list[float]:
    """Refreshes of whom a thousand new events touched."""
    seconds = []
    for _ in range(runs):
        bench.arrive(TOUCHED, TOUCHED)
        took, said = bench.refresh(touched_only=True)
        say(f"touched {took:.2f} s: {said['scored']:,} scored, {said['seconds']}, load {load_average()}")
        seconds.append(took)
    return seconds


def full(bench: Bench, runs: int) -> list[float]:
    """Refreshes of everybody from facts."""
    seconds = []
    for _ in range(runs):
        took, said = bench.refresh(full=True)
        say(f"full {took:.1f} s: {said['changed']:,} changed, {said['seconds']}, load {load_average()}")
        seconds.append(took)
    return seconds


def warmed(bench: Bench) -> None:
    """The first refresh of a process scores everybody for the first time."""
    took, said = bench.refresh()
    say(f"first scores of everybody {took:.1f} s, {said['seconds']}, load {load_average()}")


@dataclass(frozen=True)
class PeerResult:
    """Seconds of the peer's refreshes, warm, and how many of our customers it gives the very same score."""

    seconds: list[float]
    indexed_seconds: list[float]
    customers: int
    equal: int

    @property
    def share_equal(self) -> float:
        return self.equal / max(1, self.customers)


def peer(bench: Bench, runs: int, with_indexed: bool = False) -> PeerResult:
    """The same score as a materialized view over the same facts as they come, and how many are equal.

    Args:
        with_indexed: measure also with covering indexes made for this very view.
    """
    bench.refresh()  # everybody at one moment, after whatever was measured before
    folder = Path(tempfile.mkdtemp(prefix="tenure-bench-pg-"))
    try:
        with postgres_peer.tuned_server(folder) as url:
            load_peer(url, bench)
            postgres_peer.create_view(url, bench.clock.now_us())
            say(f"PostgreSQL refresh, first {postgres_peer.refresh_seconds(url):.1f} s")
            postgres_peer.remember(url)
            seconds = _refreshes(url, runs, "PostgreSQL refresh")
            theirs, ours = postgres_peer.scores(url), bench.scores()
            equal = sum(1 for customer_id, score in ours.items() if theirs.get(customer_id) == score)
            say(f"{equal:,} of {len(ours):,} scores equal, {len(theirs.keys() - ours.keys()):,} only in PostgreSQL")
            indexed: list[float] = []
            if with_indexed:
                postgres_peer.run(url, *postgres_peer.MADE_FOR_THE_VIEW)
                postgres_peer.settle(url)
                postgres_peer.refresh_seconds(url)
                indexed = _refreshes(url, runs, "PostgreSQL refresh with indexes made for the view")
            return PeerResult(seconds, indexed, len(ours.keys() | theirs.keys()), equal)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refreshes(url: str, runs: int, what: str) -> list[float]:
    seconds = []
    for _ in range(runs):
        seconds.append(postgres_peer.refresh_seconds(url))
        say(f"{what} {seconds[-1]:.1f} s, load {load_average()}")
    return seconds


def load_peer(url: str, bench: Bench) -> None:
    """The company's facts into PostgreSQL: the history first, then what arrived, each event once by its id."""
    company = bench.company
    postgres_peer.run(url, postgres_peer.SCHEMA)
    plans = {
        "customers": [peer_facts.customers(company)],
        "users": [peer_facts.users(company)],
        "tickets": [peer_facts.tickets(company)],
        "subscriptions": [peer_facts.subscriptions(company)],
        "events": peer_facts.history(company),
        "arrivals": [peer_facts.events(select) for select in bench.arrived],
    }
    for table, selects in plans.items():
        say(f"PostgreSQL: {postgres_peer.load(url, table, selects):,} {table}")
    for statement in postgres_peer.INDEXES:
        postgres_peer.run(url, statement)
    postgres_peer.run(url, postgres_peer.TAKE_IN, "DROP TABLE arrivals")
    postgres_peer.settle(url)
    say("PostgreSQL: indexed, vacuumed, analysed")


def rows(size: Size, steps: Collection[str] = STEPS) -> list[Row]:
    """The rows asked for; those that are compared with the daily refresh measure it too."""
    wants_daily = bool({"daily", "growth", "peer", "peer_indexed"} & set(steps))
    table: list[Row] = []
    less = [] if "growth" not in steps else _with_half_the_history(size)
    with company_of(size.customers, size.events, size.kept) as bench:
        warmed(bench)
        days = daily(bench, size.runs, size.new) if wants_daily else []
        if days:
            table.append(_row("daily refresh, warm", f"{size}, {size.new:,} new", days, REFRESH_BAR_SECONDS))
        if "touched" in steps:
            table.append(_row("touched refresh, 1,000 customers", str(size), touched(bench, size.runs), TOUCHED_BAR_SECONDS))
        if "full" in steps:
            table.append(_row("full recomputation from facts", str(size), full(bench, max(1, size.runs - 1)), FULL_BAR_SECONDS))
        if less:
            table.append(_growth_row(size, less, days))
        table.append(_memory_row(size))
        if {"peer", "peer_indexed"} & set(steps):
            found = peer(bench, max(1, size.runs - 1), "peer_indexed" in steps)
            table += _peer_rows(size, found, statistics.median(days))
    return table


def _with_half_the_history(size: Size) -> list[float]:
    with company_of(size.customers, size.events // 2, size.kept) as half:
        warmed(half)
        return daily(half, size.runs, size.new)


def _row(work: str, size: str, seconds: Sequence[float], bar: float) -> Row:
    median = statistics.median(seconds)
    return Row(work, size, tuple(seconds), "s", f"bar {bar:g} s", f"{median / bar:.2f} of the bar", median <= bar)


def _growth_row(size: Size, less: Sequence[float], more: Sequence[float]) -> Row:
    before, after = statistics.median(less), statistics.median(more)
    growth = 100 * (after / before - 1)
    what = f"{size.events // 2:,} -> {size.events:,} events, {size.new:,} new"
    limit = f"limit {GROWTH_BAR_PERCENT:g} %"
    return Row("cost growth: twice the history", what, (growth,), "%", limit, f"{before:.1f} s -> {after:.1f} s", growth < GROWTH_BAR_PERCENT)


def _memory_row(size: Size) -> Row:
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    limit = f"limit {MEMORY_BAR_GB:g} GB"
    return Row("memory of the process", str(size), (gigabytes,), "GB", limit, f"{gigabytes / MEMORY_BAR_GB:.2f} of the limit", gigabytes <= MEMORY_BAR_GB)


def _peer_rows(size: Size, found: PeerResult, day: float) -> list[Row]:
    """What the peer took; only its ordinary tables are held against the bar."""
    work, against = "the same view in PostgreSQL, warm", f"daily refresh {day:.1f} s"
    slower = statistics.median(found.seconds) / day
    equal = f"{found.equal:,} of {found.customers:,} scores equal"
    holds = slower >= PEER_BAR and found.equal == found.customers
    table = [Row(work, str(size), tuple(found.seconds), "s", against, f"{slower:.1f} x slower than ours (bar {PEER_BAR:g} x); {equal}", holds)]
    if found.indexed_seconds:
        slower = statistics.median(found.indexed_seconds) / day
        table.append(Row(f"{work}, with covering indexes made for it", str(size), tuple(found.indexed_seconds), "s", against, f"{slower:.1f} x slower than ours", None))
    return table


def steps_of(text: str) -> tuple[str, ...]:
    """Names of figures, separated by commas."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(set(names) - set(STEPS))
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"no figure {', '.join(unknown) or 'named'}; choose from {', '.join(STEPS)}")
    return names


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--events", type=int)
    parser.add_argument("--new", type=int)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million customers and 50 million events")
    parser.add_argument("--runs", type=int, default=Size.runs)
    parser.add_argument("--only", type=steps_of, default=",".join(STEPS), help=f"some of: {', '.join(STEPS)}")
    parser.add_argument("--kept", type=Path, help="folder where filled companies stay for the next time (3.5 GB at full size)")
    given = parser.parse_args(arguments)
    size = Size(
        given.customers or int(Size.customers * given.scale),
        given.events or int(Size.events * given.scale),
        given.new or int(Size.new * given.scale),
        given.runs,
        given.kept,
    )
    print_table(rows(size, given.only))


if __name__ == "__main__":
    main()
