"""Triggers ("recursion"): a watched condition, and the chain of responses it starts for one subject."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.cause import Cause


class TriggerSubject(StrEnum):
    """Whom a trigger is about."""

    customer = "customer"
    venture = "venture"
    component = "component"


class TriggerSchedule(StrEnum):
    """When a trigger looks. `touched`: at every refresh, for whoever was scored by it."""

    touched = "touched"
    hourly = "hourly"
    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class TriggerAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing an iteration wants: `do` names a kind of intent or a built-in response, `after_hours` its delay."""

    do: str
    agent: str = ""
    after_hours: float = 0.0
    args: dict[str, object] = {}


class TriggerIteration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one depth step does, and under which condition it is reached (empty: always)."""

    depth: int
    actions: tuple[TriggerAction, ...]
    when: str = ""
    """A word (`no_response`, `churned`, `still_holds`), or a condition on the subject."""
    after_hours: float = 0.0
    after_parameter: str = ""
    """A parameter in hours that says `after_hours` instead."""


class SuccessMetric(msgspec.Struct, frozen=True, kw_only=True):
    """What a trigger wants to reach: `metric >= target` within `horizon_days`."""

    metric: str
    target: float
    horizon_days: int


class TriggerDefinition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a trigger, as its file says. Digest and number are the store's."""

    trigger_id: str
    title: str
    subject: TriggerSubject
    schedule: TriggerSchedule
    condition: str
    crosses_from: str = ""
    """What held at the last judgement; empty: that `condition` did not."""
    cooldown_days: int | None = None
    max_depth: int | None = None
    iterations: tuple[TriggerIteration, ...] = ()
    ends: tuple[str, ...] = ()
    success: SuccessMetric | None = None
    escalation: str = ""
    max_actions: int = 50
    """Intents one chain may ever want."""


class ExecutionState(StrEnum):
    """Legal moves: open -> waiting <-> open -> terminated; open -> escalated -> open | terminated."""

    open = "open"
    waiting = "waiting"
    escalated = "escalated"
    terminated = "terminated"

    @property
    def is_over(self) -> bool:
        return self is ExecutionState.terminated


class EndReason(StrEnum):
    """Why a chain ended."""

    recovered = "recovered"
    responded = "responded"
    churned = "churned"
    win_back_done = "win_back_done"
    not_recovered = "not_recovered"
    depth_reached = "depth_reached"
    target_reached = "target_reached"
    months_over = "months_over"
    taken_over = "taken_over"
    healed = "healed"
    person = "person"
    erased = "erased"
    merged = "merged"


class Execution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One chain: one firing of a trigger for one subject (`subject` is a customer id, a component, or empty)."""

    execution_id: int
    trigger_id: str
    trigger_version: int
    subject: str
    state: ExecutionState
    iteration: int
    cause: Cause
    opened_us: int
    next_check_us: int | None = None
    terminated_us: int | None = None
    reason: str | None = None
    run_id: int | None = None
    score: float | None = None
    health_status: str | None = None
    firing_key: str = ""
    actions: int = 0
    recovered_us: int | None = None
    """When the score was back first, also after the chain had ended; not by configuration or override (M12)."""
    outcome: dict[str, object] = {}
