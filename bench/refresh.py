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
from bench.company import Bench, company_of, say, watch
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
    wide: bool = False

    def __str__(self) -> str:
        return f"{self.customers:,} customers, {self.events:,} events{' with properties' if self.wide else ''}"


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
    """Seconds of the peer, warm, and for how many customers of either side both give the very same score."""

    seconds: list[float]
    taking_in_seconds: float
    indexed_seconds: list[float]
    customers: int
    equal: int


def peer(bench: Bench, runs: int, new: int, with_indexed: bool = False) -> PeerResult:
    """The same score as a materialized view over the same facts as they come, and how many are equal.

    Args:
        new: events of one more day, for both.
        with_indexed: measure also with covering indexes made for this very view.
    """
    bench.arrive(new)
    bench.refresh()  # everybody at one moment, whatever was measured before
    folder = Path(tempfile.mkdtemp(prefix="tenure-bench-pg-"))
    try:
        with postgres_peer.tuned_server(folder) as url:
            load_peer(url, bench)
            postgres_peer.create_view(url, bench.clock.now_us())
            say(f"PostgreSQL refresh, first {postgres_peer.refresh_seconds(url):.1f} s")
            postgres_peer.remember(url)
            taking_in = postgres_peer.take_in(url, [peer_facts.events(bench.arrived[-1])])
            say(f"PostgreSQL took in {new:,} new events in {taking_in:.1f} s, load {load_average()}")
            seconds = _refreshes(url, runs, "PostgreSQL refresh")
            theirs, ours = postgres_peer.scores(url), bench.scores()
            equal = sum(1 for customer_id, score in ours.items() if theirs.get(customer_id) == score)
            for customer_id in [one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one)][:5]:
                say(f"differs: {customer_id}, ours {ours.get(customer_id)}, PostgreSQL {theirs.get(customer_id)}")
            indexed = _indexed(url, runs) if with_indexed else []
            return PeerResult(seconds, taking_in, indexed, len(ours.keys() | theirs.keys()), equal)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _indexed(url: str, runs: int) -> list[float]:
    postgres_peer.run(url, *postgres_peer.MADE_FOR_THE_VIEW)
    postgres_peer.settle(url)
    say(f"PostgreSQL refresh, first with indexes made for the view {postgres_peer.refresh_seconds(url):.1f} s")
    return _refreshes(url, runs, "PostgreSQL refresh with indexes made for the view")


def _refreshes(url: str, runs: int, what: str) -> list[float]:
    seconds = []
    for _ in range(runs):
        seconds.append(postgres_peer.refresh_seconds(url))
        say(f"{what} {seconds[-1]:.1f} s, load {load_average()}")
    return seconds


def load_peer(url: str, bench: Bench) -> None:
    """The company's facts into PostgreSQL: its history, then all that arrived but the last day's."""
    company = bench.company
    postgres_peer.run(url, postgres_peer.SCHEMA)
    plans = {
        "customers": [peer_facts.customers(company)],
        "users": [peer_facts.users(company)],
        "tickets": [peer_facts.tickets(company)],
        "subscriptions": [peer_facts.subscriptions(company)],
        "events": peer_facts.history(company),
    }
    started = watch.monotonic()
    for table, selects in plans.items():
        say(f"PostgreSQL: {postgres_peer.load(url, table, selects):,} {table}, {watch.monotonic() - started:.0f} s")
    postgres_peer.run(url, *postgres_peer.INDEXES)
    say(f"PostgreSQL: indexed, {watch.monotonic() - started:.0f} s")
    postgres_peer.take_in(url, [peer_facts.events(select) for select in bench.arrived[:-1]])
    postgres_peer.settle(url)
    say(f"PostgreSQL: vacuumed and analysed, {watch.monotonic() - started:.0f} s")


def rows(size: Size, steps: Collection[str] = STEPS) -> list[Row]:
    """The rows asked for; those that are compared with the daily refresh measure it too."""
    wants_daily = bool({"daily", "growth", "peer", "peer_indexed"} & set(steps))
    table: list[Row] = []
    less = [] if "growth" not in steps else _with_half_the_history(size)
    with company_of(size.customers, size.events, size.kept, size.wide) as bench:
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
            found = peer(bench, max(1, size.runs - 1), size.new, "peer_indexed" in steps)
            table += _peer_rows(size, found, statistics.median(days))
    return table


def _with_half_the_history(size: Size) -> list[float]:
    with company_of(size.customers, size.events // 2, size.kept, size.wide) as half:
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
    """What the peer took; its REFRESH over ordinary tables alone is held against the bar."""
    work, against = "the same view in PostgreSQL, warm", f"daily refresh {day:.1f} s"
    view = statistics.median(found.seconds)
    equal = f"{found.equal:,} of {found.customers:,} scores equal"
    is_held = view / day >= PEER_BAR and found.equal == found.customers
    with_new = found.taking_in_seconds + view
    return [
        Row(work, str(size), tuple(found.seconds), "s", against, f"{view / day:.1f} x slower than ours (bar {PEER_BAR:g} x); {equal}", is_held),
        Row(f"{work}, after taking in the new events", f"{size}, {size.new:,} new", (with_new,), "s", against, f"{with_new / day:.1f} x slower than ours", None),
        *_indexed_rows(f"{work}, with covering indexes made for it", size, found.indexed_seconds, day),
    ]  # fmt: skip


def _indexed_rows(work: str, size: Size, seconds: Sequence[float], day: float) -> list[Row]:
    if not seconds:
        return []
    slower = statistics.median(seconds) / day
    return [Row(work, str(size), tuple(seconds), "s", f"daily refresh {day:.1f} s", f"{slower:.1f} x slower than ours", None)]


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
    parser.add_argument("--wide", action="store_true", help="events with properties of 170 bytes, for both sides")
    parser.add_argument("--kept", type=Path, help="folder where filled companies stay for the next time (3.5 GB at full size)")
    given = parser.parse_args(arguments)
    size = Size(
        given.customers or int(Size.customers * given.scale),
        given.events or int(Size.events * given.scale),
        given.new or int(Size.new * given.scale),
        given.runs,
        given.kept,
        given.wide,
    )
    print_table(rows(size, given.only))


if __name__ == "__main__":
    main()
