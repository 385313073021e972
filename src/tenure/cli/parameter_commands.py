"""`tenure params`: list, get, set, preset, history, lock, unlock."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tenure.cli.base import JsonOption, Screen, VentureOption, WorkspaceOption, acting, opened
from tenure.cli.plain import told
from tenure.clock import iso
from tenure.errors import BadInput, NotFound
from tenure.parameters.changes import ChangePlan
from tenure.parameters.declarations import DECLARED
from tenure.parameters.presets import preset as find_preset
from tenure.parameters.reading import declared
from tenure.parameters.sets import ParameterSet
from tenure.parameters.values import as_text, to_json

params = typer.Typer(help="What can be tuned: every value has a range, an owner and a history.", no_args_is_help=True)

WhyOption = Annotated[str, typer.Option("--why", help="The reason, for the audit log.")]
RoleOption = Annotated[str, typer.Option("--as", help="Who changes it: admin, chairman or eva.")]
SegmentOption = Annotated[str, typer.Option("--segment", help="Only for these customers, e.g. plan=enterprise.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change and stop.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(params, name="params")


@params.command("list")
def list_(
    group: Annotated[str | None, typer.Argument(help="Only this group, e.g. health.")] = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Every parameter with its value, default, range and owner."""
    screen, names = Screen(json), _names_in(group)
    with opened(workspace, venture) as deployment:
        current = deployment.parameters.current()
    rows = [_row(name, current) for name in names]
    screen.show(rows, lambda console: _paint_rows(console, rows))


def _names_in(group: str | None) -> list[str]:
    """The parameters of the groups that begin so, of all without; raises NotFound."""
    names = [name for name, one in DECLARED.items() if one.group.casefold().startswith((group or "").casefold())]
    if not names:
        groups = dict.fromkeys(one.group for one in DECLARED.values())
        raise NotFound(f"There is no group of parameters {group!r}.", f"Use one of: {', '.join(groups)}.")
    return names


def _row(name: str, current: ParameterSet) -> dict[str, Any]:
    one = DECLARED[name]
    return {
        "name": name,
        "value": to_json(current[name]),
        "default": to_json(one.default),
        "is_default": name not in current.own,
        "allowed": one.allowed(),
        "unit": one.unit,
        "owner": one.owner.value,
        "locked": name in current.locked,
        "segmentable": one.segmentable,
        "segments": {segment: to_json(layer[name]) for segment, layer in current.overrides.items() if name in layer},
        "group": one.group,
        "help": one.help,
    }


def _paint_rows(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("parameter", "value", "allowed", "owner", "what it does"):
        table.add_column(column, overflow="fold")
    for row in rows:
        value = as_text(DECLARED[row["name"]].kind.parse(row["value"])) if row["value"] != "" else "–"
        lock = " (locked)" if row["locked"] else ""
        table.add_row(row["name"], value if row["is_default"] else f"[bold]{value}[/]", row["allowed"], row["owner"] + lock, row["help"])
        for segment, special in row["segments"].items():
            table.add_row(f"  for {segment}", f"[bold]{special}[/]", "", "", "")
    console.print(table)


@params.command("get")
def get(name: str, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """One parameter."""
    screen = Screen(json)
    name = declared(name).name
    with opened(workspace, venture) as deployment:
        row = _row(name, deployment.parameters.current())
    screen.show(row, lambda console: _paint_rows(console, [row]))


@params.command("set")
def set_(
    settings: Annotated[list[str], typer.Argument(metavar="NAME VALUE...", help="NAME VALUE, or several NAME=VALUE that belong together.")],
    why: WhyOption = "set on the command line",
    role: RoleOption = "admin",
    segment: SegmentOption = "",
    dry_run: DryOption = False,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Change values; all of them or none. The value `default` takes back what was set."""
    screen = Screen(json)
    changes = _changes(settings)
    with opened(workspace, venture) as deployment:
        plan = deployment.parameters.plan(changes, acting(role), why, segment)
        _finish(screen, plan, dry_run, lambda: deployment.parameters.apply(plan))


def _changes(settings: list[str]) -> dict[str, object]:
    """`a 1`, `a 1 b 2` or `a=1 b=2` as changes by name."""
    if all("=" in setting for setting in settings):
        pairs = [setting.split("=", 1) for setting in settings]
    elif len(settings) % 2 == 0:
        pairs = [list(settings[place : place + 2]) for place in range(0, len(settings), 2)]
    else:
        raise BadInput("A name without a value was given.", "Write NAME VALUE, or several NAME=VALUE.")
    return {name: None if value == "default" else value for name, value in pairs}


@params.command("preset")
def preset(
    name: Annotated[str, typer.Argument(help='E.g. "enterprise B2B", consumer, product-led, high-growth, freemium.')],
    why: WhyOption = "preset",
    role: RoleOption = "chairman",
    dry_run: DryOption = False,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Apply a named preset as one change."""
    screen = Screen(json)
    found = find_preset(name)
    with opened(workspace, venture) as deployment:
        plan = deployment.parameters.plan_preset(found.name, acting(role), why)
        _finish(screen, plan, dry_run, lambda: deployment.parameters.apply(plan, found.name))


def _finish(screen: Screen, plan: ChangePlan, dry_run: bool, apply: Any) -> None:
    if not dry_run or plan.problems:
        apply()
    document = {"applied": not dry_run, "changes": [changed.as_json() for changed in plan.changes]}
    screen.show(document, lambda console: _paint_plan(console, plan, dry_run))


def _paint_plan(console: Console, plan: ChangePlan, dry_run: bool) -> None:
    if not plan.changes:
        console.print("Nothing changes: it is so already.")
    for changed in plan.changes:
        where = f" for {changed.segment}" if changed.segment else ""
        note = " (follows)" if changed.follows else ""
        console.print(f"{changed.name}{where}: {as_text(changed.before)} -> [bold]{as_text(changed.after)}[/]{note}")
    if dry_run:
        console.print("Nothing was changed (--dry-run).")
    elif plan.changes:
        console.print("Scores follow at the next refresh: `tenure refresh`.")


@params.command("history")
def history(
    name: Annotated[str | None, typer.Argument(help="One parameter; all configuration without.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Who changed what, when, from what to what, and why."""
    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        entries = deployment.parameters.history(name, limit)

    def paint(console: Console) -> None:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("when", "who", "what", "before", "after", "why"):
            table.add_column(column, overflow="fold")
        for one in entries:
            what = one.name + (f" for {one.segment}" if one.segment else "")
            table.add_row(iso(one.happened_us), one.who, what, _short(told(one.before)), _short(told(one.after)), one.why)
        console.print(table if entries else "Nothing was changed yet.")

    screen.show(entries, paint)


def _short(value: Any) -> str:
    return "–" if value is None else str(value)


@params.command("lock")
def lock(
    name: str, why: WhyOption = "on the command line", role: RoleOption = "chairman", workspace: WorkspaceOption = None,
    venture: VentureOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Only the chairman may change it from now on."""
    with opened(workspace, venture) as deployment:
        deployment.parameters.lock(name, acting(role), why)
    Screen(json).show({"name": name, "locked": True}, lambda console: console.print(f"{name} is locked."))


@params.command("unlock")
def unlock(
    name: str, why: WhyOption = "on the command line", role: RoleOption = "chairman", workspace: WorkspaceOption = None,
    venture: VentureOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Free again."""
    with opened(workspace, venture) as deployment:
        deployment.parameters.unlock(name, acting(role), why)
    Screen(json).show({"name": name, "locked": False}, lambda console: console.print(f"{name} is unlocked."))
