"""`tenure erase`: a customer and its people, out of everything, for ever."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.cli.base import (
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    on_terminal,
    opened,
    parse_now,
)
from tenure.errors import BadInput


def add_to(app: typer.Typer) -> None:
    app.command("erase")(erase)


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
        if not on_terminal():
            raise BadInput("Erasing cannot be undone, and nobody can be asked here.", "Add --yes to confirm.")
        typer.confirm(f"Erase {len(set(customer_ids)):,} customers and their users for ever?", abort=True, err=True)
    with opened(workspace, venture) as deployment:
        receipt = erase_customers(deployment, customer_ids, now_us)
    screen.show(
        receipt,
        lambda console: console.print(
            f"{receipt['known']:,} of {receipt['asked']:,} customers were known and are erased, with {receipt['users']:,} users, "
            f"{receipt['scores']:,} scores and {receipt['quarantine']:,} refused records. "
            "Reports and exports written before still name them: delete those files."
        ),
    )
