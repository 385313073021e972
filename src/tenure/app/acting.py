"""Decisions, alerts, tasks and safety of a deployment, married to its store; and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.outside import invitations_of, public_url
from tenure.app.vendors import vendors_of
from tenure.clock import DAY_US, iso
from tenure.model.alerts import Alert
from tenure.model.decisions import Decision
from tenure.model.drills import is_drill
from tenure.model.handoffs import HandedOff
from tenure.model.incidents import Incident, LoopState
from tenure.model.tasks import Task
from tenure.model.team import StandIn
from tenure.rules.safety.watches import NpsChange
from tenure.services.alerts.digest import MorningDigest
from tenure.services.alerts.service import AlertService
from tenure.services.contacts.service import ContactLog
from tenure.services.decisions.doors import LinkDoor
from tenure.services.decisions.drill import DrillState, EscalationDrill, drill_sentence
from tenure.services.decisions.links import PURPOSE, DecisionLinks
from tenure.services.decisions.service import DecisionService
from tenure.services.safety.going_live import GoingLive
from tenure.services.safety.service import SafetyService
from tenure.services.safety.watching import SafetyWatch
from tenure.services.tasks.service import TaskService
from tenure.services.useful.links import PURPOSE as USEFUL
from tenure.services.useful.links import UsefulLinks
from tenure.services.useful.service import UsefulService

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

REHEARSAL_SHOWN = "rehearsal_shown"
"""A kept result: as of when somebody was last shown a rehearsal of everything now (A1)."""
NPS_CHANGE = "nps_change"
"""A kept result: NPS of the last 30 days and of the 30 before."""


class Acting:
    """The services of one deployment; made when asked for. `base_url`: where its API is reached from a mail."""

    def __init__(self, deployment: Deployment, base_url: str = "") -> None:
        self._one, self._store = deployment, deployment.store
        self._base_url = base_url or public_url(deployment)
        self._parameters = deployment.parameters.current

    @cached_property
    def links(self) -> DecisionLinks:
        return DecisionLinks(lambda: self._store.secrets.signing_key(PURPOSE), self._one.venture.key, self._base_url)

    @cached_property
    def decisions(self) -> DecisionService:
        return DecisionService(self._store, self._store.touches, self._one.venture, self._parameters, self.links)

    @cached_property
    def drill(self) -> EscalationDrill:
        return EscalationDrill(self._store, self._one.venture, self._parameters)

    @cached_property
    def door(self) -> LinkDoor:
        return LinkDoor(self.decisions, self._store.decisions, self.links, self._one.venture.venture_id)

    @cached_property
    def alerts(self) -> AlertService:
        return AlertService(self._store, self._store.touches, self._one.venture, self._parameters, self.useful_links)

    @cached_property
    def useful(self) -> UsefulService:
        return UsefulService(self._store, self._one.venture.venture_id)

    @cached_property
    def useful_links(self) -> UsefulLinks:
        return UsefulLinks(lambda: self._store.secrets.signing_key(USEFUL), self._one.venture.key, self._base_url)

    @cached_property
    def digest(self) -> MorningDigest:
        return MorningDigest(self._store, self._store.touches, self._one.venture, self._parameters)

    @cached_property
    def tasks(self) -> TaskService:
        return TaskService(self._store, self._store.touches, self._one.venture, self._parameters)

    @cached_property
    def contacts(self) -> ContactLog:
        return ContactLog(self._store, self._one.venture.venture_id, self.tasks)

    @cached_property
    def safety(self) -> SafetyService:
        return SafetyService(self._store, self._store.touches, self._one.venture, self._parameters, invitations_of(self._one), vendors_of(self._one))

    @cached_property
    def watch(self) -> SafetyWatch:
        return SafetyWatch(self._store, self.safety, self._one.venture, self._parameters, nps=self._nps_change)

    def _nps_change(self, now_us: int) -> NpsChange | None:
        """As the last look of the NPS tracker found it; older than a week and a day it says nothing (M15)."""
        kept = self._store.results.latest(self._one.venture.venture_id, NPS_CHANGE)
        if kept is None or now_us - kept.as_of_us > 8 * DAY_US or kept.document is None:
            return None
        return msgspec.convert(kept.document, NpsChange)

    @cached_property
    def going_live(self) -> GoingLive:
        return GoingLive(
            self._store,
            self._one.venture,
            self._parameters,
            rehearsal_shown_us=self.rehearsal_shown_us,
            baseline=lambda now_us: self._critical_now(),
        )

    def rehearsal_shown_us(self) -> int | None:
        shown = self._store.results.latest(self._one.venture.venture_id, REHEARSAL_SHOWN)
        return None if shown is None else shown.as_of_us

    def _critical_now(self) -> Mapping[str, int]:
        """Who stands below the thresholds at the switch; triggers take them as their baseline by the time of going live."""
        counts = self._store.health.counts_by_status(self._one.venture.venture_id)
        return {status.value: count for status, count in counts.items()}


# --- documents -------------------------------------------------------------------------------------------------------


def decision_document(one: Decision) -> dict[str, Any]:
    """One decision for `--json` and the API."""
    return {
        "id": one.decision_id,
        "kind": one.kind.value,
        "title": one.title,
        "state": one.state.value,
        "rung": one.rung.value,
        "customer_id": one.customer_id,
        "drill": is_drill(one.customer_id),
        "blast_radius": msgspec.to_builtins(one.blast),
        "recommendation": one.recommendation,
        "options": list(one.options),
        "default": one.default,
        "asked_at": iso(one.asked_us),
        "deadline_at": iso(one.deadline_us),
        "reminded_at": _time(one.reminded_us),
        "delegated_at": _time(one.delegated_us),
        "joined_into": one.parent_id,
        "answer": one.answer,
        "answer_details": one.answer_details,
        "answered_by": one.answered_by,
        "answered_via": one.answered_via,
        "answered_at": _time(one.answered_us),
        "executed_at": _time(one.executed_us),
        "outcome": one.outcome,
        "context": one.context,
        "cause": msgspec.to_builtins(one.cause),
    }


def incident_document(one: Incident) -> dict[str, Any]:
    """One incident with its steps, each with a time and a name."""
    return {
        "id": one.incident_id,
        "rule": one.rule,
        "scope": one.scope,
        "title": one.title,
        "state": one.state.value,
        "opened_at": iso(one.opened_us),
        "ended_at": _time(one.ended_us),
        "evidence": one.evidence,
        "steps": [{"state": step.state.value, "at": iso(step.at_us), "by": step.by, "note": step.note} for step in one.steps],
    }


def handed_document(one: HandedOff) -> dict[str, Any]:
    """One thing at a vendor, and how stopping it ended (A21)."""
    return {
        "id": one.handed_id,
        "provider": one.provider,
        "kind": one.kind.value,
        "name": one.name,
        "scope": one.scope,
        "runs": one.is_running,
        "result": None if one.result is None else one.result.value,
        "tried_at": _time(one.tried_us),
        "note": one.note,
        "link": one.link,
        "incident": one.incident_id,
        "handed_at": iso(one.handed_us),
        "handed_by": one.handed_by,
    }


def alert_document(one: Alert) -> dict[str, Any]:
    """One alert."""
    return {
        "id": one.alert_id,
        "kind": one.kind,
        "title": one.title,
        "customer_id": one.customer_id,
        "drill": is_drill(one.customer_id),
        "told": one.delivery,
        "raised_at": iso(one.raised_us),
        "answer_due_at": _time(one.answer_due_us),
        "acknowledged_at": _time(one.acknowledged_us),
        "acknowledged_by": one.acknowledged_by,
        "snoozed_until": _time(one.snoozed_until_us),
        "escalated_at": _time(one.escalated_us),
        "closed_at": _time(one.closed_us),
        "closed_by": one.closed_by,
        "was_real": one.was_real,
        "followed_by": one.followed,
        "note": one.note,
    }


def task_document(one: Task, now_us: int) -> dict[str, Any]:
    """One task; `overdue` as of `now_us`."""
    return {
        "id": one.task_id,
        "kind": one.kind,
        "title": one.title,
        "customer_id": one.customer_id,
        "drill": is_drill(one.customer_id),
        "assignee": one.assignee,
        "priority": one.priority,
        "state": one.state.value,
        "created_at": iso(one.created_us),
        "due_at": iso(one.due_us),
        "overdue": one.closed_us is None and one.due_us < now_us,
        "closed_at": _time(one.closed_us),
        "closed_by": one.closed_by,
        "outcome": None if one.outcome is None else one.outcome.value,
        "minutes": one.minutes,
        "note": one.note,
        "script": one.script,
        "details": one.details,
    }


def stand_in_document(one: StandIn, now_us: int) -> dict[str, Any]:
    """An absence, or an assignment of one customer; `in_force` as of `now_us`."""
    return {
        "person": one.person or None,
        "customer_id": one.customer_id,
        "deputy": one.deputy,
        "from": iso(one.from_us),
        "until": _time(one.until_us),
        "ended_at": _time(one.ended_us),
        "in_force": one.holds(now_us),
        "reason": one.reason,
        "by": one.by,
    }


def drill_document(one: DrillState) -> dict[str, Any]:
    """The escalation drill, step by step (C3)."""
    return {
        "drill": True,
        "started_at": _time(one.started_us),
        "by": one.by,
        "alert": one.alert_id,
        "acknowledged_at": _time(one.acknowledged_us),
        "acknowledged_by": one.acknowledged_by,
        "escalates_at": _time(one.escalates_us),
        "decision": one.decision_id,
        "escalated_at": _time(one.escalated_us),
        "answer": one.answer,
        "answered_by": one.answered_by,
        "answered_at": _time(one.answered_us),
        "executed_at": _time(one.executed_us),
        "complete": one.is_complete,
        "passed_at": _time(one.passed_us),
        "ended_at": _time(one.ended_us),
        "given_up": one.given_up,
        "said": drill_sentence(one),
    }


def control_document(state: LoopState) -> dict[str, Any]:
    """Whether anything may leave, and what is paused."""
    return {
        "mode": state.mode.value,
        "live_since": _time(state.live_since_us),
        "live_by": state.live_by,
        "pauses": [
            {"scope": one.scope, "since": iso(one.since_us), "by": one.by, "why": one.why,
             "incident": one.incident_id, "cohort_percent": one.cohort_percent}
            for one in state.pauses
        ],
    }  # fmt: skip


def touched_document(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those an incident touched."""
    names = ("touch_id", "customer_id", "user_id", "channel", "playbook", "version", "step", "state")
    return [{**{name: row[name] for name in names}, "sent_at": _time(row["sent_us"])} for row in rows]


def _time(moment_us: int | None) -> str | None:
    return None if moment_us is None else iso(moment_us)
