"""What a running enrollment does next: its due steps, each with its obstacles, and whether it is over."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import Contact, CustomerCard
from tenure.model.facts import CustomerStatus
from tenure.model.playbooks import (
    Act,
    Enrollment,
    EnrollmentState,
    OnResponse,
    PlaybookDefinition,
    PlaybookKind,
    Step,
    StepDone,
    StepOutcome,
)
from tenure.model.touches import ActionClass, Response
from tenure.parameters import ParameterSet
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.rules.playbooks import offers
from tenure.rules.playbooks.clocks import out_of_quiet_hours
from tenure.rules.playbooks.people import recipient
from tenure.rules.playbooks.trouble import trouble_of
from tenure.rules.playbooks.tunables import amount, condition_of, days_us, hours_us

LOOK_AGAIN_US = HOUR_US
"""What waits for an obstacle is looked at again this often."""
CHAIN_ACTS = (Act.raise_alert, Act.ask_decision)
"""Alert and escalation of a chain are the chain's own: described twice, done once (A11)."""
WITHHELD = (ActionClass.message, ActionClass.offer)
"""What a holdout withholds: automated messages and offers, never surveys, tasks or alerts (A8)."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything around one enrollment at one time.

    `responses` since it entered. `log`: its steps so far. `blocked`: users who may not be contacted, and why is
    outreach's business. `refused_people`: steps whose touch was refused for want of consent. `spent`: offers so far.
    """

    card: CustomerCard
    parameters: ParameterSet
    responses: Sequence[Response] = ()
    log: Sequence[StepDone] = ()
    hands_off: str | None = None
    paused: str | None = None
    blocked: frozenset[str] = frozenset()
    spent: offers.Spent = offers.Spent()


class Way(StrEnum):
    """How a step is done: as it says, by the owner in its place, or after a decision."""

    as_said = "as_said"
    by_owner = "by_owner"
    by_decision = "by_decision"


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do now. `task_due_us` of tasks; `contact` of whatever is said to somebody."""

    step: Step
    repeat: int
    due_us: int
    way: Way = Way.as_said
    contact: Contact | None = None
    task_due_us: int | None = None
    cost_cents: int = 0


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an enrollment, and what is to be done. Equal to what it was: nothing."""

    after: Enrollment
    deeds: tuple[Deed, ...] = ()
    log: tuple[StepDone, ...] = ()
    asks_if_helped: bool = False


def first_due_us(definition: PlaybookDefinition, entered_us: int, card: CustomerCard, parameters: ParameterSet) -> int:
    """When the first step of an enrollment is due."""
    return due_us(definition, 0, 0, entered_us, card, parameters)


def due_us(
    definition: PlaybookDefinition, index: int, repeat: int, entered_us: int, card: CustomerCard, parameters: ParameterSet
) -> int:
    """When a step is due: its days and hours from day 0, and its repeats; never moved by what came before (A9).

    An escalation moves with the task before it: due 24 h after a call that had to wait for Monday 10:00, it waits for
    Tuesday 10:00, and never falls into quiet hours itself (A10).
    """
    step = definition.steps[index]
    nominal = entered_us + days_us(step.day, parameters) + hours_us(step.hours, parameters)
    if step.repeats_days is not None:
        nominal += repeat * days_us(step.repeats_days, parameters)
    if step.act is not Act.ask_decision:
        return nominal
    moved_us = 0
    for before in definition.steps[:index]:
        if before.act is Act.create_task and before.due_hours is not None:
            at_us = entered_us + days_us(before.day, parameters) + hours_us(before.hours, parameters)
            at_us += hours_us(before.due_hours, parameters)
            moved_us = max(moved_us, out_of_quiet_hours(at_us, card, parameters) - at_us)
    return out_of_quiet_hours(nominal + moved_us, card, parameters)


def next_acts(enrollment: Enrollment, definition: PlaybookDefinition, situation: Situation, now_us: int) -> Advance:
    """Do everything that is due of one running or held-out enrollment, in order; nothing is done twice or out of order."""
    responded_us = _responded_us(enrollment, situation)
    enrollment = msgspec.structs.replace(enrollment, responded_us=responded_us)
    over = _over(enrollment, definition, situation, now_us)
    if over is not None:
        return _ended(enrollment, definition, *over, now_us=now_us)
    return _Walk(enrollment, definition, situation, now_us).go()


class _Walk:
    """Through the steps that are due."""

    def __init__(self, enrollment: Enrollment, definition: PlaybookDefinition, situation: Situation, now_us: int) -> None:
        self._one, self._definition, self._about, self._now_us = enrollment, definition, situation, now_us
        self._card, self._parameters = situation.card, situation.parameters
        self._expiry_us = self._parameters.integer("touch_expiry_days") * DAY_US
        self._index, self._repeat = enrollment.next_step, enrollment.repeats
        self._deeds: list[Deed] = []
        self._log: list[StepDone] = []

    def go(self) -> Advance:
        while self._index < len(self._definition.steps):
            step = self._definition.steps[self._index]
            due = due_us(self._definition, self._index, self._repeat, self._one.entered_us, self._card, self._parameters)
            if due > self._now_us:
                return self._stand(due)
            if self._definition.stays_while_entry_holds and not self._holds(self._definition.entry.condition):
                return self._leave(EnrollmentState.exited, "the entry condition no longer holds (A17)")
            if self._waits(step, due):
                return self._stand(min(self._now_us + LOOK_AGAIN_US, due + self._expiry_us + 1))
            self._next(step)
        return self._after_the_last()

    def _waits(self, step: Step, due: int) -> bool:
        """Whether an obstacle keeps the step; else it is done, skipped or handed on, with its line in the log."""
        reason = self._why_skipped(step)
        if reason is None and step.act.is_customer_facing:
            if self._is_withheld(step):
                self._note(step, due, StepOutcome.held_out, "holdout: left alone on purpose")
                return False
            obstacle = self._obstacle()
            is_late = self._now_us - due > self._expiry_us
            if obstacle is not None and not is_late:
                return True
            if is_late:
                reason = f"expired after {self._expiry_us // DAY_US} days" + (f": {obstacle}" if obstacle else "")
        if reason is not None:
            self._note(step, due, StepOutcome.skipped, reason)
        elif step.offer is not None:
            self._offer(step, due)
        else:
            self._do(step, due)
        return False

    def _why_skipped(self, step: Step) -> str | None:
        """Checked again when it is due (A17); a skipped step never blocks the next (A18)."""
        if step.repeats_days is not None and self._repeat >= amount(step.max_repeats, self._parameters):
            return "it was repeated often enough"
        if step.when and not self._holds(step.when):
            return "its condition does not hold"
        if step.stop_on_response and self._one.responded_us is not None:
            return "the customer has answered"
        if self._one.execution_id is not None and step.act in CHAIN_ACTS and self._definition.kind is PlaybookKind.critical:
            return "the chain does this itself (A11)"
        return None

    def _is_withheld(self, step: Step) -> bool:
        return self._one.state is EnrollmentState.held_out and step.action_class in WITHHELD

    def _obstacle(self) -> str | None:
        if self._about.paused is not None:
            return f"paused: {self._about.paused}"
        return trouble_of(self._card, self._now_us)

    def _offer(self, step: Step, due: int) -> None:
        assert step.offer is not None
        reason = offers.why_not_eligible(self._card, self._about.spent, self._now_us)
        if reason is not None:
            self._note(step, due, StepOutcome.skipped, f"not eligible for an offer: {reason}")
            return
        cost = offers.cost_cents(step.offer, self._card)
        if offers.needs_decision(step.offer, cost, self._about.spent, self._parameters):
            self._deeds.append(Deed(step=step, repeat=self._repeat, due_us=due, way=Way.by_decision, cost_cents=cost))
            self._note(step, due, StepOutcome.wanted, "beyond the standing budget: decided with the week's others (A23)")
        else:
            self._do(step, due, cost)

    def _do(self, step: Step, due: int, cost: int = 0) -> None:
        contact = None if step.channel is None else recipient(self._card, step.channel, step.purpose, self._about.blocked)
        if step.act is Act.touch and contact is None:
            self._deeds.append(Deed(step=step, repeat=self._repeat, due_us=due, way=Way.by_owner, task_due_us=self._task_due(due, 48 * HOUR_US)))
            self._note(step, due, StepOutcome.handed_to_owner, "nobody may be contacted (P5)")
            return
        task_due = None
        if step.due_hours is not None:
            task_due = self._task_due(due, hours_us(step.due_hours, self._parameters))
        self._deeds.append(Deed(step=step, repeat=self._repeat, due_us=due, contact=contact, task_due_us=task_due, cost_cents=cost))
        self._note(step, due, StepOutcome.wanted, "", cost)

    def _task_due(self, due: int, within_us: int) -> int:
        """From when it was due, unless that has passed: a person gets the whole time."""
        begin = due if self._now_us - due < HOUR_US else self._now_us
        return out_of_quiet_hours(begin + within_us, self._card, self._parameters)

    def _next(self, step: Step) -> None:
        self._repeat += 1
        if step.repeats_days is None or self._repeat >= amount(step.max_repeats, self._parameters):
            self._index, self._repeat = self._index + 1, 0

    def _after_the_last(self) -> Advance:
        """An answer or the goal still counts for some days; then it is complete."""
        last = self._definition.steps[-1]
        repeats = max(0, round(amount(last.max_repeats, self._parameters)) - 1) if last.repeats_days is not None else 0
        due = due_us(self._definition, len(self._definition.steps) - 1, repeats, self._one.entered_us, self._card, self._parameters)
        until = due + days_us(self._definition.waits_days, self._parameters)
        if until > self._now_us:
            return self._stand(until)
        return self._leave(EnrollmentState.completed, "every step is done")

    def _stand(self, due: int) -> Advance:
        after = msgspec.structs.replace(self._one, next_step=self._index, repeats=self._repeat, due_us=due)
        return Advance(after=after, deeds=tuple(self._deeds), log=tuple(self._log))

    def _leave(self, state: EnrollmentState, reason: str) -> Advance:
        self._one = msgspec.structs.replace(self._one, next_step=self._index, repeats=self._repeat)
        ended = _ended(self._one, self._definition, state, reason, now_us=self._now_us)
        return msgspec.structs.replace(ended, deeds=tuple(self._deeds), log=tuple(self._log))

    def _note(self, step: Step, due: int, outcome: StepOutcome, reason: str, cost: int = 0) -> None:
        self._log.append(
            StepDone(
                enrollment_id=self._one.enrollment_id, customer_id=self._one.customer_id, step=step.step, repeat=self._repeat,
                outcome=outcome, at_us=self._now_us, due_us=due, reason=reason, is_offer=step.offer is not None, cost_cents=cost,
            )
        )  # fmt: skip

    def _holds(self, condition: str) -> bool:
        return _holds(condition, self._card, self._parameters, self._now_us)


def _holds(condition: str, card: CustomerCard, parameters: ParameterSet, now_us: int) -> bool:
    return holds(condition_of(condition, parameters), card_profile(card, now_us))


def _over(
    enrollment: Enrollment, definition: PlaybookDefinition, situation: Situation, now_us: int
) -> tuple[EnrollmentState, str] | None:
    """Whether it ends now, whatever step is next."""
    card, parameters = situation.card, situation.parameters
    if card.internal:
        return EnrollmentState.withdrawn, "the customer is internal"
    if situation.hands_off is not None:
        return EnrollmentState.withdrawn, "hands off"
    if card.spell_started_us is not None and card.spell_started_us > enrollment.entered_us:
        return (
            (EnrollmentState.converted, "the customer is back (P4)")
            if definition.kind is PlaybookKind.win_back
            else (EnrollmentState.exited, "a new spell began")
        )
    if card.customer_status is CustomerStatus.churned and definition.kind is not PlaybookKind.win_back:
        return EnrollmentState.exited, "the customer has left"
    if definition.goal and _holds(definition.goal, card, parameters, now_us):
        return EnrollmentState.converted, "the goal is reached"
    for text in definition.exits:
        if _holds(text, card, parameters, now_us):
            return EnrollmentState.exited, f"it left because {text}"
    if enrollment.responded_us is not None and definition.on_response is OnResponse.ends:
        return EnrollmentState.completed, "the customer has answered"
    return None


def _ended(
    enrollment: Enrollment, definition: PlaybookDefinition, state: EnrollmentState, reason: str, *, now_us: int
) -> Advance:
    helped = state is EnrollmentState.converted or enrollment.responded_us is not None
    # a chain asks for itself, and who was left alone has nothing to answer (A28)
    asks = definition.asks_if_helped and helped and enrollment.execution_id is None
    asks = asks and enrollment.state is EnrollmentState.running and state in (EnrollmentState.converted, EnrollmentState.completed)
    after = msgspec.structs.replace(enrollment, state=state, reason=reason, ended_us=now_us, due_us=None)
    return Advance(after=after, asks_if_helped=asks)


def _responded_us(enrollment: Enrollment, situation: Situation) -> int | None:
    """A14: the first real answer within `response_window_days` of something that was done; logins and opens are none."""
    if enrollment.responded_us is not None:
        return enrollment.responded_us
    window = situation.parameters.integer("response_window_days") * DAY_US
    done = [one.at_us for one in situation.log if one.outcome is not StepOutcome.skipped]
    for one in sorted(situation.responses, key=lambda found: found.occurred_us):
        if one.kind.is_response and any(0 <= one.occurred_us - at_us <= window for at_us in done):
            return one.occurred_us
    return None
