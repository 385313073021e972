"""Incidents and pauses: automation stopped by a safety rule or a person, and the way back."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class IncidentState(StrEnum):
    """The seven steps in order (automation.md, section 3); each is a state with a time and a name."""

    paused = "paused"
    told = "told"
    review_booked = "review_booked"
    cause_written = "cause_written"
    fix_written = "fix_written"
    small_cohort = "small_cohort"
    resumed = "resumed"

    @property
    def is_over(self) -> bool:
        return self is IncidentState.resumed


EVERYTHING = "everything"
"""Scope of the kill switch: every customer-facing touch, CRM write and EVA action (A21)."""
OUTREACH = "outreach"
OUTREACH_BY_SCORE = "outreach_by_score"
SCORING = "scoring"
CRM = "crm"
APPROVAL = "approval"
"""Not a stop: while it is paused, automated outreach of every class waits for a person's yes (NPS falls, section 3)."""


def playbook_scope(key: str) -> str:
    """Scope of one playbook, `playbook:at_risk`."""
    return f"playbook:{key}"


def provider_scope(name: str) -> str:
    """Scope of one provider, `provider:smtp`."""
    return f"provider:{name}"


class IncidentStep(msgspec.Struct, frozen=True, kw_only=True):
    """Who moved an incident to a state, when, and with which words."""

    state: IncidentState
    at_us: int
    by: str
    note: str = ""


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One incident with its steps so far."""

    incident_id: int
    key: str
    rule: str
    scope: str
    title: str
    state: IncidentState
    opened_us: int
    evidence: dict[str, object] = {}
    steps: tuple[IncidentStep, ...] = ()
    ended_us: int | None = None


class Pause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A scope that does not act. `cohort_percent`: that share of customers (stable hash) acts again."""

    pause_id: int
    scope: str
    since_us: int
    by: str
    why: str
    incident_id: int | None = None
    cohort_percent: float | None = None
    ended_us: int | None = None


class Mode(StrEnum):
    """A1: a venture watches until a person switches it live."""

    watch = "watch"
    live = "live"


class LoopState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether anything customer-facing may leave at all, and what is paused."""

    mode: Mode = Mode.watch
    live_since_us: int | None = None
    live_by: str | None = None
    pauses: tuple[Pause, ...] = ()

    def paused(self, *scopes: str) -> Pause | None:
        """The first pause in force over one of these scopes, or over everything."""
        return next((one for one in self.pauses if one.scope in (EVERYTHING, *scopes)), None)
