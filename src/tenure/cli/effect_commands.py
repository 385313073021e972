"""`tenure effect`: what the loop's campaigns achieved, against the holdout, with money kept and money spent."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now

MOST_DAYS = 730


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("effect")(effect)


def effect(
    playbook: Annotated[str | None, typer.Argument(help="Only this playbook (default: all).", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    now: NowOption = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="Customers who entered in the last so many days.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """What each campaign and version achieved: recovery, retention against the holdout, money; the agents and the team."""
    screen = Screen(as_json)
    asked = {"now_us": parse_now(now), "days": days, "playbook": playbook}
    with opened(workspace, venture) as deployment:
        found = deployment.jobs.run("effect", asked)
    screen.show(found, lambda console: _paint(console, found, whole=playbook is None))


def _paint(console: Console, found: dict[str, Any], *, whole: bool) -> None:
    words = found["words"]
    if not words["campaigns"]:
        console.print(f"Nobody entered a campaign in the last {found['days']} days, so there is nothing to judge yet.")
    for one in words["campaigns"]:
        console.print(f"[bold]{escape(one['title'])}[/] [dim]{escape(one['playbook'])}, version {one['version']}[/]")
        _lines(console, one["lines"])
    if not whole:
        return
    for head, name in (("Agents", "agents"), ("The loop", "loop"), ("Did this help?", "helped"), ("Was it useful?", "useful")):
        if words[name]:
            console.print(f"[bold]{head}[/]")
            _lines(console, words[name])
    if found["team"]:
        console.print("[bold]The team[/]")
        _team(console, found["team"])


def _lines(console: Console, lines: list[list[str]]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, said in lines:
        table.add_row(escape(label), escape(said))
    console.print(table)


def _team(console: Console, members: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2))
    for column in ("who", "tasks", "calls reached", "hours to close", "hours to answer alerts", "minutes", "recovered"):
        table.add_column(column, overflow="fold")
    for one in members:
        rate = one["recovered"]
        recovered = "–" if "no_answer" in rate else f"{rate['count']} of {rate['of']}"
        table.add_row(
            escape(one["member"]), str(one["tasks"]), f"{one['calls_reached']} of {one['calls']}", _hours(one["hours_to_close"]),
            _hours(one["hours_to_answer_alerts"]), f"{one['minutes']:g}", recovered,
        )  # fmt: skip
    console.print(table)


def _hours(hours: float | None) -> str:
    return "–" if hours is None else f"{hours:.1f}"
