"""`tenure rehearse`: what the loop would have done over past days, with nothing sent."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now

SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("rehearse")(rehearse)


def rehearse(
    subject: Annotated[str | None, typer.Argument(metavar="[TRIGGER|PLAYBOOK]", help="Only this one; else everything.", show_default=False)] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="ISO", help="First day (default: 30 days before --to).", show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ISO", help="End (default: now).", show_default=False)] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="Only this customer.", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walk through past days by the production rules, sending nothing: who would have entered, and what would have gone to whom."""
    screen = Screen(as_json)
    args = {
        "now_us": parse_now(now),
        "subject": subject,
        "customer_id": customer,
        "from_us": None if from_ is None else parse_now(from_),
        "to_us": None if to is None else parse_now(to),
    }
    with opened(workspace, venture) as deployment, screen.progress("Rehearsing") as step:
        found = deployment.jobs.run("rehearse", args, lambda share, text: step(int(share * 100), 100))
    screen.show(found, lambda console: _paint(console, found))


def _paint(console: Console, found: dict[str, Any]) -> None:
    console.print(f"[bold]Rehearsed {found['from'][:10]} to {found['to'][:10]}[/], nothing was sent.")
    console.print(
        f"{found['chains']:,} trigger chains, {found['messages']:,} messages to {found['customers']:,} customers with "
        f"{found['revenue_touched_cents'] // 100:,} of yearly revenue; {found['approvals_needed']:,} drafts would wait for approval."
    )
    for playbook, counts in found["entered"].items():
        said = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in counts.items() if count)
        console.print(f"  {playbook}: {said}")
    if found["not_sent"]:
        console.print("Not sent:")
        for reason, count in found["not_sent"].items():
            console.print(f"  {count:,}  {escape(reason)}")
    if found["decisions"]:
        console.print("Decisions asked: " + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in found["decisions"].items()))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("when", "customer", "playbook", "step", "channel", "state"):
        table.add_column(column)
    for row in found["touches"][:SHOWN]:
        where = (row["playbook"] or "", row["step"] or "", row["channel"], row["state"])
        table.add_row(row["at"][:16].replace("T", " "), escape(row["customer_id"] or ""), *map(escape, where))
    console.print(table)
