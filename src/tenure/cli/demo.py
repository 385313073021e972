"""The demo: a simulated company arrives through the real doors, day by day, and is scored like any other.

History comes as files, week by week; the last days come over HTTP from a client that speaks Segment to a server on the
loopback address. The clock is virtual, so that half a year passes in under a minute.
"""

from __future__ import annotations

import http.client
import json
import shutil
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.app.deployment import Deployment, opened
from tenure.app.workspaces import create_workspace
from tenure.cli.base import Screen
from tenure.clock import FixedClock, SystemClock, iso
from tenure.errors import BadInput, Unavailable
from tenure.model.keys import KeyKind
from tenure.settings import CONFIG_NAME
from tenure.testing.company import Company, CompanyPlan, Facts, Mess, segment_calls, write_folder
from tenure.testing.company.vocabulary import RATES

STREAMED_DAYS = 3
WEEKS_AS_FILES = 5
MARK = ".tenure-demo-workspace"
SHOWN = 8
BATCH = 500
FILE_MESS = Mess(seed=7, duplicates=0.004, late=0.01, out_of_order=0.02, broken=0.0001)
FORMATS = ("csv", "parquet", "jsonl")


def run_demo(screen: Screen, folder: Path, customers: int, days: int, seed: int, now_us: int) -> None:
    """Do the whole job and show what a success manager would act on."""
    started = SystemClock().monotonic()
    _fresh(folder)
    company = Company(CompanyPlan.until(now_us, days=days, customers=customers, seed=seed))
    _make_workspace(folder)
    clock = FixedClock(company.now_us)
    with opened(folder, clock=clock) as deployment:
        deployment.keep_warehouse_open()
        with screen.progress(f"A company of {customers:,} customers comes in", in_lines=True) as step:
            for done, total in _live(deployment, company, clock, days, folder):
                step(done, total)
        summary = _summary(deployment, clock.now_us())
    summary["workspace"] = str(folder.resolve())
    summary["seconds"] = round(SystemClock().monotonic() - started, 1)
    screen.show(summary, lambda console: _paint(console, summary))


def _fresh(folder: Path) -> None:
    """The demo's own folder is made anew; anybody else's is left alone."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file.", "Name a folder with --into.")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise BadInput(f"{folder} is not a demo workspace.", "Choose another folder with --into.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _make_workspace(folder: Path) -> None:
    """The workspace with its table of exchange rates: some customers pay in other currencies than the company's."""
    create_workspace(folder, "Northwind Software")
    rows = (f'\n[[rate]]\ncurrency = "{currency}"\nsince = "{since}"\nrate = "{rate}"\n' for currency, since, rate in RATES)
    with (folder / CONFIG_NAME).open("a", encoding="utf-8") as file:
        file.writelines(rows)


def _live(deployment: Deployment, company: Company, clock: FixedClock, days: int, folder: Path) -> Iterator[tuple[int, int]]:
    """The archive, then week by week as files, then day by day over HTTP; a refresh after each."""
    weeks = max(0, min(WEEKS_AS_FILES, (days - STREAMED_DAYS) // 7 - 1))
    archive = days - STREAMED_DAYS - 7 * weeks
    total = 1 + weeks + STREAMED_DAYS
    yield 0, total
    for place, span in enumerate([archive] + [7] * weeks):
        facts = company.history(span)
        _by_file(deployment, facts, folder / "inbox" / f"{place:02d}", FORMATS[place % len(FORMATS)])
        _turn(deployment, company, clock)
        yield place + 1, total
    for place in range(STREAMED_DAYS):
        facts = company.advance(company.day)
        clock.advance_us(company.now_us - clock.now_us())
        _by_stream(deployment, facts, folder / "inbox" / f"day-{place}")
        _turn(deployment, company, clock)
        yield 1 + weeks + place + 1, total


def _turn(deployment: Deployment, company: Company, clock: FixedClock) -> None:
    """The day ends: what arrived is taken in and everybody is scored."""
    clock.advance_us(company.now_us - clock.now_us())
    deployment.jobs.run("refresh", {"now_us": clock.now_us(), "full": False})


def _by_file(deployment: Deployment, facts: Facts, folder: Path, format: Any) -> None:
    write_folder(facts, folder, format, FILE_MESS)
    deployment.facts_in.import_files([folder], deployment.clock.now_us())


def _by_stream(deployment: Deployment, facts: Facts, folder: Path) -> None:
    """Customers, users and events as Segment calls; what has no call (tickets, money, answers) as files."""
    with _door(deployment) as (port, key):
        for batch in _batches(segment_calls(facts), BATCH):
            _post(port, key, batch)
    write_folder(facts, folder, "csv")
    for covered in ("customers", "users", "events"):
        (folder / f"{covered}.csv").unlink(missing_ok=True)
    deployment.facts_in.import_files([folder], deployment.clock.now_us())


def _batches(calls: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for call in calls:
        batch.append(call)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _door(deployment: Deployment) -> Iterator[tuple[int, str]]:
    """The HTTP door of `tenure up`, open for the block; yields its port and a write key."""
    from tenure.cli.serving import AnnouncingServer, api_config, bound_socket

    made = deployment.store.keys.create(
        deployment.venture.venture_id, KeyKind.write, name="demo", source="app", by="demo", now_us=deployment.clock.now_us()
    )
    listening = bound_socket("127.0.0.1", 0)
    ready = threading.Event()
    server = AnnouncingServer(api_config(deployment, "127.0.0.1", 0), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        if not ready.wait(timeout=30):
            raise Unavailable("The demo's server did not start.", "Try again.")
        yield listening.getsockname()[1], made.token
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listening.close()


def _post(port: int, key: str, batch: list[dict[str, Any]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json", "Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
        connection.request("POST", "/v1/batch", json.dumps({"batch": batch}), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise Unavailable(f"The demo's server answered {answer.status}.", "Try again.")
    finally:
        connection.close()


def _summary(deployment: Deployment, now_us: int) -> dict[str, Any]:
    status = deployment.status(now_us)
    report = deployment.jobs.run("report", {"now_us": now_us, "path": None})
    first = {"attention": report["attention"][:SHOWN], "lines": report["lines"], "distribution": report["distribution"]}
    return {"as_of": iso(now_us), "facts": status["facts"], "quarantine": status["quarantine"], "report": report["path"], **first}


def _paint(console: Console, summary: dict[str, Any]) -> None:
    facts = summary["facts"]
    console.print(f"\n[bold]Northwind Software[/], simulated, as of {summary['as_of'][:10]}")
    console.print(
        f"{facts['customers']:,} customers, {facts['users']:,} users, {facts['events']:,} events, {facts['tickets']:,} tickets and "
        f"{facts['revenue']:,} revenue movements came in by file and over HTTP; {summary['quarantine']:,} broken rows wait in quarantine.\n"
    )
    for line in summary["lines"]:
        console.print(line)
    console.print("\n[bold]Who needs you now[/]")
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for column in ("customer", "score", "ARR", "why"):
        table.add_column(column, justify="right" if column in ("score", "ARR") else "left", overflow="fold")
    for row in summary["attention"]:
        table.add_row(escape(row["name"]), row["score"], row["arr"], escape(row["why"]))
    console.print(table)
    console.print(f"\nReport page:  {summary['report']}")
    console.print(f"Look further: .venv/bin/tenure health --workspace {summary['workspace']}")
    console.print(f"[dim]{summary['seconds']} seconds from start to summary.[/]")



