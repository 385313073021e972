"""`tenure export` and `tenure erase`: everything out again, as files other tools read, or somebody for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tenure.cli.base import (
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    confirm,
    opened,
    parse_now,
)


def add_to(app: typer.Typer) -> None:
    app.command("export")(export)
    app.command("erase")(erase)


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


def erase(
    customer_ids: Annotated[list[str], typer.Argument(metavar="CUSTOMER_ID...", help="Which customers.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Erase customers and their users for ever: facts, scores, history, refused records. Money stays, without a name."""
    from tenure.app.erasing import erase as erase_customers

    screen, now_us = Screen(json), parse_now(now)
    if not yes:
        confirm(
            f"Erase {len(set(customer_ids)):,} customers and their users for ever?",
            "Erasing cannot be undone, and nobody can be asked here.",
        )
    with opened(workspace, venture) as deployment:
        receipt = erase_customers(deployment, customer_ids, now_us)
    screen.show(
        receipt,
        lambda console: console.print(
            f"{receipt['known']:,} of {receipt['asked']:,} customers were known and are erased, with {receipt['users']:,} users, "
            f"{receipt['scores']:,} scores and {receipt['quarantine']:,} refused records. "
            + (f"Deleted reports that may name them: {', '.join(receipt['reports'])}. " if receipt["reports"] else "")
            + "Exports, and reports written elsewhere, still name them: delete those files."
        ),
    )
