"""`tenure incidents`, `pause`, `resume`, `kill`, `live`, `watch`: stopping automation, and bringing it back step by step."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenure.cli.base import JsonOption, NowOption, Screen, VentureOption, WorkspaceOption, opened, parse_now
from tenure.cli.tables import paint_document, paint_rows
from tenure.model.incidents import EVERYTHING

incidents = typer.Typer(help="Incidents: list, show, write-cause, write-fix, resume, finish, touched, correct.", invoke_without_command=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the incident.")]
WordsArgument = Annotated[str, typer.Argument(metavar="WORDS")]
ScopeArgument = Annotated[str, typer.Argument(metavar="SCOPE", help="outreach, outreach_by_score, crm, scoring, approval, playbook:KEY, provider:NAME or everything.")]
ByOption = Annotated[str, typer.Option("--by", help="The name for the record.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, for the audit log.")]
COLUMNS = ("id", "rule", "scope", "state", "title", "opened_at", "ended_at")


def add_to(app: typer.Typer) -> None:
    app.add_typer(incidents, name="incidents")
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("kill")(kill)
    app.command("live")(live)
    app.command("watch")(watch)


@incidents.callback()
def bare(context: typer.Context, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """Incidents and the steps back. Alone it lists them."""
    if context.invoked_subcommand is None:
        _list(workspace, venture, json)


@incidents.command("list")
def list_(workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """All incidents, newest first."""
    _list(workspace, venture, json)


def _list(workspace: Any, venture: str | None, json: bool) -> None:
    from tenure.app.acting import incident_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        rows = [incident_document(one) for one in deployment.store.incidents.list(deployment.venture.venture_id)]
    screen.show(rows, lambda console: paint_rows(console, rows, COLUMNS, "No incidents."))


@incidents.command("show")
def show(number: NumberArgument, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False) -> None:
    """One incident with its evidence and steps, and what became of stopping things at vendors."""
    from tenure.app.acting import handed_document, incident_document

    screen = Screen(json)
    with opened(workspace, venture) as deployment:
        store, own = deployment.store, deployment.venture.venture_id
        document = incident_document(store.incidents.get(own, number))
        document["handed_off"] = [handed_document(one) for one in store.hand_offs.all(own, incident_id=number)]
    screen.show(document, lambda console: paint_document(console, document))


@incidents.command("write-cause")
def write_cause(
    number: NumberArgument, words: WordsArgument, by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Write the root cause down; nothing resumes without it."""
    _step(lambda safety, now_us: safety.write_cause(number, words, by=by, now_us=now_us), now, workspace, venture, json)


@incidents.command("write-fix")
def write_fix(
    number: NumberArgument, words: WordsArgument, by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Write the fix down."""
    _step(lambda safety, now_us: safety.write_fix(number, words, by=by, now_us=now_us), now, workspace, venture, json)


@incidents.command("resume")
def resume_incident(
    number: NumberArgument, by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Resume with a small cohort of customers first."""
    _step(lambda safety, now_us: safety.resume(number, by=by, now_us=now_us), now, workspace, venture, json)


@incidents.command("finish")
def finish(
    number: NumberArgument, why: WhyOption = "", by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Resume fully after the small cohort was watched (earlier only with --why)."""
    _step(lambda safety, now_us: safety.finish(number, by=by, note=why, now_us=now_us), now, workspace, venture, json)


def _step(act: Any, now: str | None, workspace: Any, venture: str | None, json: bool) -> None:
    from tenure.app.acting import Acting, incident_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        document = incident_document(act(Acting(deployment).safety, now_us))
    screen.show(document, lambda console: console.print(f"Incident {document['id']} is {document['state']} now."))


@incidents.command("touched")
def touched(
    number: NumberArgument, now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Who was touched by the faulty run."""
    from tenure.app.acting import Acting, touched_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        rows = touched_document(Acting(deployment).safety.touched(number, now_us))
    columns = ("customer_id", "user_id", "channel", "playbook", "step", "sent_at")
    screen.show(rows, lambda console: paint_rows(console, rows, columns, "Nobody was touched."))


@incidents.command("correct")
def correct(
    number: NumberArgument,
    subject: Annotated[str, typer.Option("--subject", help="Subject of the correction.")],
    text: Annotated[str, typer.Option("--text", help="What was wrong and what is right.")],
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """Send everybody who was touched a correction, each person once."""
    from tenure.app.acting import Acting

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        people = Acting(deployment).safety.correct(number, subject, text, by=by, now_us=now_us)
    screen.show({"incident": number, "people": people}, lambda console: console.print(f"{people} people get it with the next tick."))


def pause(
    scope: ScopeArgument, why: WhyOption = "paused on the command line", by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Pause a scope now, at the vendors too."""
    _stop(lambda safety, now_us: safety.pause(scope, by=by, why=why, now_us=now_us), now, workspace, venture, json)


def kill(
    why: WhyOption = "kill switch", by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Stop every customer-facing touch, CRM write and EVA action; scoring and internal alerts go on."""
    _stop(lambda safety, now_us: safety.kill(by=by, why=why, now_us=now_us), now, workspace, venture, json)


def _stop(act: Any, now: str | None, workspace: Any, venture: str | None, json: bool) -> None:
    from tenure.app.acting import Acting, control_document, handed_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        _, by_hand = act(Acting(deployment).safety, now_us)
        document = control_document(deployment.store.controls.state(deployment.venture.venture_id, now_us))
    document["stop_by_hand"] = [handed_document(one) for one in by_hand]
    screen.show(document, lambda console: paint_document(console, document))


def resume(
    scope: Annotated[str, typer.Argument(metavar="SCOPE")] = EVERYTHING,
    why: WhyOption = "resumed on the command line",
    by: ByOption = "team",
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    venture: VentureOption = None,
    json: JsonOption = False,
) -> None:
    """End a pause that a person made; what an incident paused goes through its steps."""
    from tenure.app.acting import Acting, control_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        Acting(deployment).safety.resume_scope(scope, by=by, why=why, now_us=now_us)
        document = control_document(deployment.store.controls.state(deployment.venture.venture_id, now_us))
    screen.show(document, lambda console: console.print(f"{scope} acts again."))


def live(
    why: WhyOption = "", by: ByOption = "team",
    domain_as_is: Annotated[bool, typer.Option("--domain-as-is", help="Although SPF, DKIM or DMARC of the sending domain is missing.")] = False,
    now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Switch from watching to acting; asks that today's rehearsal was shown, and checks the domain mails come from."""
    from tenure.app.acting import control_document
    from tenure.app.outside import check_sending_domain

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        if not domain_as_is:
            check_sending_domain(deployment)
        done = deployment.jobs.run("go_live", {"now_us": now_us, "by": by, "why": why})
        document = control_document(deployment.store.controls.state(deployment.venture.venture_id, now_us))
    document["baseline"] = done["baseline"]
    screen.show(document, lambda console: console.print("Live. Whoever is critical now is listed, and enrolled only by a person."))


def watch(
    why: WhyOption = "back to watching", by: ByOption = "team", now: NowOption = None, workspace: WorkspaceOption = None, venture: VentureOption = None, json: JsonOption = False
) -> None:
    """Back to watching: scores and lists go on, nothing customer-facing leaves."""
    from tenure.app.acting import Acting, control_document

    screen, now_us = Screen(json), parse_now(now)
    with opened(workspace, venture) as deployment:
        Acting(deployment).going_live.watch(now_us, by=by, why=why)
        document = control_document(deployment.store.controls.state(deployment.venture.venture_id, now_us))
    screen.show(document, lambda console: console.print("Watching: nothing customer-facing leaves."))
