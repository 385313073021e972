"""What a running enrollment does next: its due steps, each with its obstacles, and whether it is over."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
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
from tenure.model.touches import Response
from tenure.parameters import ParameterSet
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.rules.eligibility.holdout import withholds
from tenure.rules.playbooks import offers
from tenure.rules.playbooks.clocks import out_of_quiet_hours
from tenure.rules.playbooks.tunables import amount, condition_of, days_us, hours_us

CHAIN_ACTS = (Act.raise_alert, Act.ask_decision)
"""Alert and escalation of a chain are the chain's own: described twice, done once (A11)."""


EVERY_STEP_DONE = "every step is done"
"""Why an enrollment is complete without anything having stopped it: what waits of it may still leave."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything around one enrollment at one time.

    `responses` since it entered. `log`: its steps so far. `nobody`: why nobody at this customer may get an offer; None:
    somebody may.
    """

    card: CustomerCard
    parameters: ParameterSet
    responses: Sequence[Response] = ()
    log: Sequence[StepDone] = ()
    hands_off: str | None = None
    nobody: str | None = None


class Way(StrEnum):
    """How a step is done: as it says, by asking for a decision first, or only written down for the holdout to withhold."""

    as_said = "as_said"
    by_decision = "by_decision"
    held_out = "held_out"


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do now. `task_due_us` of tasks, `cost_cents` of offers."""

    step: Step
    repeat: int
    due_us: int
    way: Way = Way.as_said
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
    judge = _Judge(situation, now_us)
    over = _over(enrollment, definition, situation, judge)
    if over is not None:
        return _ended(enrollment, definition, *over, now_us=now_us)
    return _Walk(enrollment, definition, situation, judge, now_us).go()


class _Judge:
    """Whether conditions hold of one customer now; its fields are worked out once."""

    def __init__(self, situation: Situation, now_us: int) -> None:
        self._parameters, self._profile = situation.parameters, card_profile(situation.card, now_us)

    def holds(self, condition: str) -> bool:
        return holds(condition_of(condition, self._parameters), self._profile)


class _Walk:
    """Through the steps that are due. What keeps a touch back (trouble, pauses, budget, quiet hours) its gates ask later."""

    def __init__(
        self, enrollment: Enrollment, definition: PlaybookDefinition, situation: Situation, judge: _Judge, now_us: int
    ) -> None:
        self._one, self._definition, self._about, self._now_us = enrollment, definition, situation, now_us
        self._holds = judge.holds
        self._card, self._parameters = situation.card, situation.parameters
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
            self._step(step, due)
            self._next(step)
        return self._after_the_last()

    def _step(self, step: Step, due: int) -> None:
        reason = self._why_skipped(step)
        if reason is not None:
            self._note(step, due, StepOutcome.skipped, reason)
        elif self._is_withheld(step):
            self._do(step, due, Way.held_out, "holdout: left alone on purpose")
        elif step.offer is not None:
            self._offer(step, due)
        else:
            self._do(step, due)

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
        is_held_out = self._one.state is EnrollmentState.held_out
        return is_held_out and step.act is Act.touch and withholds(self._definition.kind, step.action_class, by_person=False)

    def _offer(self, step: Step, due: int) -> None:
        """Asked for; the standing budget may answer at once, else the week's joint decision does (A23)."""
        assert step.offer is not None
        if self._about.nobody is not None:
            self._note(step, due, StepOutcome.skipped, f"no offer: {self._about.nobody}")
        else:
            self._do(step, due, Way.by_decision, "", offers.cost_cents(step.offer, self._card))

    def _do(self, step: Step, due: int, way: Way = Way.as_said, reason: str = "", cost: int = 0) -> None:
        task_due = None if step.due_hours is None else self._task_due(due, hours_us(step.due_hours, self._parameters))
        self._deeds.append(Deed(step=step, repeat=self._repeat, due_us=due, way=way, task_due_us=task_due, cost_cents=cost))
        self._note(step, due, _OUTCOMES[way], reason, cost)

    def _task_due(self, due: int, within_us: int) -> int:
        """Counted from when the step was due, never over before it began; out of the customer's quiet hours (A10)."""
        begin = due if due + within_us > self._now_us else self._now_us
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
        return self._leave(EnrollmentState.completed, EVERY_STEP_DONE)

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


_FOR_THE_CHURNED = (PlaybookKind.win_back, PlaybookKind.payment)
_OUTCOMES = {Way.as_said: StepOutcome.wanted, Way.by_decision: StepOutcome.asked, Way.held_out: StepOutcome.held_out}


def _over(
    enrollment: Enrollment, definition: PlaybookDefinition, situation: Situation, judge: _Judge
) -> tuple[EnrollmentState, str] | None:
    """Whether it ends now, whatever step is next."""
    card = situation.card
    if card.internal:
        return EnrollmentState.withdrawn, "the customer is internal"
    if situation.hands_off is not None:
        return EnrollmentState.withdrawn, "hands off"
    if card.spell_started_us is not None and card.spell_started_us > enrollment.entered_us:
        return (
            (EnrollmentState.converted, "the customer is back (P4)")
            if definition.kind in _FOR_THE_CHURNED
            else (EnrollmentState.exited, "a new spell began")
        )
    if card.customer_status is CustomerStatus.churned and definition.kind not in _FOR_THE_CHURNED:
        return EnrollmentState.exited, "the customer has left"
    if definition.goal and judge.holds(definition.goal):
        return EnrollmentState.converted, "the goal is reached"
    for text in definition.exits:
        if judge.holds(text):
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
    done = [one.at_us for one in situation.log if one.outcome is StepOutcome.wanted]
    for one in sorted(situation.responses, key=lambda found: found.occurred_us):
        if one.kind.is_response and any(0 <= one.occurred_us - at_us <= window for at_us in done):
            return one.occurred_us
    return None
