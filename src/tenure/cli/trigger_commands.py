"""`tenure triggers ...` and `tenure executions`: definitions, their versions and checks, and the chains they opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenure.cli.base import JsonOption, Screen, VentureOption, WorkspaceOption, opened
from tenure.clock import iso
from tenure.errors import BadInput, NotFound

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.model.triggers import Execution, TriggerDefinition

triggers = typer.Typer(help="What is watched, what it does and how often it fired.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(triggers, name="triggers")
    app.command("executions")(executions)


@triggers.command("list")
def list_(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Every live trigger (shipped ones until something else is published), with its chains and how it did."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        rows = [_row(deployment, one, version) for one, version in _live(deployment)]
    screen.show(rows, lambda console: _paint_rows(console, rows))


def _live(deployment: Deployment) -> list[tuple[TriggerDefinition, int | None]]:
    """Live definitions with their version; shipped ones that were never published yet have none."""
    from tenure.rules.triggers.document import parse_trigger
    from tenure.triggers import shipped_triggers

    store, own = deployment.store, deployment.venture.venture_id
    found: dict[str, tuple[TriggerDefinition, int | None]] = {
        one.trigger_id: (one.definition, one.version) for one in store.triggers.live(own)
    }
    published = {one.trigger_id for one in store.triggers.versions(own)}
    for name, text in shipped_triggers().items():
        definition = parse_trigger(text, name)
        if definition.trigger_id not in published:
            found[definition.trigger_id] = (definition, None)
    return [found[name] for name in sorted(found)]


def _row(deployment: Deployment, definition: TriggerDefinition, version: int | None) -> dict[str, Any]:
    from tenure.ports.executions import ExecutionFilter

    store, own = deployment.store, deployment.venture.venture_id
    chains = store.executions.list(own, ExecutionFilter(trigger_id=definition.trigger_id))
    metric = next((one for one in store.trigger_metrics.latest(own) if one.trigger_id == definition.trigger_id), None)
    return {
        "trigger": definition.trigger_id,
        "title": definition.title,
        "version": version,
        "subject": definition.subject.value,
        "schedule": definition.schedule.value,
        "condition": definition.condition,
        "fired": len(chains),
        "open": sum(not one.state.is_over for one in chains),
        "success": None if metric is None else msgspec.to_builtins(metric),
    }


def _paint_rows(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("trigger", "version", "watches", "when", "fired", "open"):
        table.add_column(column, overflow="fold")
    for row in rows:
        version = "shipped" if row["version"] is None else str(row["version"])
        table.add_row(row["trigger"], version, escape(row["title"]), row["schedule"], str(row["fired"]), str(row["open"]))
    console.print(table)


@triggers.command("show")
def show(
    trigger: Annotated[str, typer.Argument(help="Its id, such as RETENTION-001.")],
    version: Annotated[int | None, typer.Option("--version", help="A version (default: the live one).", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """One definition: condition, depth steps with their actions, ends, success metric."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        definition, number = _named(deployment, trigger, version)
    document = {"version": number} | msgspec.to_builtins(definition)
    screen.show(document, lambda console: _paint(console, definition, number))


def _named(deployment: Deployment, trigger: str, version: int | None) -> tuple[TriggerDefinition, int | None]:
    if version is not None:
        found = deployment.store.triggers.get(deployment.venture.venture_id, trigger, version)
        return found.definition, found.version
    for definition, number in _live(deployment):
        if definition.trigger_id == trigger:
            return definition, number
    raise NotFound(f"There is no live trigger {trigger!r}.", "See `tenure triggers list`.")


def _paint(console: Console, one: TriggerDefinition, version: int | None) -> None:
    console.print(f"[bold]{one.trigger_id}[/] {escape(one.title)} ({'shipped' if version is None else f'version {version}'})")
    console.print(f"  {one.subject.value}, {one.schedule.value}: {escape(one.condition)}")
    for step in one.iterations:
        after = f", after {step.after_parameter or f'{step.after_hours:g} h'}" if step.after_parameter or step.after_hours else ""
        console.print(f"  {step.depth}. {escape(step.when) or 'at once'}{after}: {', '.join(action.do for action in step.actions)}")
    console.print(f"  ends: {escape(', '.join(one.ends))}; at most {one.max_actions} actions")
    if one.success is not None:
        console.print(f"  success: {one.success.metric} >= {one.success.target:g} within {one.success.horizon_days} days")


@triggers.command("check")
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Trigger files (default: triggers/*.yaml of the workspace).", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Read trigger files and prove that nothing could fire itself again; publishes nothing."""
    from tenure.app.loop import trigger_service
    from tenure.rules.triggers.document import parse_trigger

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = [parse_trigger(_text(file), file.name) for file in files or sorted(deployment.workspace.triggers.glob("*.y*ml"))]
        _refuse_twins([one.trigger_id for one in found])
        trigger_service(deployment).check(found)
    document = {"ok": True, "triggers": [one.trigger_id for one in found]}
    words = f"{len(found)} trigger files are good." if found else "There are no trigger files in triggers/."
    screen.show(document, lambda console: console.print(words))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{file} cannot be read as text.", "Check its path and save it as UTF-8.") from None


def _refuse_twins(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"Two files are called {name}.", "Give each trigger its own id.")


@triggers.command("schema")
def schema() -> None:
    """The JSON Schema of trigger files, for editors."""
    from tenure.triggers import trigger_schema

    typer.echo(trigger_schema(), nl=False)


def executions(
    trigger: Annotated[str | None, typer.Option("--trigger", help="Only of this trigger.", show_default=False)] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Only of this customer.", show_default=False)] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only chains that are open.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many (default: all).", show_default=False)] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """The chains triggers opened, newest first: whose, how deep, what became of each and why."""
    from tenure.ports.executions import ExecutionFilter

    screen = Screen(json)
    where = ExecutionFilter(trigger_id=trigger, subject=customer, is_open=True if only_open else None)
    with opened(workspace, venture) as deployment:
        store, own = deployment.store, deployment.venture.venture_id
        customers = {one.trigger_id for one in store.triggers.versions(own) if one.definition.subject.value == "customer"}
        rows = [_execution(one, customers) for one in store.executions.list(own, where, limit=limit)]
    screen.show(rows, lambda console: _paint_executions(console, rows))


def _execution(one: Execution, customers: set[str]) -> dict[str, Any]:
    """Fixed names; `subject` is a component, or empty for the venture, where `customer_id` is null."""
    return {
        "execution_id": one.execution_id,
        "trigger": one.trigger_id,
        "trigger_version": one.trigger_version,
        "customer_id": one.subject if one.trigger_id in customers else None,
        "subject": one.subject,
        "iteration": one.iteration,
        "state": one.state.value,
        "opened_at": iso(one.opened_us),
        "next_check_at": None if one.next_check_us is None else iso(one.next_check_us),
        "terminated_at": None if one.terminated_us is None else iso(one.terminated_us),
        "reason": one.reason,
        "recovered_at": None if one.recovered_us is None else iso(one.recovered_us),
        "score": one.score,
        "actions": one.actions,
        "cause": msgspec.to_builtins(one.cause),
    }


def _paint_executions(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("trigger", "about", "step", "state", "opened", "ended", "reason"):
        table.add_column(column, overflow="fold")
    for row in rows:
        about = escape(row["subject"]) or "the venture"
        ended = (row["terminated_at"] or "")[:16]
        table.add_row(row["trigger"], about, str(row["iteration"]), row["state"], row["opened_at"][:16], ended, row["reason"] or "")
    console.print(table if rows else "No trigger has fired yet.")
