"""Who crossed and cards at size: what playbooks and triggers ask of the warehouse at every daily refresh."""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable, Mapping

from bench.company import Bench, company_of, say, watch
from bench.table import Row, print_table
from tenure.model.condition import Condition
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.warehouse.loop.fields import FieldSettings
from tenure.warehouse.loop.subjects import WarehouseSubjects

BAR_SECONDS = 2.0
CARDS = 2_000
TEXTS = {
    "critical": "score < 40 and is_new == false",
    "cancelling": 'status == "cancelling"',
    "at risk": 'health_status == "at_risk"',
    "renewal": "days_to_renewal <= 30 and (term_days >= 90 or term_days is missing)",
    "win back": 'status == "churned" or days_since_login > 30',
    "onboarding": 'journey_stage == "onboarding" and tenure_days >= 3 and activated == false',
    "activation": "days_since_first_value >= 7 and days_since_second_feature is missing",
    "engagement": 'journey_stage == "engagement" and falling_trend == true',
    "trouble": "open_urgent_tickets > 0 or oldest_open_ticket_days > 3",
    "paying and silent": "arr >= 10000 and active_users_30 < 1",
}
"""Ten watches, as the shipped playbooks and triggers have them."""


def watches() -> Mapping[str, Condition]:
    return {name: parse_condition(text, LOOP) for name, text in TEXTS.items()}


def subjects_of(bench: Bench) -> WarehouseSubjects:
    """Inside `session.held()`."""
    from tenure.app.handlers import Handlers

    warehouse, config = bench.deployment.session.warehouse, Handlers(bench.deployment).scoring().config()
    mapping = config.mapping
    return WarehouseSubjects(
        warehouse.engine, lambda now_us, keys: warehouse.accumulated_view(now_us, mapping, keys), lambda: FieldSettings.of(config)
    )


def timed(work: Callable[[], object]) -> float:
    started = watch.monotonic()
    work()
    return watch.monotonic() - started


def processor_seconds() -> float:
    """Of this process, on all cores: what a run takes where others keep the machine busy."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(bench: Bench, runs: int) -> dict[str, list[float]]:
    """Seconds of crossings as they are at a daily refresh, and of cards; the first of a process apart."""
    now_us = max(bench.clock.now_us(), bench.deployment.session.warehouse.accumulated_to_us())
    subjects, asked = subjects_of(bench), watches()
    say(f"standing of {sum(subjects.baseline(asked, now_us).values()):,} rows")
    ids = [f"c{number * 7}" for number in range(CARDS)]
    found: dict[str, list[float]] = {"crossed": [], "cards": []}
    for run in range(runs + 1):
        used = processor_seconds()
        took = {"crossed": timed(lambda: subjects.crossed(asked, now_us)), "cards": timed(lambda: subjects.cards(ids, now_us))}
        say(f"{'first: ' if run == 0 else ''}{took}, {processor_seconds() - used:.1f} s of processor")
        for name, seconds in took.items() if run else ():
            found[name].append(seconds)
    return found


def rows(customers: int, events: int, runs: int) -> list[Row]:
    """The bench's rows."""
    with company_of(customers, events) as bench:
        bench.refresh()
        with bench.deployment.session.held():
            found = measured(bench, runs)
    size = f"{customers:,} customers, {events:,} events"
    work = {"crossed": f"crossings of {len(TEXTS)} watches", "cards": f"cards of {CARDS:,} customers"}
    return [
        Row(work[name], size, tuple(seconds), "s", f"{BAR_SECONDS:g} s", f"{BAR_SECONDS / sorted(seconds)[len(seconds) // 2]:.1f} x",
            sorted(seconds)[len(seconds) // 2] <= BAR_SECONDS)
        for name, seconds in found.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.loop", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print_table(rows(given.customers, given.events, given.runs))


if __name__ == "__main__":
    main()
