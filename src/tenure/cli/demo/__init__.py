"""The demo: a simulated company arrives through the real doors, is scored, and weeks of operation follow under a virtual clock.

The archive comes as files. Then the venture goes live, and day after day facts come in, the loop ticks, mail really leaves
over SMTP to a server inside the demo, and simulated customers and success managers react to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tenure.app.deployment import Deployment, opened
from tenure.cli.base import Screen
from tenure.cli.demo.facts import by_file
from tenure.cli.demo.operating import Operation, served
from tenure.cli.demo.painting import paint
from tenure.cli.demo.summary import summary_of
from tenure.cli.demo.team import TEAM
from tenure.cli.demo.workspace import fresh, make_workspace
from tenure.clock import FixedClock, SystemClock
from tenure.testing.company import Company, CompanyPlan
from tenure.testing.customers import MailServer

OPERATED_DAYS = 3
"""Lived one by one, unless more are asked for: a day of 2,000 customers takes five to six seconds, and a first look shall take a minute."""
DEAD_SHARE = 0.015
HOST = "127.0.0.1"


def run_demo(screen: Screen, folder: Path, customers: int, days: int, seed: int, now_us: int, operated: int = OPERATED_DAYS) -> None:
    """Do the whole job and show what a success manager would act on."""
    from tenure.cli.serving import bound_socket

    started = SystemClock().monotonic()
    fresh(folder)
    listening = bound_socket(HOST, 0)
    port: int = listening.getsockname()[1]
    mail = MailServer(DEAD_SHARE, seed, alive=TEAM).start()
    try:
        make_workspace(folder, f"http://{HOST}:{port}", mail.port)
        company = Company(CompanyPlan.until(now_us, days=days, customers=customers, seed=seed))
        clock = FixedClock(company.now_us)
        with opened(folder, clock=clock) as deployment, served(deployment, listening):
            deployment.keep_warehouse_open()
            operation = Operation(deployment, company, clock, mail, port, folder)
            with screen.progress(f"A company of {customers:,} customers comes in", in_lines=True) as step:
                for done, total in _live(deployment, operation, company, clock, days, operated, folder):
                    step(done, total)
            operation.close()
            summary = summary_of(deployment, operation, mail, clock.now_us())
    finally:
        mail.stop()
    summary["workspace"] = str(folder.resolve())
    summary["seconds"] = round(SystemClock().monotonic() - started, 1)
    screen.show(summary, lambda console: paint(console, summary))


def _live(
    deployment: Deployment, operation: Operation, company: Company, clock: FixedClock, days: int, operated: int, folder: Path
) -> Iterator[tuple[int, int]]:
    """The archive, the switch to live, then the operated days."""
    operated = min(operated, days // 8)
    total = 2 + operated
    yield 0, total
    facts = company.history(days - operated)
    operation.customers.meet(facts)
    clock.advance_us(company.now_us - clock.now_us())
    by_file(deployment, facts, folder / "inbox" / "archive", "parquet")
    yield 1, total
    operation.go_live()
    yield 2, total
    for place in range(operated):
        operation.live_day(place, operated)
        yield 3 + place, total
