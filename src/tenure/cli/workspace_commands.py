"""`tenure init`, `up`, `status`, `keys`, `demo`: the workspace and the running process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
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
from tenure.clock import HOUR_US, iso
from tenure.model.keys import KeyKind
from tenure.settings import find_workspace

keys = typer.Typer(help="Write keys for clients that send facts, API keys for programs that read.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command("init")(init)
    app.command("up")(up)
    app.command("status")(status)
    app.command("demo")(demo)
    app.add_typer(keys, name="keys")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    name: Annotated[str | None, typer.Option(help="The company's name (default: the folder's).")] = None,
    json: JsonOption = False,
) -> None:
    """Make a workspace: settings, the default scorecard, and empty stores."""
    from tenure.app.workspaces import create_workspace

    screen = Screen(json)
    written = create_workspace(folder, name)
    with opened(folder) as deployment:
        document = {"workspace": str(folder.resolve()), "venture": deployment.venture.key, "files": [str(path) for path in written]}

    def paint(console: Console) -> None:
        console.print(f"Made the workspace {folder.resolve()} for {deployment.venture.name}.")
        for path in written:
            console.print(f"  {path}")
        console.print(f"Next: `tenure import PATH --workspace {folder}`, then `tenure refresh --workspace {folder}`.")

    screen.show(document, paint)


def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port (0: any free one).")] = 8400,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Serve the API and do the scheduled work, in one process, until stopped."""
    from tenure.cli.serving import serve

    serve(find_workspace(workspace), venture, host, port, json)


def status(
    now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Facts, quarantine, inbox, last refresh, and what is not set up yet."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        document = deployment.status(now_us)
    screen.show(document, lambda console: _paint_status(console, document))


def _paint_status(console: Console, document: dict[str, Any]) -> None:
    facts = ", ".join(f"{count:,} {kind}" for kind, count in document["facts"].items())
    console.print(f"facts       {facts}")
    console.print(f"quarantine  {document['quarantine']:,} waiting")
    console.print(f"inbox       {document['inbox']:,} waiting")
    last = document["last_refresh"]
    if last is None:
        console.print("refresh     never: run `tenure refresh`")
    else:
        console.print(f"refresh     as of {last['as_of']}, {last['kind']}, {last['scored']:,} scored, {last['state']}")
    _paint_scoring(console, document["scoring"])
    _paint_loop(console, document["loop"])
    console.print(f"system      {document['system']['overall']}")
    for source in document["sources"]:
        console.print(f"  {_source_line(source)}")
    for problem in document["system"]["problems"]:
        console.print(f"  {problem}")
    mailbox = document["mailbox"] or {"problem": ""}
    if mailbox["problem"]:
        console.print(f"  replies are not read since {mailbox['read_at'] or 'the beginning'}: {mailbox['problem']}")
    for hint in document["hints"]:
        console.print(f"  {hint}")


def _paint_scoring(console: Console, scoring: dict[str, Any]) -> None:
    if scoring["by"] == "hand":
        incident = f" (incident {scoring['incident']})" if scoring["incident"] is not None else ""
        console.print(f"scoring     by hand only since {scoring['paused_since']}{incident}: `tenure refresh --force`")
    if scoring["stale"]:
        console.print(f"scores      stale: {escape(scoring['stale_because'])}")


def _paint_loop(console: Console, loop: dict[str, Any]) -> None:
    console.print(f"loop        {loop['mode']}")
    for one in loop["pauses"]:
        share = "" if one["cohort_percent"] is None else f", {one['cohort_percent']:g} % act again"
        console.print(f"  {one['scope']} is paused since {one['since']} by {one['by']}{share}: {escape(one['why'])}")


def _source_line(source: dict[str, Any]) -> str:
    if source["last_delivery"] is None:
        return f"source {source['source']}: never delivered"
    silent = source["usual_silence_hours"]
    usual = f", {silent:g} of them its usual silence" if silent else ""
    return f"source {source['source']}: {source['input_age_hours']:g} hours ago{usual}{', stale' if source['stale'] else ''}"


@keys.command("create")
def create_key(
    kind: Annotated[KeyKind, typer.Argument(help="write (clients send facts) or api (programs read).")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    source: Annotated[str, typer.Option(help="The name its facts carry.")] = "http",
    scope: Annotated[list[str] | None, typer.Option(help="What an API key may do, repeatable.")] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key. It is shown this once."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        made = deployment.store.keys.create(
            deployment.venture.venture_id, kind, name=name or kind.value, source=source, scopes=scope or (),
            by="command line", now_us=now_us,
        )  # fmt: skip
    document = {"key": made.token, "id": made.key.key_id, "kind": kind.value, "name": made.key.name, "source": source}

    def paint(console: Console) -> None:
        console.print(made.token)
        screen.err.print("It is shown this once: keep it now.")

    screen.show(document, paint)


@keys.command("list")
def list_keys(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Keys by their last characters, never whole."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = deployment.store.keys.all(deployment.venture.venture_id)

    def paint(console: Console) -> None:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("id", "kind", "name", "source", "ends in", "made", "revoked"):
            table.add_column(column)
        for key in found:
            revoked = iso(key.revoked_us) if key.revoked_us is not None else ""
            table.add_row(str(key.key_id), key.kind.value, key.name, key.source, key.hint, iso(key.created_us), revoked)
        console.print(table if found else "There are no keys: `tenure keys create write`.")

    screen.show(found, paint)


@keys.command("revoke")
def revoke_key(
    key_id: int,
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit log.")] = "revoked on the command line",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Refuse a key from now on."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        key = deployment.store.keys.revoke(deployment.venture.venture_id, key_id, by="command line", why=why, now_us=now_us)
    screen.show(key, lambda console: console.print(f"Key {key_id} is revoked."))


def demo(
    customers: Annotated[int, typer.Option(min=20, max=100_000, help="How many customers the simulated company has.")] = 2000,
    days: Annotated[int, typer.Option(min=60, max=1000, help="How many days it lived.")] = 180,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal companies.")] = 1,
    operate: Annotated[int, typer.Option(min=1, max=90, help="How many of these days the loop runs, day by day.")] = 3,
    folder: Annotated[Path, typer.Option("--into", "--workspace", "-w", help="The demo workspace; made anew each time.")] = Path(".tenure-demo"),
    now: NowOption = None,
    serve_on_terminal: Annotated[bool, typer.Option("--serve-on-terminal", help="Keep `tenure up` running when a person watches.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8400,
    json: JsonOption = False,
) -> None:
    """A simulated company through the real doors: imported, scored, then operated with real mail; `--operate 14` shows two weeks."""
    from tenure.cli.demo import run_demo

    screen = Screen(json)
    run_demo(screen, folder, customers, days, seed, parse_now(now) // HOUR_US * HOUR_US, operate)
    if serve_on_terminal and on_terminal():
        from tenure.cli.serving import serve

        serve(folder.resolve(), None, "127.0.0.1", port)
