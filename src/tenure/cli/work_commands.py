"""`tenure alerts` and `tenure tasks`: what the team was told, and what it has to do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.cli.tables import paint_rows
from tenure.errors import BadInput, Refused
from tenure.model.tasks import TaskOutcome

alerts = typer.Typer(help="Alerts: list, ack, snooze, close.", no_args_is_help=True)
tasks = typer.Typer(help="Tasks: list, done, absent, back, absences, reassign.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER")]
ByOption = Annotated[str, typer.Option("--by", help="The name for the record.")]
AllOption = Annotated[bool, typer.Option("--all", help="Also closed ones.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(alerts, name="alerts")
    app.add_typer(tasks, name="tasks")


@alerts.command("list")
def list_alerts(
    everything: AllOption = False, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Open alerts, newest first, and how often alerts were right."""
    from tenure.app.acting import alert_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        found = deployment.store.alerts.list(deployment.venture.venture_id, open_only=not everything)
    rows = [alert_document(one) for one in found]
    columns = ("id", "kind", "title", "customer_id", "raised_at", "answer_due_at", "acknowledged_by")
    screen.show(rows, lambda console: paint_rows(console, rows, columns, "No open alerts."))


@alerts.command("ack")
def ack(
    number: NumberArgument, by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Somebody is on it: it is not escalated any more."""
    _move(number, lambda service, now_us: service.acknowledge(number, by=by, now_us=now_us), "acknowledged", now, workspace, venture, json)


@alerts.command("snooze")
def snooze(
    number: NumberArgument,
    until: Annotated[str | None, typer.Option("--until", metavar="ISO", help="When it may come back.")] = None,
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Not before its end; a snooze needs one."""
    until_us = None if until is None else parse_now(until)
    _move(number, lambda service, now_us: service.snooze(number, until_us=until_us, by=by, now_us=now_us), "closed", now, workspace, venture, json)


@alerts.command("close")
def close(
    number: NumberArgument,
    real: Annotated[bool | None, typer.Option("--real/--not-real", help="Was it a real problem? Alert precision counts it.", show_default=False)] = None,
    note: Annotated[str, typer.Option("--note")] = "",
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Close it and say whether it was real."""
    _move(number, lambda service, now_us: service.close(number, was_real=real, by=by, note=note, now_us=now_us), "closed", now, workspace, venture, json)


def _move(number: int, act: Any, already: str, now: str | None, workspace: Any, venture: str | None, json: bool) -> None:
    from tenure.app.acting import Acting, alert_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        if not act(Acting(deployment).alerts, now_us):
            raise Refused(f"Alert {number} was {already} before.", "`tenure alerts list --all` shows by whom.")
        document = alert_document(deployment.store.alerts.get(deployment.venture.venture_id, number))
    screen.show(document, lambda console: console.print("Done."))


@tasks.command("list")
def list_tasks(
    everything: AllOption = False,
    assignee: Annotated[str | None, typer.Option(help="Only of this person (address).")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose time has passed.")] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Tasks, earliest due first."""
    from tenure.app.acting import task_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        found = deployment.store.tasks.list(deployment.venture.venture_id, open_only=not everything, assignee=assignee)
    rows = [row for one in found if (row := task_document(one, now_us))["overdue"] or not overdue]
    columns = ("id", "kind", "title", "customer_id", "assignee", "due_at", "overdue")
    screen.show(rows, lambda console: paint_rows(console, rows, columns, "Nothing to do."))


@tasks.command("done")
def done(
    number: NumberArgument,
    outcome: Annotated[TaskOutcome, typer.Option(help="A call is reached or not_reached, everything else done.")] = TaskOutcome.done,
    minutes: Annotated[float | None, typer.Option(min=0, help="How long it took, for the cost of campaigns.", show_default=False)] = None,
    note: Annotated[str, typer.Option("--note")] = "",
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Close a task with what came of it; a call reached is a response of the customer."""
    from tenure.app.acting import Acting, task_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        task = Acting(deployment).tasks.close(number, outcome, by=by, minutes=minutes, note=note, now_us=now_us)
    document = task_document(task, now_us)
    screen.show(document, lambda console: console.print("Done."))


@tasks.command("absent")
def absent(
    person: Annotated[str, typer.Argument(help="Who is away or leaves: a name or address.")],
    deputy: Annotated[str, typer.Option("--deputy", help="Who takes tasks, alerts and the sender's name.")],
    start: Annotated[str | None, typer.Option("--from", metavar="ISO", help="When it begins; without it, now.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="ISO", help="When they are back; without it, for good.")] = None,
    why: Annotated[str, typer.Option("--why")] = "absence",
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """An absence, or leaving: from then on tasks, alerts and the sender's name are the deputy's; open tasks move when it begins."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    from_us = now_us if start is None else parse_now(start)
    until_us = None if until is None else parse_now(until)
    if until_us is not None and until_us <= from_us:
        raise BadInput("The absence ends before it begins.", "Give a later --until.")
    with opened(workspace, venture) as deployment:
        moved = Acting(deployment).tasks.absent(person, deputy, from_us=from_us, until_us=until_us, by=by, reason=why, now_us=now_us)
    screen.show({"person": person, "deputy": deputy, "tasks_moved": moved}, lambda console: console.print(f"{moved} open tasks handed over."))


@tasks.command("back")
def back(
    person: Annotated[str, typer.Argument(help="Who is back: a name or address.")],
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """End an absence, or call off a planned one; what was handed over stays with the deputy."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        ended = Acting(deployment).tasks.back(person, now_us=now_us)
    screen.show({"person": person, "absences_ended": ended}, lambda console: console.print("Welcome back."))


@tasks.command("absences")
def absences(
    everything: AllOption = False, now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Who stands in for whom, and who looks after which customer by a person's word; with --all the whole history."""
    from tenure.app.acting import stand_in_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        found = deployment.store.stand_ins.all(deployment.venture.venture_id)
    rows = [stand_in_document(one, now_us) for one in found if everything or one.holds(now_us) or (one.from_us > now_us and one.ended_us is None)]
    columns = ("person", "customer_id", "deputy", "from", "until", "in_force", "reason")
    screen.show(rows, lambda console: paint_rows(console, rows, columns, "Everybody is here."))


@tasks.command("reassign")
def reassign(
    person: Annotated[str, typer.Argument(help="Whose: a name or address.")],
    to: Annotated[str, typer.Option("--to", help="Who takes them.")],
    by: ByOption = "admin",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Hand all open tasks of somebody over at once; each keeps whose it was."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        moved = Acting(deployment).tasks.hand_over(person, to, by=by, now_us=now_us)
    screen.show({"person": person, "to": to, "tasks_moved": moved}, lambda console: console.print(f"{moved} open tasks handed over."))
