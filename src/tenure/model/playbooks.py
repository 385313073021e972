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
    payment = "payment"
    other = "other"

    @property
    def rank(self) -> int:
        """0 goes first; critical and cancelling share it."""
        return max(0, list(PlaybookKind).index(self) - 1)

    @property
    def runs_apart(self) -> bool:
        """A failed payment takes its own path, beside whatever else has the customer (Day one, 9)."""
        return self is PlaybookKind.payment

    @property
    def is_campaign(self) -> bool:
        """A playbook of kind at_risk, critical (with cancelling) or win_back (product.md)."""
        return self in (PlaybookKind.critical, PlaybookKind.cancelling, PlaybookKind.at_risk, PlaybookKind.win_back)


RESCUES = (PlaybookKind.critical, PlaybookKind.cancelling)
"""Who is cancelling is met as who is critical (P2, A6)."""


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One arm of an A/B test of a step: its template and its share of 100."""

    name: str
    template: str
    share: float


class Delay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many units: the value of `parameter` where one is named, else `amount`."""

    amount: float = 0.0
    parameter: str | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an offer step gives: so many percent off for so many months."""

    percent: float
    months: int = 3


class Invitation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A meeting proposed with a message: the first hour outside quiet hours after so many days."""

    minutes: int
    in_days: int


class Act(StrEnum):
    """What a step does: a message to the customer, or an intent that another service carries out."""

    touch = "touch"
    create_task = "create_task"
    raise_alert = "raise_alert"
    ask_decision = "ask_decision"
    send_survey = "send_survey"

    @property
    def is_customer_facing(self) -> bool:
        """Reaches the customer without a person in between."""
        return self in (Act.touch, Act.send_survey)


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a playbook does, `day` days and `hours` hours after day 0 (entry); `when` is checked then.

    `repeats_days`: done again after so many days, at most `max_repeats` times in all. `due_hours` of a task: the time a
    person has, moved out of the customer's quiet hours (A10); later steps counted from `after_task` move with it.
    `args` of the act: kind, title, priority, assignee of a task; kind and title of an alert or decision; name of a survey.
    """

    step: str
    act: Act = Act.touch
    title: str = ""
    channel: Channel | None = None
    action_class: ActionClass = ActionClass.message
    purpose: Purpose = Purpose.service
    template: str = ""
    variants: tuple[Variant, ...] = ()
    day: Delay = Delay()
    hours: Delay = Delay()
    due_hours: Delay | None = None
    when: str = ""
    stop_on_response: bool = True
    repeats_days: Delay | None = None
    max_repeats: Delay = Delay(amount=1)
    offer: Offer | None = None
    invitation: Invitation | None = None
    args: dict[str, str] = {}

    @property
    def templates(self) -> tuple[str, ...]:
        """Every template it may use."""
        return (self.template,) if self.template else tuple(one.template for one in self.variants)


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who enters: customers for whom `condition` newly holds. `came_from` is the band before (at_risk: healthy)."""

    condition: str
    came_from: tuple[str, ...] = ()
    confirm_days: Delay | None = None
    """Daily refreshes on working days in which it has to hold (A17)."""
    by_trigger_only: bool = False
    once_per: str = ""
    """`spell`, `renewal`, `cancellation`, `payment`; `cooldown` for the cooldown only; empty for `playbook_reentry_days` (A16)."""


class OnResponse(StrEnum):
    """What an answer of the customer does to the whole playbook."""

    ends = "ends"
    continues = "continues"


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
    on_response: OnResponse = OnResponse.ends
    waits_days: Delay = Delay()
    """After the last step: how long an answer or the goal still counts."""
    asks_if_helped: bool = False
    """A28: ended as responded or reached, the customer is asked one question."""
    cooldown_days: int | None = None
    holdout: bool = True
    priority: int = 0
    """Among playbooks of the same rank: the higher one goes first."""
    templates: dict[str, dict[str, str]] = {}
    """By name: subject, text, html, and for calls `script`."""

    def step_index(self, name: str) -> int | None:
        """Where a step stands."""
        return next((index for index, one in enumerate(self.steps) if one.step == name), None)


class PlaybookVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable published version. `live_from_us`: when it last became the live one (None: never)."""

    key: str
    version: int
    digest: str
    definition: PlaybookDefinition
    created_us: int
    created_by: str
    why: str
    live_from_us: int | None = None


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
    held_out: bool = False
    """Left alone on purpose; unlike the state it stays when the enrollment ends."""
    holdout_percent: float = 0.0
    """The share of 100 it was drawn with; 0: it could not be held out, so it belongs to no comparison (A8)."""
    lifted_us: int | None = None
    """When a person took it out of the holdout."""
    execution_id: int | None = None
    responded_us: int | None = None
    ended_us: int | None = None
    reason: str | None = None


class StepOutcome(StrEnum):
    """What became of a step. `wanted`: its touch or intent was written, which say what follows. `asked`: an offer waits for
    a decision. `held_out`: its touch was written for the holdout to refuse."""

    wanted = "wanted"
    asked = "asked"
    skipped = "skipped"
    held_out = "held_out"


class StepDone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an enrollment's log: the record of "each refusal with its reason" for what never became a touch."""

    enrollment_id: int
    customer_id: str
    step: str
    repeat: int
    outcome: StepOutcome
    at_us: int
    due_us: int
    reason: str = ""
    variant: str | None = None
    is_offer: bool = False
    cost_cents: int = 0
