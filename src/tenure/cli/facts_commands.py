"""`tenure import` and `tenure quarantine`: facts in, and what was refused."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.clock import iso
from tenure.errors import BadInput
from tenure.model.quarantine import Quarantined, QuarantineState
from tenure.services.importing.report import ImportReport, Progress

quarantine = typer.Typer(help="Records that were refused: see, fix, replay or drop them.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.add_typer(quarantine, name="quarantine")


def import_(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files and folders; without any, the declared SQL sources are read.")] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Read facts in: CSV, Parquet, JSON lines, folders of them, or the declared SQL sources."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment, screen.progress("Reading") as step:

        def report(progress: Progress) -> None:
            step(progress.bytes_done, progress.bytes_total or None)

        result = deployment.facts_in.import_now(paths or [], now_us, report)
    document = {
        "files": result.report.files,
        "unread": result.report.unread,
        "rehearsal": result.rehearsal,
        "facts": result.facts,
        "quarantined": result.report.quarantined,
    }
    screen.show(document, lambda console: _paint_import(console, result.report, result.rehearsal))


def _paint_import(console: Console, report: ImportReport, rehearsal: Any) -> None:
    for file in report.files:
        console.print(escape(file.sentence))
        guessed = [f"{use.field} from {use.source}" for use in file.columns if use.origin == "guessed"]
        if guessed:
            console.print(f"  guessed: {escape(', '.join(guessed))}")
        if file.kept_columns:
            console.print(f"  kept as traits or properties: {escape(', '.join(file.kept_columns))}")
        for note in file.notes:
            console.print(f"  {escape(note)}")
    for left in report.unread:
        console.print(escape(f"{left.file}: left alone, {left.reason}"))
    _paint_rehearsal(console, rehearsal)
    if report.quarantined:
        console.print("See what was refused: `tenure quarantine list`.")
    console.print("Next: `tenure refresh`, then `tenure health`.")


def _paint_rehearsal(console: Console, rehearsal: Any) -> None:
    if rehearsal is None:
        return
    console.print("\n[bold]What was understood[/]")
    for sentence in rehearsal.understood:
        console.print(f"  {escape(sentence)}")
    if rehearsal.gaps:
        console.print("[bold]What is missing, and what it costs[/]")
    for gap in rehearsal.gaps:
        console.print(f"  {escape(gap.missing)} {escape(gap.cost)} [dim]{escape(gap.fix)}[/]")
    console.print()


@quarantine.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this broken rule.")] = None,
    field: Annotated[str | None, typer.Option(help="Only this field.")] = None,
    state: Annotated[QuarantineState, typer.Option(help="waiting, replayed or dropped.")] = QuarantineState.waiting,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Refused records: where they stand, which rule they broke."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        venture_id = deployment.venture.venture_id
        store = deployment.store.quarantine
        items = store.list(venture_id, state=state, source=source, field=field, rule=rule, limit=limit)
        groups, waiting = store.groups(venture_id), store.waiting(venture_id)
    document = {"waiting": waiting, "groups": groups, "items": [_document(item) for item in items]}

    def paint(console: Console) -> None:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("id", "kind", "where", "field", "value", "rule"):
            table.add_column(column, overflow="fold")
        for item in items:
            refusal = item.refusal
            table.add_row(str(item.item_id), refusal.kind, refusal.position, refusal.field, refusal.value, refusal.rule)
        console.print(table if items else "Nothing is in quarantine.")
        if waiting > len(items):
            console.print(f"{waiting:,} wait in all. Largest groups:")
            for group in groups[:5]:
                console.print(f"  {group.count:,} x {group.kind} {group.field}: {group.rule} (e.g. {group.example_id})")

    screen.show(document, paint)


def _document(item: Quarantined) -> dict[str, Any]:
    refusal = item.refusal
    return {
        "id": item.item_id,
        "kind": refusal.kind,
        "source": refusal.source,
        "position": refusal.position,
        "field": refusal.field,
        "rule": refusal.rule,
        "value": refusal.value,
        "state": item.state.value,
        "first_seen": iso(refusal.first_seen_us),
        "record": refusal.record,
        "note": item.note,
    }


@quarantine.command("show")
def show(item_id: int, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """One refused record, whole."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        document = _document(deployment.store.quarantine.get(deployment.venture.venture_id, item_id))

    def paint(console: Console) -> None:
        for name, value in document.items():
            if name != "record":
                console.print(f"[dim]{name:>10}[/]  {value}", markup=True)
        console.print_json(json_module.dumps(document["record"], ensure_ascii=False))

    screen.show(document, paint)


@quarantine.command("replay")
def replay(
    item_ids: Annotated[list[int] | None, typer.Argument(help="Which; all waiting ones without.")] = None,
    fixed: Annotated[str | None, typer.Option("--record", help="The repaired record as JSON (with exactly one id).")] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Try again, after the mapping or the record was fixed. What goes in counts once."""
    screen, now_us = Screen(json), parse_now(now)
    repaired = _repaired(item_ids, fixed)
    with opened(workspace, venture) as deployment:
        result = deployment.facts_in.replay_now(item_ids, repaired, now_us)

    def paint(console: Console) -> None:
        console.print(f"{len(result.accepted):,} went in, {len(result.refused):,} are still refused.")
        for still in result.refused[:20]:
            reasons = "; ".join(f"{problem.field}: {problem.rule}" for problem in still.problems)
            console.print(f"  {still.item_id}: {reasons}")

    screen.show(result, paint)


def _repaired(item_ids: list[int] | None, fixed: str | None) -> dict[int, dict[str, Any]]:
    if fixed is None:
        return {}
    if item_ids is None or len(item_ids) != 1:
        raise BadInput("--record repairs exactly one record.", "Give the id of that record.")
    try:
        record = json_module.loads(fixed)
    except ValueError:
        raise BadInput("--record is not JSON.", 'Write it as \'{"column": "value"}\'.') from None
    if not isinstance(record, dict):
        raise BadInput("--record is not a JSON object.", 'Write it as \'{"column": "value"}\'.')
    return {item_ids[0]: record}


@quarantine.command("drop")
def drop(
    item_ids: Annotated[list[int], typer.Argument(help="Which.")],
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the record.")] = "dropped on the command line",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Take records out for good."""
    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        store = deployment.store.quarantine
        for item_id in item_ids:
            store.get(deployment.venture.venture_id, item_id)
        dropped = store.decide(deployment.venture.venture_id, item_ids, QuarantineState.dropped, note=why, now_us=now_us)
    screen.show({"dropped": list(dropped)}, lambda console: console.print(f"{len(dropped):,} dropped."))
