"""Decisions: what waits for a person, with everything needed to decide, and what became of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.cause import Cause


class DecisionKind(StrEnum):
    """The keys of `decision_deadline_hours`."""

    critical_escalation = "critical_escalation"
    pause_resume = "pause_resume"
    executive_call = "executive_call"
    message_approval = "message_approval"
    survey = "survey"
    special_offer = "special_offer"
    publish = "publish"
    configuration = "configuration"
    pricing = "pricing"
    roadmap_change = "roadmap_change"


class DecisionState(StrEnum):
    """open -> answered -> executed; open -> expired (nothing is done). `joined`: answered within another decision."""

    open = "open"
    joined = "joined"
    answered = "answered"
    executed = "executed"
    expired = "expired"
    withdrawn = "withdrawn"

    @property
    def is_over(self) -> bool:
        return self not in (DecisionState.open, DecisionState.joined)


class Rung(StrEnum):
    """The ladder of escalation."""

    csm = "csm"
    lead = "lead"
    chairman = "chairman"


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom and what a yes would touch; money in cents."""

    people: int = 0
    revenue_cents: int = 0
    cost_cents: int = 0
    undoable: bool = True


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision. `options` are what may be answered; `default` happens when nobody answers (nothing is done)."""

    decision_id: int
    key: str
    kind: DecisionKind
    title: str
    state: DecisionState
    rung: Rung
    customer_id: str | None
    context: dict[str, object]
    blast: BlastRadius
    recommendation: str
    options: tuple[str, ...]
    cause: Cause
    asked_us: int
    deadline_us: int
    default: str = "nothing"
    reminded_us: int | None = None
    delegated_us: int | None = None
    parent_id: int | None = None
    answer: str | None = None
    answer_details: dict[str, object] = {}
    answered_by: str | None = None
    answered_via: str | None = None
    answered_us: int | None = None
    executed_us: int | None = None
    settled_us: int | None = None
    """When what came of it was known."""
    outcome: dict[str, object] = {}
