"""`tenure providers`: what messages leave through, whether it works, and the secrets it needs."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

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
from tenure.errors import BadInput, Refused, Unavailable

providers = typer.Typer(help="What messages leave through: mail, Slack, webhooks, or the local twin.", no_args_is_help=True)
_TEST_KEY = "provider-test"


def add_to(app: typer.Typer) -> None:
    app.add_typer(providers, name="providers")


@providers.command("list")
def list_(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Every configured provider, what it can do, and what it still needs."""
    from tenure.app.outside import Outside

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = Outside(deployment).registry.configured()
    rows = [_row(one) for one in found]
    screen.show(rows, lambda console: _paint(console, rows))


def _row(one: Any) -> dict[str, Any]:
    caps = one.capabilities
    abilities = {name: getattr(caps, name) for name in ("html", "attachments", "blocks", "replaces", "knows_keys")}
    return {
        "name": one.name,
        "channels": sorted(channel.value for channel in caps.channels),
        "is_default": one.is_default,
        "missing_secrets": list(one.missing),
        **abilities,
    }


def _paint(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("provider", "channels", "can", "missing"):
        table.add_column(column, overflow="fold")
    for row in rows:
        can = ", ".join(name.replace("_", " ") for name in ("html", "attachments", "blocks", "replaces", "knows_keys") if row[name])
        missing = ", ".join(f"secret {name}" for name in row["missing_secrets"])
        table.add_row(row["name"], ", ".join(row["channels"]) or "goes with mails", can, missing)
    console.print(table)
    if any(row["is_default"] for row in rows):
        console.print("No provider is configured: messages stay on this machine. docs/providers.md says how to add one.")


@providers.command("test")
def test(
    name: Annotated[str, typer.Argument(help="smtp, slack, webhook or twin.")],
    to: Annotated[str, typer.Option("--to", help="An address or channel of your own.")],
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Send one message to yourself through a provider, outside of every ledger."""
    from tenure.app.outside import Outside
    from tenure.ports.senders import Message, OutcomeUnknown, RefusedForGood, TryLater

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        outside = Outside(deployment, None if json else screen.out)
        try:
            sender = outside.registry.sender(name)
            text = f"This is a test message of {outside.brand}. Messages through {name} arrive."
            message = Message(
                key=f"{_TEST_KEY}:{now_us}",
                channel=sorted(sender.channels)[0],
                to=to,
                subject="Test message of Tenure",
                text=text,
                html=f"<p>Messages through {name} arrive.</p>",
            )
            done = sender.send(message, now_us)
        except RefusedForGood as problem:
            raise Refused(f"The message was refused: {problem}.", "Correct the provider's settings or the address.") from None
        except TryLater as problem:
            raise Unavailable(f"The message was not sent: {problem}.", "Check host and port, and try again.") from None
        except OutcomeUnknown as problem:
            raise Unavailable(f"Nobody can say whether it was sent: {problem}.", "Look whether it arrived.") from None
        finally:
            outside.close()
    document = {"provider": done.provider, "message_id": done.message_id}
    screen.show(document, lambda console: console.print(f"Sent through {done.provider} as {done.message_id}.", soft_wrap=True))


@providers.command("check")
def check(
    name: Annotated[str, typer.Argument(help="smtp or imap.")] = "smtp",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> int:
    """Before going live. smtp: SPF, DKIM and DMARC of the domain mails come from; exit code 1 when something is missing.
    imap: sign in and read what came."""
    if name == "imap":
        return _check_mailbox(Screen(json), parse_now(now), workspace, venture)
    from tenure.app.outside import Outside
    from tenure.providers.smtp.domain import check_domain, dns_resolver, may_go_live

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        settings = Outside(deployment).registry.smtp
    if name != "smtp" or settings is None:
        raise BadInput("Only a configured smtp or imap can be checked.", "Add [providers.smtp] or [providers.imap] to tenure.toml.")
    findings = check_domain(settings.domain, settings.dkim_selectors, dns_resolver())
    good = may_go_live(findings)
    rows = [{"check": one.check, "standing": one.standing.value, "said": one.said, "fix": one.fix} for one in findings]

    def paint(console: Console) -> None:
        for row in rows:
            console.print(f"{row['check']:<6} {row['standing']:<8} {row['said']}. {row['fix']}".rstrip())

    screen.show({"domain": settings.domain, "may_go_live": good, "findings": rows}, paint)
    return 0 if good else 1


def _check_mailbox(screen: Screen, now_us: int, workspace: WorkspaceOption, venture: VentureOption) -> int:
    from tenure.app.mailbox import SECTION, read_mailbox

    with opened(workspace, venture) as deployment:
        if SECTION not in deployment.workspace.providers:
            raise BadInput("No mailbox is configured.", "Add [providers.imap] to tenure.toml.")
        found = read_mailbox(deployment, now_us)
    document = {"mails": found.mails, "ours": found.ours, "unreadable": found.unreadable}
    said = f"Signed in. {found.mails} new mails, {found.ours} of them answer something of ours."
    screen.show(document, lambda console: console.print(said, soft_wrap=True))
    return 0


@providers.command("secret")
def secret(
    name: Annotated[str, typer.Argument(help="The name tenure.toml uses for it.")],
    remove: Annotated[bool, typer.Option("--remove", help="Forget it.")] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Store a secret, encrypted: asked for on a terminal, else read from standard input. It is never shown again."""
    screen, now_us = Screen(json), parse_now(now)
    value = "" if remove else _asked_value()
    with opened(workspace, venture) as deployment:
        stored, venture_id = deployment.store.secrets, deployment.venture.venture_id
        if remove:
            stored.delete(venture_id, name, by="command line", now_us=now_us)
        else:
            stored.put(venture_id, name, value, by="command line", now_us=now_us)
    done = "removed" if remove else "stored"
    screen.show({"secret": name, "state": done}, lambda console: console.print(f"The secret {name} is {done}."))


def _asked_value() -> str:
    value = str(typer.prompt("Value", hide_input=True, err=True)) if on_terminal() else sys.stdin.read()
    value = value.strip()
    if not value:
        raise BadInput("The secret is empty.", "Type it, or pipe it in: printf %s VALUE | tenure providers secret NAME.")
    return value
