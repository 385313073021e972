"""`tenure people`: the team, what each may do, and who is who on Slack."""

from __future__ import annotations

import re
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
from tenure.clock import iso
from tenure.errors import BadInput, NotFound, Refused
from tenure.model.ventures import Person, Role

people = typer.Typer(help="The team: list, add, leave, slack.")

MailArgument = Annotated[str, typer.Argument(metavar="MAIL", help="Their mail address.")]
_SLACK_ID = re.compile(r"[UW][A-Z0-9]{5,20}")


def add_to(app: typer.Typer) -> None:
    lists_alone(people, list_, "The team. Alone it lists them.")
    app.add_typer(people, name="people")


@people.command("list")
def list_(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Everybody, those who left too."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        rows = [_document(one) for one in deployment.store.people.all(deployment.venture.venture_id)]
    screen.show(rows, lambda console: paint_rows(console, rows, ("name", "email", "role", "left_at"), "Nobody yet: `tenure people add`."))


@people.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    mail: MailArgument,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.csm,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Enter somebody: alerts, tasks and decisions find them by their role and address."""
    screen, now_us = Screen(json), parse_now(now)
    if not name.strip():
        raise BadInput("Somebody without a name cannot be told apart.", "Write `tenure people add NAME MAIL`.")
    if "@" not in mail:
        raise BadInput(f"{mail!r} is no mail address.", "Write it as name@example.com.")
    with opened(workspace, venture) as deployment:
        made = deployment.store.people.add(deployment.venture.venture_id, name=name, email=mail, role=role, now_us=now_us)
    screen.show(_document(made), lambda console: console.print(f"{made.name} is in the team as {made.role.value}."))


@people.command("leave")
def leave(
    mail: MailArgument, now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Somebody left: they answer nothing any more. `tenure tasks absent` hands their work over."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        person = _named(deployment, mail)
        if person.left_us is not None:
            raise Refused(f"{person.name} left on {iso(person.left_us)[:10]}.", "`tenure people` lists the team.")
        deployment.store.people.leave(deployment.venture.venture_id, person.person_id, now_us=now_us)
        document = _document(deployment.store.people.get(deployment.venture.venture_id, person.person_id))
    screen.show(document, lambda console: console.print(f"{person.name} left."))


@people.command("slack")
def slack(
    mail: MailArgument,
    user: Annotated[str, typer.Argument(metavar="USER", help="Their Slack user id, such as U0123ABCD (profile, Copy member ID).")],
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Say whose Slack account it is: buttons clicked there count as this person's. Without it the mail address Slack knows decides."""
    screen, now_us = Screen(json), parse_now(now)
    if _SLACK_ID.fullmatch(user) is None:
        raise BadInput(f"{user[:30]!r} is no Slack user id.", "Copy the member ID from the profile in Slack, such as U0123ABCD.")
    with opened(workspace, venture) as deployment:
        person = _named(deployment, mail)
        deployment.store.people.name_on_slack(deployment.venture.venture_id, person.person_id, user, by=by, now_us=now_us)
    screen.show(_document(person) | {"slack": user}, lambda console: console.print(f"{user} is {person.name} ({person.role.value})."))


def _named(deployment: Any, mail: str) -> Person:
    found: Person | None = deployment.store.people.by_email(deployment.venture.venture_id, mail)
    if found is None:
        raise NotFound("Nobody in the team has this mail address.", "`tenure people` lists the team.")
    return found


def _document(one: Person) -> dict[str, Any]:
    left = None if one.left_us is None else iso(one.left_us)
    return {"id": one.person_id, "name": one.name, "email": one.email, "role": one.role.value, "left_at": left}
