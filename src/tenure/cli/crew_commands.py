"""`tenure tick`, `tenure gates`, `tenure crew`: the loop by hand, for schedulers, and where it stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.clock import iso
from tenure.errors import BadInput
from tenure.services.decisions.drill import STEP

crew = typer.Typer(help="The crew: set-up, one run of everything due, the escalation drill, where it stands.", no_args_is_help=True)
CONFIRMED = ("run_book", "test_alert", "no_ticket_system", "crm_none", "journeys", "rehearsed")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("tick")(tick)
    app.command("gates")(gates)
    app.add_typer(crew, name="crew")


def tick(workspace: WorkspaceOption = None, venture: VentureOption = None, now: NowOption = None, as_json: JsonOption = False) -> None:
    """Do everything that is due at this time once, and exit: facts in, scores, triggers, playbooks, delivery, calendar."""
    screen = Screen(as_json)
    now_us = parse_now(now)
    with opened(workspace, venture) as deployment:
        done = deployment.jobs.run("tick", {"now_us": now_us})
    screen.show(done, lambda console: _paint_tick(console, done))


def gates(workspace: WorkspaceOption = None, venture: VentureOption = None, now: NowOption = None, as_json: JsonOption = False) -> None:
    """Every gate with its evidence and since when; exit code 1 until all exit gates pass."""
    screen = Screen(as_json)
    with opened(workspace, venture) as deployment:
        found = deployment.jobs.run("gates", {"now_us": parse_now(now)})
    screen.show(found, lambda console: _paint_gates(console, found["gates"]))
    if any(one["verdict"] != "pass" for one in found["gates"] if one["group"] == "exit"):
        raise typer.Exit(1)


@crew.command("run")
def run(workspace: WorkspaceOption = None, venture: VentureOption = None, now: NowOption = None, as_json: JsonOption = False) -> None:
    """The same as `tenure tick`."""
    tick(workspace, venture, now, as_json)


@crew.command("setup")
def setup(
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    now: NowOption = None,
    confirm: Annotated[str | None, typer.Option(help=f"Confirm one of: {', '.join(CONFIRMED)}.", show_default=False)] = None,
    by: Annotated[str, typer.Option(help="Who confirms it: an address or a role.")] = "chairman",
    as_json: JsonOption = False,
) -> None:
    """Go on with the set-up as far as it goes, or confirm what only a person can."""
    screen = Screen(as_json)
    now_us = parse_now(now)
    with opened(workspace, venture) as deployment:
        if confirm is not None:
            if confirm == STEP:
                raise BadInput("The escalation drill is done, not confirmed.", "`tenure crew drill` begins it and shows how far it is.")
            if confirm not in CONFIRMED:
                raise BadInput(f"{confirm!r} is nothing to confirm.", f"Use one of: {', '.join(CONFIRMED)}.")
            deployment.store.crew.confirm(deployment.venture.venture_id, confirm, by, now_us=now_us)
        found = deployment.jobs.run("crew_setup", {"now_us": now_us})
    screen.show(found, lambda console: _paint_steps(console, found))


@crew.command("drill")
def drill(
    again: Annotated[bool, typer.Option("--again", help="Begin another, although one was passed or is on its way.")] = False,
    give_up: Annotated[
        str | None, typer.Option("--give-up", metavar="WHY", help="End the one on its way: it asks nobody any more.", show_default=False)
    ] = None,
    by: Annotated[str, typer.Option(help="Who begins it, or gives it up.")] = "chairman",
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """The escalation drill: a mock critical customer passes alert, escalation, decision and outcome; begins it, or shows how far it is."""
    from tenure.app.acting import Acting, drill_document

    screen, now_us = Screen(as_json), parse_now(now)
    with opened(workspace, venture) as deployment:
        drills = Acting(deployment).drill
        found = drills.state()
        if give_up is not None:
            found = drills.give_up(now_us, by=by, why=give_up)
        elif again or not (found.is_running or found.is_complete):
            found = drills.start(now_us, by=by)
        document = drill_document(found)
    screen.show(document, lambda console: console.print(escape(document["said"])))


@crew.command("status")
def status(workspace: WorkspaceOption = None, venture: VentureOption = None, now: NowOption = None, as_json: JsonOption = False) -> None:
    """Mode, set-up, and when each operation of the calendar was last done."""
    screen = Screen(as_json)
    now_us = parse_now(now)
    with opened(workspace, venture) as deployment:
        own, store = deployment.venture.venture_id, deployment.store
        found: dict[str, Any] = {
            "mode": store.controls.state(own, now_us).mode.value,
            "steps": {name: one.state for name, one in store.crew.steps(own).items() if name != "born"},
            "operations": {name: iso(due_us) for name, due_us in sorted(store.calendar.last_due_us(own).items())},
        }
    screen.show(found, lambda console: _paint_status(console, found))


def _paint_tick(console: Console, done: dict[str, Any]) -> None:
    console.print(f"{done['now']}: {done['refreshed']['scored']:,} customers scored; the loop is in [bold]{done['mode']}[/] mode.")
    for name, note in done["operations"].items():
        console.print(f"  {name.replace('_', ' ')}: {escape(note)}")
    for step in ("triggers", "playbooks", "gates", "delivery", "decisions", "alerts", "tasks"):
        said = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in done[step].items() if count)
        if said:
            console.print(f"  {step}: {said}")


def _paint_gates(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "gate", "since", "evidence"):
        table.add_column(column, overflow="fold")
    marks = {"pass": "[green]pass[/]", "not_yet": "[yellow]not yet[/]", "fail": "[red]fail[/]"}
    for row in rows:
        table.add_row(marks[row["verdict"]], f"{row['group']} {row['gate']}", (row["since"] or "")[:10], escape(row["evidence"]))
    console.print(table)


def _paint_steps(console: Console, steps: dict[str, Any]) -> None:
    for name, one in steps.items():
        said = ", ".join(f"{key} {_in_words(value)}" for key, value in one.get("evidence", {}).items())
        console.print(f"{name}: {one['state']} {escape(said)}")


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (" ".join(value) or "none") if isinstance(value, list) else str(value)


def _paint_status(console: Console, found: dict[str, Any]) -> None:
    console.print(f"Mode: {found['mode']}")
    for name, state in found["steps"].items():
        console.print(f"  set-up, {name}: {state}")
    for name, due in found["operations"].items():
        console.print(f"  {name.replace('_', ' ')}: last done for {due}")
