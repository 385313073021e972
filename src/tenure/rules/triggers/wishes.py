"""Actions of a depth step as intents: keys that make each one once, causes, budgets, and what a chain leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tenure.clock import HOUR_US, iso
from tenure.model.cause import Cause
from tenure.model.intents import (
    AskDecision,
    CreateTask,
    EndPlaybooks,
    Intent,
    OpenIncident,
    RaiseAlert,
    RunJob,
    SendSurvey,
    StartPlaybook,
    Wish,
    WriteCrm,
    WriteFinding,
)
from tenure.model.triggers import EndReason, TriggerAction, TriggerDefinition, TriggerIteration

DEEPEST_CAUSE = 8
"""More causes before an act than this is a loop: nothing is wanted any more."""
PERSONAL_ACTIONS = ("create_task", "ask_decision")
"""Not for customers known to pay nothing; their alerts wait for one daily list (R6)."""


class Subject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom the actions of a step are about, as far as they are told. Money in cents, `arr_cents` None unknown (R5)."""

    subject: str
    firing_key: str
    customer_id: str | None = None
    score: float | None = None
    previous_score: float | None = None
    health_status: str | None = None
    arr_cents: int | None = None
    is_high_value: bool = False
    reason: str = ""
    facts: dict[str, object] = {}


def chain_key(trigger_id: str, firing_key: str) -> str:
    """The part of an intent's key that names the chain (A11: acts are keyed by execution and iteration)."""
    return f"{trigger_id}/{firing_key}"


def intents_of(
    definition: TriggerDefinition,
    step: TriggerIteration,
    about: Subject,
    cause: Cause,
    now_us: int,
    *,
    wanted_before: int = 0,
) -> tuple[Intent, ...]:
    """What a depth step wants for a customer, within the budgets of the definition (`max_actions`) and of causes."""
    wishes = [
        (f"{action.do}{'' if again == 0 else again + 1}", wish, action.after_hours)
        for action, again in _counted(step.actions)
        if not _is_skipped(action, about) and (wish := wish_of(action, about, now_us)) is not None
    ]
    key = f"{chain_key(definition.trigger_id, about.firing_key)}/{step.depth}"
    return keyed(definition, key, wishes, cause, now_us, wanted_before=wanted_before)


def keyed(
    definition: TriggerDefinition,
    key: str,
    wishes: Iterable[tuple[str, Wish, float]],
    cause: Cause,
    now_us: int,
    *,
    wanted_before: int = 0,
) -> tuple[Intent, ...]:
    """Intents of (name, wish, hours to wait) under one key; what goes over a budget is left out, the rest in order."""
    if cause.depth >= DEEPEST_CAUSE:
        return ()
    room = max(0, definition.max_actions - wanted_before)
    found = [
        Intent(
            key=f"{key}/{name}",
            wish=wish,
            cause=cause,
            not_before_us=now_us + round(hours * HOUR_US) if hours else 0,
        )
        for name, wish, hours in wishes
    ]
    return tuple(found[:room])


def _counted(actions: Sequence[TriggerAction]) -> Iterable[tuple[TriggerAction, int]]:
    seen: dict[str, int] = {}
    for action in actions:
        yield action, seen.get(action.do, 0)
        seen[action.do] = seen.get(action.do, 0) + 1


def _is_skipped(action: TriggerAction, about: Subject) -> bool:
    return about.arr_cents == 0 and action.do in PERSONAL_ACTIONS and not action.args.get("also_free", False)


def wish_of(action: TriggerAction, about: Subject, now_us: int) -> Wish | None:
    """The wish an action of a file stands for; None for the responses that are services of their own."""
    build = _BUILDERS.get(action.do)
    return None if build is None else build(action.args, about, now_us)


def _alert(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish:
    return RaiseAlert(
        kind=str(args["kind"]),
        title=str(args.get("title") or _fallen(about)),
        customer_id=about.customer_id,
        details=_details(about),
    )


def _start(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish | None:
    if about.customer_id is None:
        return None
    return StartPlaybook(playbook=str(args["playbook"]), customer_id=about.customer_id, entry_key=about.firing_key)


def _end(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish | None:
    if about.customer_id is None:
        return None
    playbook = args.get("playbook")
    return EndPlaybooks(customer_id=about.customer_id, reason="a trigger ended it", playbook=None if playbook is None else str(playbook))


def _task(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish:
    return CreateTask(
        kind=str(args["kind"]),
        title=str(args["title"]),
        due_us=now_us + round(float(args["due_hours"]) * HOUR_US),
        customer_id=about.customer_id,
        assignee=str(args.get("assignee", "owner")),
        priority=str(args.get("priority", "normal")),
        script=str(args.get("script", "")),
        details=_details(about),
    )


def _ask(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish:
    is_customer = about.customer_id is not None
    return AskDecision(
        kind=str(args["kind"]),
        title=str(args.get("title") or _unanswered(about)),
        customer_id=about.customer_id,
        context=_details(about),
        recommendation=str(args.get("recommendation") or "Call the customer together with its owner."),
        options=tuple(str(one) for one in args.get("options") or ("nothing",)),
        people=1 if is_customer else 0,
        revenue_cents=about.arr_cents or 0,
        joins_daily=is_customer and not about.is_high_value,
    )


def _survey(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish | None:
    return None if about.customer_id is None else SendSurvey(survey=str(args["survey"]), customer_id=about.customer_id)


def _crm(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish | None:
    if about.customer_id is None:
        return None
    own = {"health_score": about.score, "health_status": about.health_status, "last_intervention": iso(now_us)}
    named = args["fields"]
    fields = dict(named) if isinstance(named, Mapping) else {name: own[name] for name in named if name in own}
    return WriteCrm(customer_id=about.customer_id, fields=fields)


def _incident(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish:
    title = str(args.get("title") or f"A trigger asked for a stop of {args['scope']}")
    return OpenIncident(rule=str(args["rule"]), scope=str(args["scope"]), title=title, evidence=_details(about))


def _job(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish:
    return RunJob(job=str(args["job"]), args=dict(args.get("job_args") or {}))


def _finding(args: Mapping[str, Any], about: Subject, now_us: int) -> Wish:
    return WriteFinding(section=str(args["section"]), title=str(args["title"]), details=_details(about))


_BUILDERS = {
    "raise_alert": _alert,
    "start_playbook": _start,
    "end_playbooks": _end,
    "create_task": _task,
    "ask_decision": _ask,
    "send_survey": _survey,
    "write_crm": _crm,
    "open_incident": _incident,
    "run_job": _job,
    "write_finding": _finding,
}


def _fallen(about: Subject) -> str:
    before = "" if about.previous_score is None else f" from {about.previous_score:g}"
    now = "" if about.score is None else f" to {about.score:g}"
    return f"Health of {about.customer_id} fell{before}{now}" if now else f"Trigger for {about.subject or 'the venture'}"


def _unanswered(about: Subject) -> str:
    if about.customer_id is None:
        return "A trigger asks for a decision"
    return f"{about.customer_id} is critical and has not answered"


def _details(about: Subject) -> dict[str, object]:
    found: dict[str, object] = {
        "score": about.score,
        "previous_score": about.previous_score,
        "health_status": about.health_status,
        "arr_cents": about.arr_cents,
        "reason": about.reason,
        **about.facts,
    }
    return {name: value for name, value in found.items() if value is not None and value != ""}


def closing_wishes(
    reason: EndReason, about: Subject, *, is_below: bool, task_due_us: int
) -> list[tuple[str, Wish, float]]:
    """What a chain leaves when it ends: the owner's task for whoever is still below (A15), the question whether it helped
    for whoever answered or recovered (A28)."""
    if about.customer_id is None:
        return []
    found: list[tuple[str, Wish, float]] = []
    if is_below and reason in (EndReason.responded, EndReason.not_recovered, EndReason.depth_reached):
        task = CreateTask(
            kind="cause_and_next_step",
            title=f"{about.customer_id}: cause and next step",
            due_us=task_due_us,
            customer_id=about.customer_id,
            details=_details(about) | {"chain_ended": reason.value},
        )
        found.append(("cause_and_next_step", task, 0.0))
    if reason in (EndReason.responded, EndReason.recovered):
        found.append(("did_this_help", SendSurvey(survey="did_this_help", customer_id=about.customer_id), 0.0))
    return found
