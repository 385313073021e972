"""`tenure plan` and `tenure apply`: what the workspace's files would change, and publishing them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from tenure.cli.base import (
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    acting,
    opened,
    parse_now,
)


def add_to(app: typer.Typer) -> None:
    app.command("plan")(plan)
    app.command("apply")(apply)


def plan(
    now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> int:
    """Compare scorecards, parameters, triggers and playbooks in the files with what is live: what changes, for whom, the
    backtest, who would enter or fire today and which messages would go within a week. Exits with 1 when a file is wrong."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment, screen.progress("Looking back") as step:
        document = deployment.jobs.run("plan", {"now_us": now_us}, lambda share, text: step(round(share * 100), 100))
    screen.show(document, lambda console: _paint(console, document))
    return 1 if document["problems"] else 0


def apply(
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit log.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Publish scorecards whose backtest was not shown; the chairman's, with --why.")] = False,
    role: Annotated[str, typer.Option("--as", help="Who forces it: only the chairman may.")] = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Publish what `tenure plan` showed as new versions, all of it or nothing; scores follow at the next refresh, and whoever is
    in a playbook or chain finishes on the version they began with."""
    screen, now_us, actor = Screen(json), parse_now(now), acting(role)
    with opened(workspace, venture) as deployment:
        document = deployment.jobs.run("apply", {"now_us": now_us, "why": why, "force": actor.role if force else None})
    screen.show(document, lambda console: _paint(console, document))


def _paint(console: Console, document: dict[str, Any]) -> None:
    for line in document["lines"]:
        console.print(escape(line))
