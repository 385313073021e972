"""Playbooks as the loop runs them: a version of a file, and the enrollment of one customer going through it.

The order of `PlaybookKind` is the order of A6: an earlier kind ends a later one, a later one waits.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.cause import Cause
from tenure.model.touches import ActionClass, Channel, Purpose


class PlaybookKind(StrEnum):
    critical = "critical"
    cancelling = "cancelling"
    renewal = "renewal"
    at_risk = "at_risk"
    win_back = "win_back"
    onboarding = "onboarding"
    activation = "activation"
    engagement = "engagement"
    other = "other"

    @property
    def rank(self) -> int:
        """0 goes first; critical and cancelling share it."""
        return max(0, list(PlaybookKind).index(self) - 1)

    @property
    def is_campaign(self) -> bool:
        """A playbook of kind at_risk, critical (with cancelling) or win_back (product.md)."""
        return self in (PlaybookKind.critical, PlaybookKind.cancelling, PlaybookKind.at_risk, PlaybookKind.win_back)


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One arm of an A/B test of a step: its template and its share of 100."""

    name: str
    template: str
    share: float


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a playbook does. `day` is counted from day 0 (entry); `hours` are added to it; a name of a parameter in
    `day_parameter` wins over `day`. `when` is checked at the due time beside the entry condition.

    `act` is an intent (`create_task`, `raise_alert`, `ask_decision`, `send_survey`) or `touch`, a message on `channel`.
    `until` ends the wait for the next step early: `response` or nothing.
    """

    step: str
    act: str = "touch"
    channel: Channel | None = None
    action_class: ActionClass = ActionClass.message
    purpose: Purpose = Purpose.service
    template: str = ""
    variants: tuple[Variant, ...] = ()
    day: float = 0.0
    hours: float = 0.0
    day_parameter: str | None = None
    when: str = ""
    stop_on_response: bool = True
    repeats_days: int | None = None
    max_repeats: int = 0
    args: dict[str, object] = {}


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who enters: customers for whom `condition` newly holds. `came_from` is the band before (at_risk: healthy)."""

    condition: str
    came_from: tuple[str, ...] = ()
    confirm_days_parameter: str | None = None
    by_trigger_only: bool = False
    once_per: str = ""
    """`spell`, `renewal`, or empty for `playbook_reentry_days`; `cooldown` for the cooldown only (A16)."""


class PlaybookDefinition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a playbook, as its file says; templates are inside, by name, so that a version is whole."""

    key: str
    kind: PlaybookKind
    title: str
    purpose: str
    entry: Entry
    steps: tuple[Step, ...]
    exits: tuple[str, ...] = ()
    """Conditions under which a running enrollment leaves."""
    goal: str = ""
    """Condition that completes it as reached."""
    stays_while_entry_holds: bool = False
    """Leave silently when the entry condition no longer holds at a due step (A17)."""
    cooldown_days: int | None = None
    holdout: bool = True
    priority: int = 0
    templates: dict[str, dict[str, str]] = {}
    """By name: subject, text, html, and for calls `script`."""


class PlaybookVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable published version."""

    key: str
    version: int
    digest: str
    definition: PlaybookDefinition
    created_us: int
    created_by: str
    why: str


class EnrollmentState(StrEnum):
    """confirming -> running -> completed | exited | superseded | withdrawn | converted; held_out stays until it ends."""

    confirming = "confirming"
    running = "running"
    held_out = "held_out"
    completed = "completed"
    exited = "exited"
    superseded = "superseded"
    withdrawn = "withdrawn"
    converted = "converted"

    @property
    def is_over(self) -> bool:
        return self not in (EnrollmentState.confirming, EnrollmentState.running, EnrollmentState.held_out)


class Enrollment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One customer going through one version. `next_step` is an index into its steps, `due_us` when it is due."""

    enrollment_id: int
    playbook: str
    version: int
    kind: PlaybookKind
    customer_id: str
    entry_key: str
    state: EnrollmentState
    entered_us: int
    cause: Cause
    next_step: int = 0
    due_us: int | None = None
    repeats: int = 0
    confirmations: int = 0
    entry_score: float | None = None
    entry_status: str | None = None
    entry_arr_cents: int | None = None
    execution_id: int | None = None
    responded_us: int | None = None
    ended_us: int | None = None
    reason: str | None = None
