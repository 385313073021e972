"""A whole rehearsal of the past, every playbook and trigger live: what `tenure rehearse` takes, the past and the loop apart."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import tenure.app.rehearsing as rehearsing
from bench.company import Bench, BenchClock, say
from bench.loop import processor_seconds
from bench.make_data import Company
from bench.table import Row, print_table
from tenure.app.deployment import Deployment, opened
from tenure.app.handlers import Handlers
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US
from tenure.model.ventures import Role
from tenure.parameters import Actor
from tenure.warehouse.loop.past import PastDay, PastSubjects

BAR_SECONDS = 30.0
DAYS = 90
PAST_DAYS = 110
"""Of the company: the days walked through and the weeks before them that the first of them looks back on."""

STOPS = 24
"""One user in so many stops for good within the company's days: with renewals, some 4 % of the customers enter something each week."""

WEEKLY = {"active_login_days": 7, "moderate_login_days": 14, "autonomy": {"message": "auto", "survey": "auto", "offer": "auto"}}
"""A product people open every few days, not daily, so that a quiet day is no fall; everything allowed leaves at once."""

Found = TypeVar("Found")


class TimedPast(PastSubjects):
    """The past, and the processor seconds spent in it."""

    spent: dict[str, float]

    def days(self, *args: Any, **named: Any) -> Iterator[PastDay]:
        walk = super().days(*args, **named)
        while (day := self._timed("days", lambda: next(walk, None))) is not None:
            yield day

    def _timed(self, part: str, work: Callable[[], Found]) -> Found:
        started = processor_seconds()
        try:
            return work()
        finally:
            self.spent[part] = self.spent.get(part, 0.0) + processor_seconds() - started


def _timed(name: str) -> Any:
    whole = getattr(PastSubjects, name)
    return lambda self, *args, **named: self._timed(name, lambda: whole(self, *args, **named))


for _name in ("changes", "scores", "scores_of", "profiles_of", "responses", "crossed", "judged", "cards"):
    setattr(TimedPast, _name, _timed(_name))


@contextmanager
def venture_of(company: Company, kept: Path | None = None) -> Iterator[Deployment]:
    """A venture that lives by its rules since long ago: shipped playbooks and triggers, a lead, its own idea of active."""
    folder = Path(tempfile.mkdtemp(prefix="tenure-bench-"))
    clock = BenchClock(company.now_us)
    known = None if kept is None else kept / f"lived-{company.customers}-customers-{company.events}-events-{company.stops}-stops"
    try:
        if known is None or not known.exists():
            create_workspace(folder / "w", "bench")
            with opened(folder / "w", clock=clock) as deployment:
                deployment.keep_warehouse_open()
                Bench(deployment, clock, company).fill()
                deployment.parameters.apply(deployment.parameters.plan(WEEKLY, Actor("chairman"), "bench"))
                own = deployment.venture.venture_id
                deployment.store.people.add(own, name="Lea", email="lead@example.com", role=Role.lead, now_us=clock.now_us())
            if known is not None:
                shutil.copytree(folder / "w", known)
        else:
            shutil.copytree(known, folder / "w")
        with opened(folder / "w", clock=clock) as deployment:
            yield deployment
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(deployment: Deployment, now_us: int, days: int, subject: str | None = None, customer_id: str | None = None) -> dict[str, float]:
    """Processor seconds of one rehearsal: the whole, and of it the past."""
    TimedPast.spent = {}
    cast(Any, rehearsing).PastSubjects = TimedPast
    args = {"now_us": now_us, "from_us": now_us - days * DAY_US, "to_us": now_us, "subject": subject, "customer_id": customer_id}
    started = last = processor_seconds()

    def step(share: float, text: str) -> None:
        nonlocal last
        now = processor_seconds()
        say(f"{text}: {now - last:.1f} s, {sum(TimedPast.spent.values()):.1f} s of {now - started:.1f} s in the past")
        last = now

    with deployment.session.held():
        found = rehearsing.rehearse(deployment, Handlers(deployment), args, step)
    whole, past = processor_seconds() - started, sum(TimedPast.spent.values())
    say(f"{found['messages']:,} messages to {found['customers']:,} customers, {found['chains']:,} chains, entered {found['entered']}")
    say(f"not sent {found['not_sent']}, decisions {found['decisions']}, incidents {len(found['incidents'])}")
    say("the past: " + ", ".join(f"{part} {took:.1f}" for part, took in TimedPast.spent.items()))
    say(f"whole {whole:.1f} s, past {past:.1f} s, loop {whole - past:.1f} s")
    return {"whole": whole, "past": past, "loop": whole - past}


def rows(customers: int, events: int, days: int = DAYS, kept: Path | None = None, subject: str | None = None) -> list[Row]:
    """The bench's rows."""
    company = Company(customers, events, days=PAST_DAYS, lived=True, stops=STOPS)
    with venture_of(company, kept) as deployment:
        spent = measured(deployment, company.now_us, days, subject)
    size = f"{customers:,} customers, {events:,} events, {days} days"
    bar = {"whole": BAR_SECONDS}
    return [
        Row(f"rehearsal, {part}, processor time", size, (took,), "s", f"{bar.get(part, 0):g} s" if part in bar else "",
            f"{BAR_SECONDS / took:.1f} x" if part in bar else "", took <= bar.get(part, took))
        for part, took in spent.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.rehearse", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--subject", help="one trigger or playbook")
    parser.add_argument("--kept", type=Path, help="a folder where the filled venture stays for the next time")
    given = parser.parse_args()
    print_table(rows(given.customers, given.events, given.days, given.kept, given.subject))


if __name__ == "__main__":
    main()
