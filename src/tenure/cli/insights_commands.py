"""`tenure insights`: the customer insights report, the hand-over to the next stage; or one of its figures with everybody behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.errors import BadInput

FORMATS = ("html", "pdf", "json")
FORMAT_HELP = "html, pdf or json (default: all three, or what --out ends in)."
OUT_HELP = "Where to write (default: reports/insights-report-DATE in the workspace)."


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("insights")(insights)


def insights(
    form: Annotated[
        str | None, typer.Option("--format", "-f", metavar="FORMAT", help=FORMAT_HELP, show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=OUT_HELP, show_default=False)] = None,
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure",
            metavar="KEY",
            help="Only this figure, with every customer behind it.",
            show_default=False,
        ),
    ] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Write what customers use, ask for and leave for, and what helped: for whoever plans the product. Monthly by itself."""
    screen, now_us = Screen(json), parse_now(now)
    if figure is not None and (form or out):
        raise BadInput("--figure shows one figure and writes no file.", "Leave out --format and --out.")
    args: dict[str, Any] = {"now_us": now_us, "figure": figure, "formats": _formats(form, out), "whole": json}
    args["path"] = None if out is None else str(out.resolve())
    with opened(workspace, venture) as deployment, screen.progress("Reading what customers use and say"):
        document = deployment.jobs.run("insights", args)
    screen.show(
        document,
        lambda console: _paint_figure(console, document["figure"]) if figure else _paint(console, document),
    )


def _formats(form: str | None, out: Path | None) -> list[str]:
    """The format named, else that of the file's ending, else all."""
    ending = "" if out is None else out.suffix.removeprefix(".").lower()
    wanted = form or ending
    if not wanted:
        return list(FORMATS)
    if wanted not in FORMATS:
        raise BadInput(f"There is no format {wanted!r}.", f"Use one of: {', '.join(FORMATS)}.")
    if form and ending and ending != form:
        raise BadInput(
            f"--out ends in .{ending}, --format says {form}.", "Let both say the same, or leave one out."
        )
    return [wanted]


def _paint(console: Console, document: dict[str, Any]) -> None:
    for line in document["lines"]:
        head, _, said = line.partition(": ")
        console.print(f"[bold]{escape(head)}[/]: {escape(said)}")
    for path in document["files"].values():
        console.print(path)


def _paint_figure(console: Console, one: dict[str, Any]) -> None:
    console.print(f"[bold]{escape(one['label'])}[/]: {escape(one['text'])}")
    if one.get("note"):
        console.print(escape(one["note"]))
    for label, said in one.get("lines", ()):
        console.print(f"[dim]{escape(label)}[/]  {escape(said)}")
    for said in one.get("quotes", ()):
        console.print(f"“{escape(said)}”")
    for who in one.get("customers", ()):
        console.print(f"{escape(who['customer_id'])}  [dim]{escape(who.get('name', ''))}[/]")
    console.print(f"[dim]{escape(one['query'])}[/]")
