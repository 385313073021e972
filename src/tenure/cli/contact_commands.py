"""`tenure log`: what somebody did with a customer, in ten seconds."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.cli.base import (
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    opened,
    parse_now,
    parse_time_or_none,
)
from tenure.model.contacts import ContactKind, ContactOutcome, LoggedContact
from tenure.rules.contacts import OUTCOMES, outcome_of


def add_to(app: typer.Typer) -> None:
    app.command("log")(log)


def log(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id, or its exact name.")],
    kind: Annotated[ContactKind, typer.Argument(help="What you did.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[OUTCOME] [TEXT]", help="How it ended (as --outcome), and what was said.", show_default=False)
    ] = None,
    outcome: Annotated[
        ContactOutcome | None,
        typer.Option(help="A call is reached or not_reached; a meeting held (default), booked or missed; a message sent (default) or answered.", show_default=False),
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="How long it took; kept with the call that was due.", show_default=False)] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="ISO", help="When, if not just now.", show_default=False)] = None,
    person: Annotated[str | None, typer.Option("--with", metavar="USER", help="With whom of theirs: a user id.", show_default=False)] = None,
    by: Annotated[str, typer.Option("--by", help="Who did it: a name or address of the team.")] = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Log a call, meeting, message or note where you are: it counts as a touch, closes the call that was due and reaches the CRM.

    Automated messages to a customer a person was in touch with wait three days.
    """
    from tenure.app.acting import Acting
    from tenure.app.outreach import touch_document

    screen, now_us = Screen(json), parse_now(now)
    said, text = _ended(kind, outcome, words or [])
    with opened(workspace, venture) as deployment:
        contacts = Acting(deployment).contacts
        contact = LoggedContact(
            key="", customer_id=contacts.customer(customer), kind=kind, outcome=said, at_us=parse_time_or_none("--at", at) or now_us,
            text=text, by=by, user_id=person,
        )  # fmt: skip
        logged = contacts.log(contact, now_us, minutes=minutes)
        (touch,) = deployment.store.touches.by_keys(deployment.venture.venture_id, [logged.contact.key])
    closed = "" if logged.task_id is None else f" Task {logged.task_id} is closed."
    document = touch_document(touch) | {"is_new": logged.is_new, "closed_task": logged.task_id}
    screen.show(document, lambda console: console.print(f"Logged.{closed}" if logged.is_new else "That was logged before."))


def _ended(kind: ContactKind, outcome: ContactOutcome | None, words: list[str]) -> tuple[ContactOutcome, str]:
    """The outcome and the text: `call reached "wants a discount"` says the outcome as the line on Slack does."""
    first = words[0].replace("-", "_") if words and outcome is None else ""
    if first in {one.value for one in OUTCOMES[kind]}:
        return ContactOutcome(first), " ".join(words[1:])
    return outcome_of(kind, outcome), " ".join(words)
