"""`tenure export`: everything out again, as files other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now

FORMATS = ("csv", "parquet", "jsonl")


def add_to(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; files of the same name are replaced.")],
    what: Annotated[list[str] | None, typer.Option("--only", help="health, history, customers, users, aliases, events, tickets, revenue or answers; repeatable.")] = None,
    format: Annotated[str, typer.Option(help="csv, parquet or jsonl.")] = "csv",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Write scores and their history to DIR/scores, all facts to DIR/facts, which `tenure import` reads back.

    Customers, users and tickets come as they were said, one row per statement; DIR/scores/health has one row per customer.
    """
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        args = {"folder": str(folder.resolve()), "only": what or [], "format": format, "now_us": now_us}
        document = deployment.jobs.run("export", args)

    def paint(console: Console) -> None:
        for file in document["files"]:
            console.print(f"{file['path']}: {file['rows']:,} rows")

    screen.show(document, paint)
