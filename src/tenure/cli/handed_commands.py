"""`tenure handed`: what runs at vendors for us, so that a pause reaches it there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.cli.base import (
    ByOption,
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    lists_alone,
    opened,
    parse_now,
)
from tenure.cli.tables import paint_rows
from tenure.errors import BadInput, NotFound
from tenure.model.handoffs import HandedKind
from tenure.model.incidents import playbook_scope

handed = typer.Typer(help="What runs at vendors: list, add, stopped.")
COLUMNS = ("id", "provider", "kind", "name", "scope", "runs", "result", "note", "link")


def add_to(app: typer.Typer) -> None:
    lists_alone(handed, list_, "What was handed to vendors. Alone it lists them.")
    app.add_typer(handed, name="handed")


@handed.command("list")
def list_(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Flows, lists and scheduled sends at vendors, and how the last try to stop each ended."""
    from tenure.app.acting import handed_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        rows = [handed_document(one) for one in deployment.store.hand_offs.all(deployment.venture.venture_id)]
    screen.show(rows, lambda console: paint_rows(console, rows, COLUMNS, "Nothing runs at a vendor."))


@handed.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called there.")],
    provider: Annotated[str, typer.Option(help="The vendor.")],
    playbook: Annotated[str, typer.Option(help="The playbook it belongs to: its pause stops it.")],
    kind: Annotated[HandedKind, typer.Option(help="What runs there.")] = HandedKind.flow,
    link: Annotated[str, typer.Option(help="Where it is found, when a person set it up there.")] = "",
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Hand something to a connected vendor, or (--link) write down what a person let run at any other."""
    from tenure.app.acting import Acting, handed_document
    from tenure.model.playbooks import PlaybookKind
    from tenure.playbooks import shipped_playbooks

    if not name.strip() or not provider.strip():
        raise BadInput("What runs there needs a name, and a vendor.", "Give NAME and --provider.")
    if link and not link.startswith(("https://", "http://")):
        raise BadInput(f"{link[:60]!r} is no link.", "Copy it from the vendor's page, with https://.")
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        kinds: dict[str, Any] = {one.key: one.definition.kind for one in deployment.store.playbooks.live(deployment.venture.venture_id)}
        known = sorted({*kinds, *(one.removesuffix(".yaml") for one in shipped_playbooks())})
        if playbook not in known:
            raise NotFound(f"There is no playbook {playbook!r}.", f"There are {', '.join(known)}.")
        by_score = kinds.get(playbook, playbook) in (PlaybookKind.at_risk, PlaybookKind.critical)
        things = Acting(deployment).safety.handed
        made = things.hand_over(provider, kind, name, playbook_scope(playbook), by=by, by_score=by_score, link=link, now_us=now_us)
        document = handed_document(made)
    screen.show(document, lambda console: console.print(f"{made.name} runs at {made.provider}: {made.link}"))


@handed.command("stopped")
def stopped(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Say that a person stopped it at the vendor."""
    from tenure.app.acting import Acting, handed_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        document = handed_document(Acting(deployment).safety.handed.stopped_by_hand(number, by=by, now_us=now_us))
    screen.show(document, lambda console: console.print(f"{document['name']} is stopped."))
