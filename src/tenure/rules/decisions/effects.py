"""What an answer wants done, as intents: an answer is carried out by the services every other wish goes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import Decision, DecisionKind
from tenure.model.drills import MARK, is_drill
from tenure.model.incidents import EVERYTHING
from tenure.model.intents import (
    ApproveTouches,
    AssignPerson,
    ChangeControl,
    ChangeParameters,
    CreateTask,
    EndPlaybooks,
    Intent,
    PublishVersion,
    StartPlaybook,
    TakeOut,
    TakeOver,
    Wish,
    WriteFinding,
)
from tenure.model.ventures import Role
from tenure.rules.decisions import kinds

HANDS_OFF_DAYS = 90
TASK_HOURS = 24
K = DecisionKind


def effects(decision: Decision, now_us: int) -> tuple[Intent, ...]:
    """The intents of an answered decision; none where nothing is to be done. Keys make them one however often asked for."""
    answer = decision.answer or kinds.NOTHING
    wishes = _of_drill(decision, answer, now_us) or _overrides(decision, answer, now_us) or _by_kind(decision, answer, now_us)
    cause = Cause(
        kind=CauseKind.person,
        person=decision.answered_by,
        reason=f"decision {decision.decision_id}: {answer}",
        execution_id=decision.cause.execution_id,
        enrollment_id=decision.cause.enrollment_id,
        trigger=decision.cause.trigger,
        trigger_version=decision.cause.trigger_version,
        depth=decision.cause.depth + 1,
    )
    return tuple(
        Intent(key=f"decision:{decision.decision_id}:{number}", wish=wish, cause=cause)
        for number, wish in enumerate(wishes)
    )


def when_nobody_answered(decision: Decision, now_us: int) -> tuple[Intent, ...]:
    """Nothing is done, and a critical chain stays with the owner (A22); a draft nobody approved is let go of (A9)."""
    wishes: list[Wish] = []
    if decision.kind is K.critical_escalation and decision.customer_id is not None:
        title = "Nobody decided: this critical customer stays with you"
        wishes.append(_task(decision, "stays_with_owner", title, "owner", now_us))
    elif _drafts(decision):
        why = "nobody approved it in time"
        wishes.append(ApproveTouches(keys=_drafts(decision), approve=False, by="deadline", why=why))
    cause = Cause(kind=CauseKind.schedule, reason=f"decision {decision.decision_id} expired", depth=decision.cause.depth + 1,
                  execution_id=decision.cause.execution_id, enrollment_id=decision.cause.enrollment_id)  # fmt: skip
    return tuple(Intent(key=f"decision:{decision.decision_id}:expired", wish=wish, cause=cause) for wish in wishes)


def _of_drill(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    """C3: whatever a drill is answered, its outcome is one task that says so; nothing of the mock customer reaches anything else."""
    if not is_drill(decision.customer_id):
        return []
    return [_task(decision, "drill_outcome", f"answered {answer.replace('_', ' ')}, as it would be carried out in earnest", "owner", now_us)]


def _overrides(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    """A22: what the chairman may do with one customer, and the calls and offers of an escalation."""
    customer, details, by = decision.customer_id, decision.answer_details, decision.answered_by or ""
    if customer is None:
        return []
    if answer in kinds.ASSIGNS:
        person = str(details["person"])
        task = _task(decision, "take_over", "You look after this customer now: cause and next step", person, now_us)
        return [AssignPerson(customer_id=customer, person=person, by=by, why=_note(decision)), task]
    if answer == kinds.SWITCH:
        playbook = str(details["playbook"])
        end = EndPlaybooks(customer_id=customer, reason=f"switched to {playbook} by {by}")
        return [end, StartPlaybook(playbook=playbook, customer_id=customer, entry_key=f"decision:{decision.decision_id}")]
    if answer == kinds.TAKE_OUT:
        days = _whole(details.get("days"), HANDS_OFF_DAYS)
        why = _note(decision) or "taken out by a decision"
        return [TakeOut(customer_id=customer, until_us=now_us + days * DAY_US, reason=why, by=by)]
    if answer == kinds.EXECUTIVE_CALL:
        return [_task(decision, "executive_call", "Call this customer", str(details.get("person") or Role.chairman.value), now_us)]
    return _offer(decision, now_us) if answer in kinds.OFFERS else []


def _by_kind(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    act = _ACTS.get(decision.kind)
    if answer in (kinds.TAKE_OVER, kinds.CHANGE_COURSE):
        return _take_over(decision, answer, now_us)
    if kinds.is_no(answer):
        drafts = _drafts(decision)
        return [_approval(decision, drafts, approve=False)] if drafts else []
    return act(decision, answer, now_us) if act is not None else []


def _take_over(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    """Whoever answered has it in hand: the chain ends as taken over, a change of course goes to the next-stage report."""
    who = Role.lead.value if (decision.answered_by or "").startswith(Role.lead.value) else Role.chairman.value
    found: list[Wish] = [_task(decision, answer, decision.title, who, now_us)]
    if decision.cause.execution_id is not None:
        found.append(TakeOver(execution_id=decision.cause.execution_id, by=decision.answered_by or "", why=_note(decision) or answer))
    if answer == kinds.CHANGE_COURSE:
        details = {**decision.context, "approved_by": decision.answered_by, "note": _note(decision)}
        found.append(WriteFinding(section="roadmap", title=decision.title, details=details))
    return found


def _offer(decision: Decision, now_us: int, answer: str = "") -> list[Wish]:
    """The draft that waits, else the playbook that makes the offer, else a person makes it."""
    drafts, playbook = _drafts(decision), decision.context.get("offer_playbook")
    if drafts:
        return [_approval(decision, drafts, approve=True)]
    if playbook and decision.customer_id is not None:
        return [StartPlaybook(playbook=str(playbook), customer_id=decision.customer_id, entry_key=f"decision:{decision.decision_id}")]
    return [_task(decision, "offer", "Make the approved offer", "owner", now_us)]


def _drafted(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    drafts = _drafts(decision)
    return [_approval(decision, drafts, approve=True)] if drafts else []


def _survey(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    return _drafted(decision, answer, now_us) or [_task(decision, "survey", decision.title, Role.lead.value, now_us)]


def _control(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    """Pause or resume what the context names; of an incident: who writes cause and fix, or everything stops."""
    context, by = decision.context, decision.answered_by or ""
    if answer == kinds.STOP_EVERYTHING:
        return [ChangeControl(action="pause", scope=EVERYTHING, by=by, why=decision.title)]
    if answer == kinds.REVIEW:
        return [_task(decision, "incident_review", f"Write down cause and fix: {decision.title}", Role.lead.value, now_us)]
    action, scope = str(context.get("action") or "pause"), str(context.get("scope") or "")
    return [ChangeControl(action=action, scope=scope, by=by, why=_note(decision) or decision.title)] if scope else []


def _publish(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    context = decision.context
    version = context.get("version")
    if not context.get("name"):  # nothing is written yet: somebody writes it
        return [_task(decision, "publish", decision.title, Role.lead.value, now_us)]
    return [
        PublishVersion(
            what=str(context.get("what") or "playbook"),
            name=str(context.get("name") or ""),
            version=version if isinstance(version, int) else None,
            by=decision.answered_by or "",
            why=_note(decision) or decision.title,
        )
    ]


def _configure(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    """The proposed changes, or those the answer named instead."""
    changes = decision.answer_details.get("changes") or decision.context.get("changes") or {}
    assert isinstance(changes, Mapping)
    segment = str(decision.context.get("segment") or "")
    why = _note(decision) or decision.title
    if not changes:  # only a direction was proposed: somebody works it out
        return [_task(decision, "configuration", decision.title, Role.lead.value, now_us)]
    return [ChangeParameters(changes=dict(changes), by=decision.answered_by or "", why=why, segment=segment)]


def _finding(decision: Decision, answer: str, now_us: int) -> list[Wish]:
    """Roadmap and pricing go to the next-stage report; a price also to somebody who changes it."""
    section = "roadmap" if decision.kind is K.roadmap_change else "pricing"
    details = {**decision.context, "approved_by": decision.answered_by, "note": _note(decision)}
    found: list[Wish] = [WriteFinding(section=section, title=decision.title, details=details)]
    if decision.kind is K.pricing:
        found.append(_task(decision, "pricing", decision.title, Role.lead.value, now_us))
    return found


Act = Callable[[Decision, str, int], list[Wish]]
_ACTS: Mapping[DecisionKind, Act] = {
    K.special_offer: lambda decision, answer, now_us: _offer(decision, now_us),
    K.message_approval: _drafted,
    K.survey: _survey,
    K.pause_resume: _control,
    K.publish: _publish,
    K.configuration: _configure,
    K.pricing: _finding,
    K.roadmap_change: _finding,
}


def _drafts(decision: Decision) -> tuple[str, ...]:
    """Keys of the drafts the decision is about."""
    keys = decision.context.get("touch_keys")
    return tuple(str(one) for one in keys) if isinstance(keys, list | tuple) else ()


def _approval(decision: Decision, drafts: tuple[str, ...], *, approve: bool) -> ApproveTouches:
    changes: dict[str, object] = {name: decision.answer_details[name] for name in ("subject", "text", "html") if name in decision.answer_details}
    by = decision.answered_by or ""
    return ApproveTouches(keys=drafts, approve=approve, by=by, why=_note(decision), changes=changes if approve else {})


def _task(decision: Decision, kind: str, title: str, assignee: str, now_us: int) -> CreateTask:
    return CreateTask(
        kind=kind,
        title=f"{MARK}{title}" if is_drill(decision.customer_id) else title,
        due_us=now_us + TASK_HOURS * HOUR_US,
        customer_id=decision.customer_id,
        assignee=assignee,
        priority="high",
        details={"decision_id": decision.decision_id, "note": _note(decision), **_terms(decision)},
    )


def _terms(decision: Decision) -> dict[str, object]:
    """What was authorised: percent, extended trial, and the like."""
    named = {**decision.context, **decision.answer_details}
    return {name: named[name] for name in ("percent", "trial_days", "until", "incident_id") if name in named}


def _note(decision: Decision) -> str:
    return str(decision.answer_details.get("note") or "")


def _whole(value: object, otherwise: int) -> int:
    try:
        return int(str(value))
    except ValueError:
        return otherwise
