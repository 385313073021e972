"""`tenure metrics` and `tenure report`: the numbers, who is behind them, and one page to look at or mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tenure.cli.base import (
    JsonOption,
    KnownOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    opened,
    parse_now,
)
from tenure.cli.figures import paint_document
from tenure.errors import BadInput

METRICS = ("retention", "survival", "revenue", "churn", "nps", "csat", "ces", "segments", "renewals", "health", "system")


def add_to(app: typer.Typer) -> None:
    app.command("metrics")(metrics)
    app.command("report")(report)


def metrics(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=f"One of: {', '.join(METRICS)}; all without.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Split by plan, stage, owner, industry or size.")] = None,
    segment: Annotated[str | None, typer.Option("--segment", help="Only this segment of --by.")] = None,
    who: Annotated[str | None, typer.Option("--who", metavar="CELL", help="The customers behind one number instead.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many customers --who lists.")] = 100,
    now: NowOption = None,
    known: KnownOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Retention, survival, revenue, churn, NPS, segments, renewals, health and system: each with its interval."""
    screen, now_us = Screen(json), parse_now(now)
    if name is not None and name not in METRICS:
        raise BadInput(f"There is no metric {name!r}.", f"Use one of: {', '.join(METRICS)}.")
    if who is not None and name is None:
        raise BadInput("--who needs to know of which metric.", "Write `tenure metrics NAME --who CELL`.")
    args = {"name": name, "by": by, "segment": segment, "who": who, "limit": limit, "now_us": now_us, "known": known}
    with opened(workspace, venture) as deployment, screen.progress("Counting"):
        document = deployment.jobs.run("metrics", args)
    screen.show(document, lambda console: paint_document(console, document, name or ""))


def report(
    path: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write (default: reports/DATE.html in the workspace).")] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Write the report: one self-contained page, light and dark, to look at or to mail."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment, screen.progress("Drawing"):
        args: dict[str, Any] = {"now_us": now_us, "path": None if path is None else str(path.resolve())}
        document = deployment.jobs.run("report", args)

    def paint(console: Console) -> None:
        console.print(document["path"])

    screen.show(document, paint)
