"""`tenure customers`: whose they are, duplicates merged, and one undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.cli.base import (
    ByOption,
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    confirm,
    opened,
    parse_now,
)
from tenure.cli.tables import paint_rows
from tenure.errors import BadInput, NotFound
from tenure.model.listing import HealthFilter

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

customers = typer.Typer(help="Customers: reassign, merge, unmerge, merges.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(customers, name="customers")


@customers.command("reassign")
def reassign(
    to: Annotated[str, typer.Argument(metavar="PERSON", help="Who looks after them from now on: a name or address.")],
    customer_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which customers.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Everybody of this owner instead.")] = None,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = "reassigned",
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Give customers to somebody: alerts, tasks and the sender's name follow; `tenure tasks absences --all` keeps the history."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    if bool(customer_ids) is (owner is not None):
        raise BadInput("Say which customers.", "Name their ids, or --owner OWNER for all of somebody's.")
    with opened(workspace, venture) as deployment:
        own = deployment.venture.venture_id
        for one in customer_ids or ():
            deployment.store.health.get(own, one)  # a mistyped id is said before anybody is moved
        chosen = customer_ids or list(deployment.store.health.ids(own, HealthFilter(owner=owner)))
        if not chosen:
            raise NotFound(f"No customer has the owner {owner!r}.", "`tenure metrics segments` lists the owners.")
        _look_for(deployment, to)
        moved = Acting(deployment).tasks.assign_all(chosen, to, by=by, why=why, now_us=now_us)
    screen.show({"to": to, "customers": moved}, lambda console: console.print(f"{_customers(moved)} {to}'s now."))


def _customers(count: int) -> str:
    return "1 customer is" if count == 1 else f"{count:,} customers are"


def _look_for(deployment: Deployment, person: str) -> None:
    """Raises NotFound for a name nobody of the team and no owner has: a mistyped one would get alerts nobody reads."""
    own, folded = deployment.venture.venture_id, person.casefold()
    team = [one for one in deployment.store.people.all(own) if one.left_us is None]
    is_there = any(folded in (one.name.casefold(), one.email.casefold()) for one in team)
    if not is_there and not deployment.store.health.count(own, HealthFilter(owner=person)):
        raise NotFound(f"Nobody of the team is called {person!r}.", "`tenure people` lists the team, `tenure people add` enters somebody.")


@customers.command("merge")
def merge(
    keep: Annotated[str, typer.Argument(metavar="KEEP", help="The customer that stays.")],
    duplicate: Annotated[str, typer.Argument(metavar="DUPLICATE", help="The one that is the same company.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = "duplicate",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Make DUPLICATE one with KEEP: its facts, touches, consents, tasks and alerts follow, also facts that arrive later.

    Its chains and playbooks end as merged, what waits for it is withdrawn, and KEEP is scored anew. Where both records say
    something, KEEP's counts. `tenure customers unmerge DUPLICATE` undoes it.
    """
    screen, now_us = Screen(json), parse_now(now)
    if not yes:
        confirm(f"Merge {duplicate} into {keep}?", "Merging needs a yes, and nobody can be asked here.")
    _done(screen, workspace, venture, "merge", {"kept": keep, "duplicate": duplicate, "why": why, "by": by, "now_us": now_us})


@customers.command("unmerge")
def unmerge(
    duplicate: Annotated[str, typer.Argument(metavar="DUPLICATE", help="The customer that was merged away.")],
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Undo a merge: every fact and row is whose it was; what ended runs on where nothing new took its place."""
    _done(Screen(json), workspace, venture, "unmerge", {"duplicate": duplicate, "by": by, "now_us": parse_now(now)})


@customers.command("merges")
def merges(
    everything: Annotated[bool, typer.Option("--all", help="Also undone ones.")] = False,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Who was merged into whom, newest first."""
    from tenure.app.merging import merge_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = deployment.store.merges.list(deployment.venture.venture_id, standing_only=not everything)
    rows = [merge_document(one) for one in found]
    columns = ("merge", "kept", "duplicate", "stands", "at", "by", "why")
    screen.show(rows, lambda console: paint_rows(console, rows, columns, "Nobody was merged."))


def _done(screen: Screen, workspace: Any, venture: str | None, job: str, args: dict[str, Any]) -> None:
    with opened(workspace, venture) as deployment:
        document = deployment.jobs.run(job, args)
    said = f"{document['facts_moved']:,} facts moved; {document['scored']:,} customers scored anew."
    screen.show(document, lambda console: console.print(said))
