"""What the demo says at its end, as one document: the company, who was helped, what it cost, what was paused, what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tenure.app.acting import alert_document, control_document, decision_document, incident_document
from tenure.app.deployment import Deployment
from tenure.cli.demo.operating import Operation
from tenure.clock import iso
from tenure.model.decisions import DecisionState
from tenure.model.playbooks import Enrollment, EnrollmentState, StepOutcome
from tenure.model.tasks import Task
from tenure.model.touches import Response, Touch
from tenure.ports.touches import TouchFilter
from tenure.testing.customers import MailServer

SHOWN = 8


def summary_of(deployment: Deployment, operation: Operation, mail: MailServer, now_us: int) -> dict[str, Any]:
    """Everything the summary shows."""
    status = deployment.status(now_us)
    report = deployment.jobs.run("report", {"now_us": now_us, "path": None})
    first = {"attention": report["attention"][:SHOWN], "lines": report["lines"], "distribution": report["distribution"]}
    return {
        "as_of": iso(now_us),
        "facts": status["facts"],
        "quarantine": status["quarantine"],
        "report": report["path"],
        **first,
        "mail": {
            "arrived": operation.told.delivered,
            "to_team": operation.told.to_team,
            "refused": len(mail.refused),
            "reactions": dict(sorted(operation.customers.did.items())),
            "not_taken": dict(sorted(operation.customers.unheard.items())),
            "team": dict(sorted(operation.team.did.items())),
        },
        "loop": loop_document(deployment, now_us),
    }


def loop_document(deployment: Deployment, now_us: int) -> dict[str, Any]:
    """The loop since it went live, from the store alone."""
    store, own = deployment.store, deployment.venture.venture_id
    state = store.controls.state(own, now_us)
    live_us = state.live_since_us or 0
    sent = store.touches.list(own, TouchFilter(customer_facing=True))
    left = [one for one in sent if one.state.left]
    enrollments = begun(deployment, live_us)
    tasks = store.tasks.list(own, open_only=False)
    ids = sorted(_customers(left) | _customers(tasks))
    answers = [one for one in store.responses.of_customers(own, ids, live_us) if one.kind.is_response and one.touch_id is not None]
    waiting = store.decisions.list(own, (DecisionState.open,))
    alerts = store.alerts.list(own, open_only=False)
    return {
        **control_document(state),
        "helped": helped(left, enrollments, tasks, answers),
        "cost": cost(deployment, left, tasks),
        "held_back": dict(Counter(_why(one) for one in sent if not one.state.left).most_common()),
        "effect": effect_lines(deployment, now_us),
        "incidents": [incident_document(one) for one in store.incidents.list(own)],
        "decisions": [decision_document(one) for one in waiting],
        "decisions_answered": len(store.decisions.list(own)) - len(waiting),
        "alerts": {
            "raised": len(alerts),
            "acknowledged": sum(one.acknowledged_us is not None for one in alerts),
            "open": [alert_document(one) for one in alerts if one.acknowledged_us is None and one.closed_us is None][:SHOWN],
        },
    }


class Begun(NamedTuple):
    """Enrollments of which a step was done, and those of which it would have been but for the holdout."""

    treated: list[Enrollment]
    held_out: list[Enrollment]


def begun(deployment: Deployment, since_us: int) -> Begun:
    """Since a time; nobody is helped by being looked at, so whoever never came to a step is neither."""
    store, own = deployment.store, deployment.venture.venture_id
    found = store.enrollments.entered_since(own, since_us)
    steps = store.enrollments.steps(own, [one.enrollment_id for one in found])
    left_alone = {one.enrollment_id for one in steps if one.outcome is StepOutcome.held_out}
    left_alone |= {one.enrollment_id for one in found if one.state is EnrollmentState.held_out}
    acted = {one.enrollment_id for one in steps} - left_alone
    return Begun([one for one in found if one.enrollment_id in acted], [one for one in found if one.enrollment_id in left_alone])


def helped(
    left: Sequence[Touch], enrollments: Begun, tasks: Sequence[Task], answers: Sequence[Response]
) -> dict[str, Any]:
    """Customers, messages, calls and answers, in all and by playbook."""
    playbook_of = {one.touch_id: one.playbook for one in left}
    names = sorted({one.playbook for one in (*enrollments.treated, *enrollments.held_out)})
    calls = [one for one in tasks if one.is_call and one.outcome is not None]
    numbers = {one.enrollment_id: one.playbook for one in enrollments.treated}
    rows = [
        {
            "playbook": name,
            "customers": sum(one.playbook == name for one in enrollments.treated),
            "held_out": sum(one.playbook == name for one in enrollments.held_out),
            "messages": sum(one.playbook == name for one in left),
            "calls": sum(numbers.get(one.enrollment_id or -1) == name for one in calls),
            "answers": sum(playbook_of.get(one.touch_id or -1) == name for one in answers),
            "ended": dict(Counter(one.state.value for one in enrollments.treated if one.playbook == name and one.state.is_over)),
        }
        for name in names
    ]
    return {
        "customers": len(_customers(left) | _customers(calls)),
        "messages": len(left),
        "calls": len(calls),
        "calls_reached": sum(one.outcome == "reached" for one in calls),
        "answers": len(answers),
        "answers_by_kind": dict(Counter(one.kind.value for one in answers).most_common()),
        "playbooks": rows,
    }


def cost(deployment: Deployment, left: Sequence[Touch], tasks: Sequence[Task]) -> dict[str, Any]:
    """M18: what messages cost, and the logged minutes of people."""
    minutes = sum(one.minutes or 0.0 for one in tasks)
    people_cents = round(minutes * deployment.parameters.current().number("person_minute_cost"))
    messages_cents = round(sum(one.cost_cents for one in left))
    total = {"messages_cents": messages_cents, "people_cents": people_cents, "total_cents": messages_cents + people_cents}
    return {**total, "minutes": round(minutes), "currency": deployment.venture.currency}


def effect_lines(deployment: Deployment, now_us: int) -> list[dict[str, Any]]:
    """Per playbook, those it took beside those held out, and where they stand now."""
    store, own = deployment.store, deployment.venture.venture_id
    live_us = store.controls.state(own, now_us).live_since_us or 0
    standing = {row.customer_id: row.status.value for row in store.health.each(own)}
    lines = []
    enrollments = begun(deployment, live_us)
    for name in sorted({one.playbook for one in (*enrollments.treated, *enrollments.held_out)}):
        treated = _standing([one for one in enrollments.treated if one.playbook == name], standing)
        held_out = _standing([one for one in enrollments.held_out if one.playbook == name], standing)
        lines.append({"playbook": name, "treated": treated, "held_out": held_out})
    return lines


def _customers(rows: Sequence[Touch] | Sequence[Task]) -> set[str]:
    return {one.customer_id for one in rows if one.customer_id is not None}


def _standing(enrollments: Sequence[Enrollment], standing: Mapping[str, str]) -> dict[str, int]:
    ids = {one.customer_id for one in enrollments}
    return {"customers": len(ids), **Counter(standing.get(one, "left") for one in sorted(ids))}


def _why(touch: Touch) -> str:
    """The gate that held it back, in a word."""
    return f"{touch.state.value}: {touch.reason.partition(':')[0]}" if touch.reason else touch.state.value
