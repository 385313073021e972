"""`tenure decisions` and `tenure autonomy`: what waits for a person, answering it, and what its answers are worth as evidence."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.cli.base import (
    JsonOption,
    NowOption,
    Screen,
    VentureOption,
    WorkspaceOption,
    acting,
    opened,
    parse_now,
)
from tenure.cli.tables import paint_document, paint_rows
from tenure.clock import DAY_US
from tenure.errors import BadInput, Refused
from tenure.model.decisions import DecisionState

decisions = typer.Typer(help="What waits for a person: list, show, approve, change, refuse.", invoke_without_command=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the decision.")]
RoleOption = Annotated[str, typer.Option("--as", help="Who answers: chairman, lead, admin or csm.")]
ByOption = Annotated[str, typer.Option("--by", help="The name for the record.")]
NoteOption = Annotated[str, typer.Option("--note", help="A word on why.")]
AllOption = Annotated[bool, typer.Option("--all", help="Also those that are over, with what came of them.")]
COLUMNS = ("id", "kind", "title", "customer_id", "state", "recommendation", "deadline_at")
WAITING = (DecisionState.open, DecisionState.joined)
RECORD_DAYS = 90


def add_to(app: typer.Typer) -> None:
    app.add_typer(decisions, name="decisions")
    app.command("autonomy")(autonomy)


@decisions.callback()
def bare(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """What waits for a person: list, show, approve, change, refuse. Alone it lists everything."""
    if context.invoked_subcommand is None:
        _list(True, workspace, venture, json)


@decisions.command("list")
def list_(
    everything: AllOption = False, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Decisions that wait, newest first."""
    _list(everything, workspace, venture, json)


def _list(everything: bool, workspace: Any, venture: str | None, json: bool) -> None:
    from tenure.app.acting import decision_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = deployment.store.decisions.list(deployment.venture.venture_id, None if everything else WAITING)
    rows = [decision_document(one) for one in found]
    screen.show(rows, lambda console: paint_rows(console, rows, COLUMNS, "Nothing waits for a decision."))


@decisions.command("show")
def show(number: NumberArgument, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """One decision with context, blast radius, options, answer and what came of it."""
    from tenure.app.acting import decision_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        store, own = deployment.store.decisions, deployment.venture.venture_id
        document = decision_document(store.get(own, number))
        document["members"] = [decision_document(one) for one in store.members(own, [number])]
    screen.show(document, lambda console: paint_document(console, document))


@decisions.command("approve")
def approve(
    number: NumberArgument,
    note: NoteOption = "",
    role: RoleOption = "chairman",
    by: ByOption = "",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Say yes to what is recommended; the next tick carries it out."""
    _answer(number, "approve", {"note": note} if note else {}, role, by, now, workspace, venture, json)


@decisions.command("refuse")
def refuse(
    number: NumberArgument,
    note: NoteOption = "",
    role: RoleOption = "chairman",
    by: ByOption = "",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Say no: nothing is done."""
    _answer(number, "refuse", {"note": note} if note else {}, role, by, now, workspace, venture, json)


@decisions.command("change")
def change(
    number: NumberArgument,
    answer: Annotated[str, typer.Option("--answer", help="Another of its options, e.g. take_out, assign, switch_playbook.")],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What the answer needs: person=..., playbook=..., days=..., percent=...")] = None,
    note: NoteOption = "",
    role: RoleOption = "chairman",
    by: ByOption = "",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Decide something else than what is recommended."""
    details = dict(_setting(one) for one in settings or []) | ({"note": note} if note else {})
    _answer(number, answer, details, role, by, now, workspace, venture, json)


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise BadInput(f"{text!r} is no setting.", "Write --set name=value.")
    return name.strip(), value.strip()


def _answer(
    number: int, answer: str, details: dict[str, str], role: str, by: str, now: str | None, workspace: Any, venture: str | None, json: bool
) -> None:
    from tenure.app.acting import Acting, decision_document

    screen, who, now_us = Screen(json), acting(role).role, parse_now(now)
    with opened(workspace, venture) as deployment:
        service = Acting(deployment).decisions
        decision, won = service.answer(number, answer, role=who, by=by or who, via="cli", now_us=now_us, details=details)
    if not won:
        said = f"{decision.answer or decision.state.value} by {decision.answered_by or 'nobody'}"
        raise Refused(f"Decision {number} was decided before: {said}.", f"See `tenure decisions show {number}`.")
    document = decision_document(decision)
    screen.show(document, lambda console: console.print(f"Decided: {decision.answer}. The next tick carries it out."))


def autonomy(
    now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Per class of action: its level, what became of drafts in 90 days, and whether that justifies moving it up."""
    from tenure.rules.decisions.autonomy import ClassRecord, may_move_up

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        levels = deployment.parameters.current().entries("autonomy")
        found = deployment.store.autonomy.records(deployment.venture.venture_id, now_us - RECORD_DAYS * DAY_US)
    known = {one.action_class: one for one in found}
    rows = []
    for name, level in levels.items():
        record = known.get(name, ClassRecord(action_class=name))
        may = may_move_up(record, str(level))
        counts = {field: getattr(record, field) for field in ("drafts", "unchanged", "edited", "rejected", "answered", "negative")}
        move = f"tenure params set autonomy.{name} {may.to} --as chairman" if may.yes else None
        rows.append({"class": name, "level": level, **counts, "may_move_up": may.yes, "to": may.to, "why": may.why, "command": move})
    columns = ("class", "level", "drafts", "unchanged", "edited", "rejected", "answered", "negative", "why")
    screen.show(rows, lambda console: paint_rows(console, rows, columns, "No classes of action."))
