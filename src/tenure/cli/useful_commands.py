"""`tenure useful`: thumbs up or down with a word, on alerts, reasons and drafts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.cli.tables import paint_rows
from tenure.model.useful import Subject

useful = typer.Typer(help="Was this useful: mark, list.", no_args_is_help=True)


class Thumb(StrEnum):
    up = "up"
    down = "down"


def add_to(app: typer.Typer) -> None:
    app.add_typer(useful, name="useful")


@useful.command("mark")
def mark(
    subject: Annotated[Subject, typer.Argument(help="What you judge.")],
    ref: Annotated[str, typer.Argument(metavar="WHICH", help="The number of the alert or draft; of a reason the customer's id.")],
    thumb: Annotated[Thumb, typer.Argument(help="Useful or not.")],
    word: Annotated[str, typer.Argument(help="A word on why.")] = "",
    measure: Annotated[str, typer.Option("--measure", help="Of a reason: which measure of the score.")] = "",
    by: Annotated[str, typer.Option("--by", help="The name for the record; your next word takes the place of this one.")] = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether an alert, a reason or a draft was useful: reports show it, proposals cite it."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        noted = Acting(deployment).useful.mark(
            subject, ref, thumb is Thumb.up, by=by, via="command line", now_us=now_us, word=word, measure=measure
        )
    document = {"subject": noted.subject.value, "which": noted.ref, "kind": noted.kind, "useful": noted.is_useful, "word": noted.word, "by": by}
    screen.show(document, lambda console: console.print("Noted."))


@useful.command("list")
def list_(
    days: Annotated[int, typer.Option(min=1, help="Of the last so many days.")] = 90,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """What was said, least useful first."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        found = Acting(deployment).useful.report(now_us, days)
    rows = [msgspec.to_builtins(one) | {"share": round(one.share, 3)} for one in found]
    shown = [row | {"share": f"{100 * row['share']:.0f} %"} for row in rows]
    screen.show(rows, lambda console: paint_rows(console, shown, ("subject", "kind", "up", "down", "share", "words"), "Nobody said anything yet."))
