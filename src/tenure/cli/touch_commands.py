"""`tenure touches`, `drafts`, `handsoff`, `suppress`, `consent`: what reached customers, what waits, and who must be left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import (
    ByOption,
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    opened,
    parse_now,
    parse_time,
    parse_time_or_none,
)
from tenure.errors import BadInput, NotFound
from tenure.model.consents import EVERY, Consent
from tenure.model.touches import Channel, Purpose, TouchState
from tenure.ports.touches import TouchFilter

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

drafts = typer.Typer(help="Messages that wait for their customer's owner.", no_args_is_help=True)

NumbersArgument = Annotated[list[int], typer.Argument(metavar="NUMBER...", help="Numbers of drafts, from `tenure drafts list`.")]
SHOWN = 50


def add_to(app: typer.Typer) -> None:
    app.command("touches")(touches)
    app.add_typer(drafts, name="drafts")
    app.command("handsoff")(handsoff)
    app.command("suppress")(suppress)
    app.command("consent")(consent)


def touches(
    state: Annotated[TouchState | None, typer.Option(help="Only touches in this state.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Only this customer's.")] = None,
    playbook: Annotated[str | None, typer.Option(help='Only of this playbook; "" of none: surveys, and what people sent.')] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only over this channel.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only with this reason, or of the gate it begins with, such as budget.")] = None,
    to_customers: Annotated[bool, typer.Option("--to-customers", help="Only what goes to customers.")] = False,
    left: Annotated[bool, typer.Option("--left", help="Only what left; --since and --until then look at when.")] = False,
    since: Annotated[str | None, typer.Option(metavar="ISO", help="Decided then or later.", show_default=False)] = None,
    until: Annotated[str | None, typer.Option(metavar="ISO", help="Decided then or earlier.", show_default=False)] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many (default: 50 on screen, all as JSON).", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """The ledger: every touch, what became of it and why, latest decided first."""
    from tenure.app.outreach import touch_document

    screen = Screen(json)
    where = TouchFilter(
        states=(state,) if state else (), customer_id=customer, playbook=playbook, channel=channel, reason=reason, left=left,
        customer_facing=True if to_customers else None,
        since_us=parse_time_or_none("--since", since), until_us=parse_time_or_none("--until", until),
    )  # fmt: skip
    with opened(workspace, venture) as deployment:
        shown = limit if limit is not None or json else SHOWN
        found = deployment.store.touches.list(deployment.venture.venture_id, where, limit=shown)
    rows = [touch_document(one) for one in found]
    screen.show(rows, lambda console: _paint(console, rows, "No touches yet.", "customer_id", "playbook", "step", "channel", "state", "reason"))


@drafts.command("list")
def list_(
    owner: Annotated[str | None, typer.Option(help="Only customers of this owner.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many.", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Drafts that wait for approval, and advice nobody acted upon yet."""
    from tenure.app.outreach import draft_document, outreach_of

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = outreach_of(deployment).drafts(owner=owner, limit=limit)
    rows = [draft_document(touch, its) for touch, its in found]
    columns = ("touch_id", "customer_id", "owner", "channel", "state", "subject", "expires_at")
    screen.show(rows, lambda console: _paint(console, rows, "Nothing waits for approval.", *columns))


@drafts.command("show")
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """One draft: what it says, to whom, and what was said of it."""
    from tenure.app.outreach import draft_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        store, own = deployment.store, deployment.venture.venture_id
        touch = store.touches.get(own, number)
        cards = store.cards.get(own, [touch.customer_id] if touch.customer_id else [])
        owner = next((card.owner for card in cards.values()), None)
        document = draft_document(touch, owner, store.touches.history(own, [number]))
    screen.show(document, lambda console: _paint_draft(console, document))


@drafts.command("approve")
def approve(
    numbers: NumbersArgument,
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Let drafts go, singly or in bulk; they pass the gates once more."""
    _answer(Screen(json), workspace, venture, numbers, "approved", lambda outreach, now_us: outreach.approve(numbers, by=by, now_us=now_us), now)


@drafts.command("reject")
def reject(
    numbers: NumbersArgument,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = "",
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Do not send drafts."""
    answer = "rejected"
    _answer(Screen(json), workspace, venture, numbers, answer, lambda outreach, now_us: outreach.reject(numbers, by=by, why=why, now_us=now_us), now)


@drafts.command("edit")
def edit(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    subject: Annotated[str | None, typer.Option(help="A new subject.")] = None,
    text: Annotated[str | None, typer.Option(help="A new text part.")] = None,
    html: Annotated[str | None, typer.Option(help="A new HTML part.")] = None,
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Change what a draft says before it is approved."""
    from tenure.app.outreach import outreach_of

    parts = {name: value for name, value in (("subject", subject), ("text", text), ("html", html)) if value is not None}
    if not parts:
        raise BadInput("Nothing to change was given.", "Give --subject, --text or --html.")
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        outreach_of(deployment).edit(number, parts, by=by, now_us=now_us)
    screen.show({"edited": number}, lambda console: console.print(f"Draft {number} is changed."))


@drafts.command("rewrite")
def rewrite(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    wish: Annotated[str, typer.Option("--wish", help="What the model should do, such as: shorter, mention the export.")] = "",
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Have the configured language model write a draft anew. It is checked for what nobody said, marked, and waits as before."""
    from tenure.app.outreach import rewriting_of

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        done = rewriting_of(deployment).rewrite(number, wish=wish, by=by, now_us=now_us)
    document = {"rewritten": number, "subject": done.subject, "text": done.text}
    screen.show(document, lambda console: console.print(f"[bold]{escape(done.subject)}[/]\n\n{escape(done.text)}"))


def handsoff(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    until: Annotated[str | None, typer.Option(metavar="ISO", help="The day or time at which automation may act again.", show_default=False)] = None,
    reason: Annotated[str, typer.Option(help="Why; shown wherever the customer is.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End it now.")] = False,
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Take a customer out of all automation until a day; everything pending for it is withdrawn."""
    from tenure.app.outreach import outreach_of

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        own = deployment.venture.venture_id
        if end:
            deployment.store.controls.end_hands_off(own, customer_id, by=by, now_us=now_us)
            screen.show({"ended": True}, lambda console: console.print("Automation may act on this customer again."))
            return
        if until is None:
            raise BadInput("Hands off needs an end.", "Say until when with --until.")
        taken = outreach_of(deployment).take_out(customer_id, until_us=parse_time("--until", until), reason=reason, by=by, now_us=now_us)
    document = {"customer_id": customer_id, "until": until, "withdrawn": taken}
    screen.show(document, lambda console: console.print(f"Hands off until {until}; {taken:,} pending touches are withdrawn."))


def suppress(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mail addresses or phone numbers; kept as salted hashes only.")],
    channel: Annotated[Channel | None, typer.Option(help="Only this channel (default: do not contact at all).", show_default=False)] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "asked",
    lift: Annotated[bool, typer.Option("--lift", help="Take them off the list again.")] = False,
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Never contact these people again, whatever else is recorded."""
    from tenure.app.outreach import outreach_of

    screen, now_us, on = Screen(json), parse_now(now), channel.value if channel else EVERY
    with opened(workspace, venture) as deployment:
        if lift:
            for address in addresses:
                deployment.store.suppressions.lift(deployment.venture.venture_id, address, on, why=reason, by=by, now_us=now_us)
            new = -len(addresses)
        else:
            new = outreach_of(deployment).suppress(addresses, on, reason=reason, by=by, now_us=now_us)
    said = f"{-new:,} taken off the list." if lift else f"{new:,} newly suppressed, {len(addresses) - new:,} were already."
    screen.show({"asked": len(addresses), "new": new}, lambda console: console.print(said))


def consent(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    given: Annotated[bool, typer.Option("--yes/--no", help="Consent given, or refused.")],
    purpose: Annotated[Purpose | None, typer.Option(help="Only this purpose (default: every one).", show_default=False)] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only this channel (default: every one).", show_default=False)] = None,
    user: Annotated[str, typer.Option(metavar="ID", help="Only this person (default: everybody at the customer).")] = "",
    source: Annotated[str, typer.Option(help="The form, contract or person it is known from; a legal basis names itself.")] = "",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Write consent down, with source and time; the last word counts."""
    from tenure.app.outreach import outreach_of

    if not source.strip():
        raise BadInput("Consent without a source proves nothing.", "Say where it is known from with --source.")
    screen, now_us = Screen(json), parse_now(now)
    word = Consent(
        customer_id=customer_id, user_id=user, purpose=purpose.value if purpose else EVERY, channel=channel.value if channel else EVERY,
        given=given, source=source, at_us=now_us,
    )  # fmt: skip
    with opened(workspace, venture) as deployment:
        outreach_of(deployment).consent([word])
    screen.show({"recorded": True, "given": given}, lambda console: console.print("Written down."))


def _answer(screen: Screen, workspace: Any, venture: str | None, numbers: list[int], what: str, act: Any, now: str | None) -> None:
    """Approve or reject; drafts that are none any more are said so, one that never was is an error."""
    from tenure.app.outreach import outreach_of

    now_us = parse_now(now)
    with opened(workspace, venture) as deployment:
        _all_exist(deployment, numbers)
        done = act(outreach_of(deployment), now_us)
    others = len(set(numbers)) - done
    more = f" {others:,} waited no more." if others else ""
    screen.show({what: done, "waited_no_more": others}, lambda console: console.print(f"{done:,} {what}.{more}"))


def _all_exist(deployment: Deployment, numbers: list[int]) -> None:
    for number in numbers:
        try:
            deployment.store.touches.get(deployment.venture.venture_id, number)
        except NotFound:
            raise NotFound(f"There is no draft {number}.", "See `tenure drafts list`.") from None


def _paint(console: Console, rows: list[dict[str, Any]], nothing: str, *columns: str) -> None:
    if not rows:
        console.print(nothing)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.replace("_id", "").replace("_at", ""), overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if row[column] is None else str(row[column])) for column in columns))
    console.print(table)


def _paint_draft(console: Console, document: dict[str, Any]) -> None:
    console.print(f"[bold]{escape(str(document['subject']))}[/]  to {escape(str(document['customer_id']))} by {document['channel']}")
    console.print(f"[dim]{document['state']}, approved by {escape(str(document['owner'] or 'anybody'))}, until {document['expires_at']}[/]\n")
    console.print(escape(str(document["text"])))
    if document["drafted_by"]:
        console.print(f"[dim]drafted by {escape(str(document['drafted_by']))}[/]")
    for line in document["history"]:
        console.print(f"[dim]{line['at']}  {line['verdict']}  {escape(line['reason'])}[/]")
