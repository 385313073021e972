"""`tenure refresh` and `tenure health`: scores, and why they are what they are."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.app.documents import listed
from tenure.app.standing import state_of_scoring
from tenure.cli.base import (
    JsonOption,
    KnownOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    opened,
    parse_now,
)
from tenure.clock import DAY_US, iso
from tenure.errors import BadInput
from tenure.model.health import HealthStatus
from tenure.model.listing import HealthFilter, HealthSort
from tenure.rules.wording import money

health = typer.Typer(help="Who is doing how, and why.", invoke_without_command=True, no_args_is_help=False)

COLOURS = {"healthy": "green", "at_risk": "yellow", "critical": "red"}
DEFAULT_COMPONENTS = ("engagement", "support", "value")


def add_to(app: typer.Typer) -> None:
    app.command("refresh")(refresh)
    app.add_typer(health, name="health")


def refresh(
    full: Annotated[bool, typer.Option("--full", help="Recompute from facts instead of from what the drains maintained.")] = False,
    force: Annotated[bool, typer.Option("--force", help="By hand: although scoring is paused, although so many fell at once. Needs --why.")] = False,
    why: Annotated[str, typer.Option("--why", help="The reason for --force, for the audit log.")] = "",
    by: Annotated[str, typer.Option("--by", help="The name for the record.")] = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Take in what arrived, score everybody, publish what changed; while scoring is paused only with --force."""
    if force and not why.strip():
        raise BadInput("Scoring by hand needs a reason.", "Say it with --why.")
    screen = Screen(json)
    with opened(workspace, venture) as deployment, screen.progress("Scoring") as step:

        def report(share: float, text: str) -> None:
            step(round(share * 100), 100)

        # without --now the time is the one at which the work is done, here or in `tenure up`
        args = {"now_us": None if now is None else parse_now(now), "full": full, "force": force, "why": why, "by": by}
        document = deployment.jobs.run("refresh", args, report)
    screen.show(document, lambda console: _paint_refresh(console, document))


def _paint_refresh(console: Console, document: dict[str, Any]) -> None:
    console.print(
        f"As of {document['as_of']}: {document['scored']:,} scored, {document['changed']:,} changed, average {document['average']}."
        if document["scored"]
        else f"As of {document['as_of']}: nobody to score yet. Import customers or events first."
    )
    counts = document["distribution"]
    if document["scored"]:
        console.print("  ".join(f"[{COLOURS[status]}]{count:,} {status.replace('_', ' ')}[/]" for status, count in counts.items()))


@health.callback()
def list_(
    context: typer.Context,
    status: Annotated[HealthStatus | None, typer.Option(help="Only this status.")] = None,
    segment: Annotated[str | None, typer.Option(help="Only this saved segment.")] = None,
    plan: Annotated[str | None, typer.Option(help="Only this plan.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only this journey stage.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's customers.")] = None,
    sort: Annotated[HealthSort, typer.Option(help="What comes first.")] = HealthSort.score,
    limit: Annotated[int | None, typer.Option(min=1, help="How many (default: 50 on screen, all as JSON).", show_default=False)] = None,
    now: NowOption = None,
    known: KnownOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """List scores; with --now (and --known) as they were, computed from facts and not published."""
    if context.invoked_subcommand is not None:
        return
    screen = Screen(json)
    where = HealthFilter(status=status, segment=segment, plan=plan, stage=stage, owner=owner)
    with opened(workspace, venture) as deployment:
        if segment is not None and segment not in deployment.workspace.segments:
            saved = ", ".join(deployment.workspace.segments)
            raise BadInput(f"There is no saved segment {segment!r}.", f"Use one of: {saved}." if saved else "Add it under [segments] in tenure.toml.")
        if now is None and known is None:
            shown = limit if limit is not None or json else 50
            found = list(deployment.store.health.list(deployment.venture.venture_id, where, sort=sort, limit=shown))
            standing = state_of_scoring(deployment, deployment.clock.now_us()).stale_because
            rows = [listed(row, is_stale=bool(standing)) for row in found]
            total = deployment.store.health.count(deployment.venture.venture_id, where)
        else:
            args = {"now_us": parse_now(now), "known": known, "where": _arguments(where), "sort": sort.value, "limit": limit}
            answer = deployment.jobs.run("health_at", args)
            rows, total, standing = answer["rows"], answer["total"], ""
    screen.show(rows, lambda console: _paint_list(console, rows, total, standing))


def _arguments(where: HealthFilter) -> dict[str, Any]:
    return {
        "status": where.status.value if where.status else None,
        "segment": where.segment,
        "plan": where.plan,
        "stage": where.stage,
        "owner": where.owner,
    }


def _paint_list(console: Console, rows: list[dict[str, Any]], total: int, stale_because: str = "") -> None:
    if stale_because:
        console.print(f"[yellow]Stale:[/] {escape(stale_because)}")
    if not rows:
        console.print("Nobody matches, or nothing was scored yet: `tenure refresh`.")
        return
    components = list(dict.fromkeys(name for row in rows for name in row["components"]))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("customer", "score", "was", "status", *components, "plan", "owner"):
        is_number = column in ("score", "was", *components)
        table.add_column(column, justify="right" if is_number else "left", no_wrap=column in ("customer", "status") or is_number, overflow="fold")
    for row in rows:
        status = row["status"]
        points = [_number(row["components"].get(name)) for name in components]
        table.add_row(
            escape(row["customer_id"]), f"[bold {COLOURS[status]}]{_number(row['score'])}[/]", _number(row["previous_score"]),
            f"[{COLOURS[status]}]{status.replace('_', ' ')}[/]" + (" new" if row["is_new"] else ""),
            *points, escape(row["plan"] or ""), escape(row["owner"] or ""),
        )  # fmt: skip
    console.print(table)
    if total > len(rows):
        console.print(f"[dim]{len(rows):,} of {total:,}; --limit shows more.[/]")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}".removesuffix(".0")


@health.command("show")
def show(
    customer_id: Annotated[str, typer.Argument(metavar="ID")],
    now: NowOption = None,
    known: KnownOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """One customer: the score with its reasons, history, change split, age and coverage."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        args = {"customer_id": customer_id, "now_us": None if now is None else parse_now(now), "known": known}
        document = deployment.jobs.run("explain", args)
    screen.show(document, lambda console: _paint_customer(console, document))


def _paint_customer(console: Console, document: dict[str, Any]) -> None:
    status = document["status"]
    was = "" if document["previous_score"] is None else f", was {_number(document['previous_score'])}"
    console.print(
        f"[bold]{escape(document['customer_id'])}[/]  [bold {COLOURS[status]}]{_number(document['score'])} {status.replace('_', ' ')}[/]{was}"
        + ("  [dim]new[/]" if document["is_new"] else "")
    )
    age = document["input_age_hours"]
    console.print(
        f"[dim]as of {document['as_of']}, scorecard {document['scorecard_version']}, coverage {document['coverage']:.0%}, "
        f"newest input {'never' if age is None else f'{age:.1f} hours'} old[/]\n"
    )
    if document["stale"]:
        console.print(f"[yellow]Stale:[/] {escape(document['stale_because'])}\n")
    if document["override"]:
        over = document["override"]
        console.print(f"[yellow]A person's judgement stands until {over['until']}:[/] {escape(over['reason'])}\n")
    for component in document["component_points"]:
        covered = "" if component["covered"] else f"  [dim]{component['component']} not measured[/]"
        console.print(f"{component['component']:<12} {_number(component['points']):>5} of {_number(component['weight'])}{covered}")
        for reading in document["readings"]:
            if reading["component"] == component["component"]:
                console.print(f"  [dim]·[/] {escape(reading['sentence'])}")
    if document["seat_use"]:
        console.print(f"\n{document['seat_use']['sentence']}")
    change = document["change"]
    if change and change["total"]:
        parts = [(name, change[name]) for name in ("behaviour", "time", "late", "configuration") if change[name]]
        console.print("\nchange " + f"{change['total']:+.1f}: " + ", ".join(f"{value:+.1f} {_words(name)}" for name, value in parts))
    if document["family"]:
        _paint_family(console, document["family"])
    if document["history"]:
        console.print("\nhistory")
        for point in document["history"][:12]:
            console.print(f"  {point['as_of'][:16]}  {_number(point['score']):>5}  {point['status'].replace('_', ' ')}")


def _paint_family(console: Console, family: dict[str, Any]) -> None:
    """Whose account it is part of, and what they come to together."""
    arr = money(family["arr_cents"], family["currency"])
    if family["arr_cents"] is not None and family["accounts_without_arr"]:
        arr += f" (not known of {family['accounts_without_arr']:,})"
    console.print(f"\nfamily of {escape(family['parent'])}: {len(family['accounts'])} accounts, ARR {arr}")
    for one in family["accounts"]:
        console.print(f"  {_number(one['score']):>5}  {escape(one['name'] or one['customer_id'])}  [dim]{escape(one['owner'] or 'no owner')}[/]")


def _words(name: str) -> str:
    return {"time": "time passing", "late": "late data"}.get(name, name)


@health.command("override")
def override(
    customer_id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Annotated[str, typer.Option("--reason", help="Why: shown wherever the score is.")],
    until: Annotated[str, typer.Option("--until", metavar="ISO", help="When it ends.")],
    person: Annotated[str, typer.Option("--by", help="Who judges.")] = "command line",
    score: Annotated[float | None, typer.Option(min=0, max=100, help="The score to show, or give --status.")] = None,
    status: Annotated[HealthStatus | None, typer.Option(help="The status to show.")] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """A person's judgement instead of the computed score, until it ends (from the next refresh on)."""
    now_us, until_us = parse_now(now), parse_now(until)
    with opened(workspace, venture) as deployment:
        deployment.check_customer(customer_id)
        made = deployment.store.overrides.add(
            deployment.venture.venture_id, customer_id, score=score, status=status, reason=reason, person=person,
            from_us=now_us, until_us=until_us, now_us=now_us,
        )  # fmt: skip
    Screen(json).show(made, lambda console: console.print(f"Set until {iso(until_us)}; shown from the next `tenure refresh`."))


@health.command("pulse")
def pulse(
    customer_id: Annotated[str, typer.Argument(metavar="ID")],
    value: Annotated[float, typer.Argument(min=0, max=100, help="0 (lost) to 100 (delighted).")],
    reason: Annotated[str, typer.Option("--reason", help="What makes you think so.")],
    days: Annotated[int, typer.Option(min=1, max=365, help="For how many days it counts.")] = 30,
    person: Annotated[str, typer.Option("--by", help="Who says so.")] = "command line",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """A success manager's own impression, read by scorecards that have a pulse measure."""
    now_us = parse_now(now)
    if not reason.strip():
        raise BadInput("A pulse needs a reason.", "Say with --reason what makes you think so.")
    with opened(workspace, venture) as deployment:
        deployment.check_customer(customer_id)
        made = deployment.store.pulses.add(
            deployment.venture.venture_id, customer_id, value=value, reason=reason, person=person,
            now_us=now_us, until_us=now_us + days * DAY_US,
        )  # fmt: skip
    Screen(json).show(made, lambda console: console.print(f"Counts for {days} days, from the next `tenure refresh`."))
