"""`tenure renewals`: every renewal ahead with its amount, health, owner, risk and forecast, summed by month."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.rules.renewals import HORIZON_DAYS

MOST_DAYS = 730
SHOWN = 50
COLOURS = {"committed": "green", "likely": "yellow", "at_risk": "red"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("renewals")(renewals)


def renewals(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days ahead.")] = HORIZON_DAYS,
    owner: Annotated[str | None, typer.Option("--owner", help="Only this owner's customers.", show_default=False)] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Every renewal ahead: amount, health, owner, risk and forecast, summed by month (the rule: docs/metrics/renewals.md)."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment, screen.progress("Looking ahead"):
        document = deployment.jobs.run("renewals", {"now_us": parse_now(now), "days": days, "owner": owner})
    screen.show(document, lambda console: _paint(console, document))


def _paint(console: Console, document: dict[str, Any]) -> None:
    if not document["renewals"]:
        console.print(f"No renewal is past due, and none lies in the next {document['days']} days.")
        return
    currency = document["currency"]
    months = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    for column in ("month", "renewals", "committed", "likely", "at risk", "amount unknown"):
        months.add_column(column, justify="left" if column == "month" else "right")
    for month in document["months"]:
        sums = (f"{_money(month[f'{name}_cents'], currency)} ({month[name]:,})" for name in COLOURS)
        months.add_row(month["month"], f"{month['customers']:,}", *sums, f"{month['unknown']:,}")
    if document["months"]:
        console.print(months)
        console.print()
    if document["past_due"]:
        console.print(f"[red]{document['past_due']:,} past due[/], {_money(document['past_due_cents'], currency)}: the day is over, no newer date is known.\n")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("renewal", "customer", "amount", "health", "owner", "forecast", "risk"):
        table.add_column(column, justify="right" if column == "amount" else "left", overflow="fold")
    for row in document["renewals"][:SHOWN]:
        forecast, day = row["forecast"], row["renewal_at"][:10]
        health = "not scored" if row["health_status"] is None else f"{row['score']:g} {row['health_status'].replace('_', ' ')}"
        table.add_row(
            f"[red]{day}, past due[/]" if row["past_due"] else day, escape(row["name"] or row["customer_id"]), _money(row["amount_cents"], currency), health,
            escape(row["owner"]), f"[{COLOURS[forecast]}]{forecast.replace('_', ' ')}[/]", escape("; ".join(row["risks"])),
        )  # fmt: skip
    console.print(table)
    left = len(document["renewals"]) - SHOWN
    if left > 0:
        console.print(f"[dim]{left:,} more; --json has every one.[/]")


def _money(cents: int | None, currency: str) -> str:
    return "unknown" if cents is None else f"{cents / 100:,.0f} {currency}"
