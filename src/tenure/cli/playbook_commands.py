"""`tenure playbooks`: what there is, whether the files are sound, publishing, pausing, a picture, a test to oneself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.errors import BadInput
from tenure.model.incidents import playbook_scope

playbooks = typer.Typer(help="Playbooks: journeys and campaigns, as files that are checked, published and run.", no_args_is_help=True)
KeyArgument = Annotated[str, typer.Argument(metavar="PLAYBOOK")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, for the audit log.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(playbooks, name="playbooks")


@playbooks.command("list")
def list_(now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Every playbook: live, draft or paused, and how many customers are in it."""
    from tenure.app.playbooks import list_document

    with opened(workspace, venture) as deployment:
        rows = list_document(deployment, parse_now(now))
    Screen(json).show(rows, lambda console: _paint_list(console, rows))


def _paint_list(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("playbook", "state", "version", "running", "held out", "done", "title"):
        table.add_column(column)
    for row in rows:
        counts = row["enrollments"]
        over = sum(count for state, count in counts.items() if state not in ("running", "held_out", "confirming"))
        version = "–" if row["version"] is None else f"{row['version']}{' (file differs)' if row['file_differs'] else ''}"
        table.add_row(row["playbook"], row["state"], version, *map(str, (counts.get("running", 0), counts.get("held_out", 0), over)), row["title"])
    console.print(table)


@playbooks.command("show")
def show(
    key: KeyArgument,
    version: Annotated[int | None, typer.Option("--version", help="A published version (default: the live one, else the file).")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write it as a picture.")] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """One playbook: who enters, its steps with their days, what ends it."""
    from tenure.app.playbooks import definition_of, show_document
    from tenure.presentation.playbook_diagram import playbook_svg

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        definition, number = definition_of(deployment, key, version)
        parameters = deployment.parameters.current()
        picture = playbook_svg(definition, parameters, number)
    document = show_document(definition, number, parameters)
    if svg is not None:
        _write(svg, picture)
        document["svg"] = str(svg)
    screen.show(document, lambda console: _paint_one(console, document))


def _write(file: Path, text: str) -> None:
    from tenure.errors import BadInput

    try:
        file.write_text(text, encoding="utf-8")
    except OSError:
        raise BadInput(f"{file} cannot be written.", "Name a file in a folder that exists.") from None


def _paint_one(console: Console, document: dict[str, Any]) -> None:
    console.print(f"[bold]{escape(document['title'])}[/] ({document['key']}, {'not published' if document['version'] is None else document['version']})")
    console.print(escape(document["purpose"]))
    console.print(f"\nenters  {escape(document['entry']['condition'])}")
    for step, due in zip(document["steps"], document["timeline"], strict=True):
        said = step.get("title") or step.get("template") or ", ".join(one["template"] for one in step.get("variants", ())) or step.get("act", "")
        condition = f"  (only if {step['when']})" if step.get("when") else ""
        label = f"+ {due['hours']:g} h" if due["hours"] and not due["day"] else f"day {due['day']:g}"
        console.print(f"{label:<8}{escape(step['step'])}: {escape(said)}{escape(condition)}")
    if document.get("goal"):
        console.print(f"goal    {escape(document['goal'])}")
    if "svg" in document:
        console.print(f"\nPicture: {document['svg']}")


@playbooks.command("check")
def check(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> int:
    """Check every playbook file: file, line, and what to do about it. Exits with 1 when something is wrong."""
    from tenure.app.playbooks import check_document

    with opened(workspace, venture) as deployment:
        document = check_document(deployment)
    Screen(json).show(document, lambda console: _paint_check(console, document))
    return 0 if document["ok"] else 1


def _paint_check(console: Console, document: dict[str, Any]) -> None:
    for problem in document["problems"]:
        console.print(f"[red]{escape(problem)}[/]")
    console.print(f"{len(document['playbooks'])} playbooks are sound, {len(document['problems'])} problems.")
    if document["links_without_address"]:
        names = ", ".join(document["links_without_address"])
        console.print(f"Links without an address are left out of messages: {names}. Set them in \\[product.links] of tenure.toml.")


@playbooks.command("publish")
def publish(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[PLAYBOOK]...", help="Which (default: all).")] = None,
    why: WhyOption = "",
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Make playbooks live as their files say, as new versions; whoever is in one finishes on the version they began with."""
    from tenure.app.playbooks import checked_files, playbook_service

    with opened(workspace, venture) as deployment:
        done = playbook_service(deployment).publish(checked_files(deployment), keys or (), by=by, why=why, now_us=parse_now(now))
    document = {
        "published": [{"playbook": one.key, "version": one.version, "digest": one.digest} for one in done.published],
        "unchanged": list(done.unchanged),
    }
    lines = [f"{one.key}: version {one.version} is live" for one in done.published]
    lines += [f"{key}: unchanged" for key in done.unchanged]
    Screen(json).show(document, lambda console: console.print("\n".join(lines)))


@playbooks.command("pause")
def pause(
    key: KeyArgument, why: WhyOption = "paused on the command line", by: ByOption = "admin", now: NowOption = None,
    workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Nobody enters, and nothing of it leaves, until it is resumed; tasks of people go on."""
    from tenure.app.acting import Acting, handed_document
    from tenure.app.playbooks import playbook_service

    now_us = parse_now(now)
    with opened(workspace, venture) as deployment:
        playbook_service(deployment).pause(key, by=by, why=why, now_us=now_us)
        left = [one for one in Acting(deployment).safety.handed.stop([playbook_scope(key)], now_us) if one.may_run]
    document = {"playbook": key, "state": "paused", "stop_by_hand": [handed_document(one) for one in left]}
    lines = [f"{key} is paused.", *(f"Stop {one.name} at {one.provider} by hand: {one.link}" for one in left)]
    Screen(json).show(document, lambda console: console.print("\n".join(lines), markup=False))


@playbooks.command("resume")
def resume(
    key: KeyArgument, why: WhyOption = "resumed on the command line", by: ByOption = "admin", now: NowOption = None,
    workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Go on where it was paused; what waited too long is skipped."""
    from tenure.app.playbooks import playbook_service

    with opened(workspace, venture) as deployment:
        was_paused = playbook_service(deployment).resume(key, by=by, why=why, now_us=parse_now(now))
    said = f"{key} goes on." if was_paused else f"{key} was not paused."
    Screen(json).show({"playbook": key, "state": "live", "was_paused": was_paused}, lambda console: console.print(said))


@playbooks.command("lift-holdout")
def lift_holdout(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its id.")],
    why: WhyOption = "", by: ByOption = "admin", now: NowOption = None,
    workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Take a customer out of the holdout: the steps to come reach it, and `tenure effect` compares it with nobody."""
    from tenure.app.playbooks import playbook_service

    with opened(workspace, venture) as deployment:
        lifted = playbook_service(deployment).lift_holdout(customer, by=by, why=why, now_us=parse_now(now))
    document = {"customer_id": customer, "playbook": lifted.playbook, "state": lifted.state.value}
    said = f"{customer} is no longer held out of {lifted.playbook}: the steps to come reach it, and no comparison counts it."
    Screen(json).show(document, lambda console: console.print(escape(said)))


@playbooks.command("schema")
def schema(json: JsonOption = False) -> None:
    """The JSON Schema of playbook files, for editors."""
    from tenure.playbooks import playbook_schema

    typer.echo(playbook_schema(), nl=False)


@playbooks.command("test-to")
def test_to(
    address: Annotated[str, typer.Argument(help="Your own mail address.")],
    playbook: Annotated[str | None, typer.Option("--playbook", "-p", help="Whose step.", show_default=False)] = None,
    step: Annotated[str | None, typer.Option("--step", "-s", help="Which step.", show_default=False)] = None,
    survey: Annotated[str | None, typer.Option("--survey", help="This survey instead of a step.", show_default=False)] = None,
    template: Annotated[str | None, typer.Option("--template", help="Of a step with variants.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="With this customer's data (default: an invented one).")] = None,
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Send a step as its file says it, or a survey, to yourself; it leaves with the next tick, and no customer can get it."""
    from tenure.app.playbooks import draft_of, playbook_context
    from tenure.app.survey_mail import tried_survey
    from tenure.services.playbooks.trying import send_to, try_step

    now_us = parse_now(now)
    with opened(workspace, venture) as deployment:
        if customer is not None:  # of anybody, also where nothing was published that looks at customers
            deployment.jobs.run("look_at", {"customer_id": customer, "now_us": now_us})
        context = playbook_context(deployment)
        if survey is not None:
            tried = tried_survey(context, survey, customer_id=customer, now_us=now_us)
        elif playbook is not None and step is not None:
            tried = try_step(context, draft_of(deployment, playbook), step, customer_id=customer, template=template, now_us=now_us)
        else:
            raise BadInput("What to send is not said.", "Name a step with -p PLAYBOOK -s STEP, or a survey with --survey.")
        key = send_to(context, tried, address, by=by, now_us=now_us)
    made = tried.content
    document = {"key": key, "playbook": tried.playbook, "step": tried.step, "template": tried.template, "customer_id": tried.customer_id,
                "subject": made.subject, "text": made.text or made.script}  # fmt: skip
    Screen(json).show(document, lambda console: console.print(escape(f"{made.subject}\n\n{document['text']}\n\nIt leaves with the next tick.")))
