"""Triggers about customers that teams added: narrowed set-wise by `Subjects`, judged by obstacle, opened like any chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.condition import Condition
from tenure.model.crossings import NewChain
from tenure.model.triggers import Execution, TriggerSchedule
from tenure.parameters import ParameterSet
from tenure.ports.executions import ExecutionFilter
from tenure.ports.subjects import Subjects
from tenure.ports.triggers import TriggerVersion
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.rules.eligibility.holdout import is_high_value, is_in_cohort
from tenure.rules.triggers.budgets import CAUSED_WITHIN_US, DEEPEST_CAUSE, depth_after, loop_intent
from tenure.rules.triggers.obstacles import InputFacts, Obstacle, venture_obstacle
from tenure.rules.triggers.wishes import Subject, intents_of
from tenure.services.looks import Looks
from tenure.services.triggers.context import Context, numbers
from tenure.services.triggers.health_drop import Evaluation, first_check_hours

WATCH = "trigger:"


class AddedTriggers:
    """Every live trigger about customers but RETENTION-001. A customer stands from when it was decided upon until the
    condition ends for it, so evaluating twice, or by two workers, fires once."""

    def __init__(self, context: Context, subjects: Subjects) -> None:
        self._one, self._subjects = context, subjects

    def evaluate(
        self, triggers: list[TriggerVersion], now_us: int, inputs: InputFacts | None, *, daily: bool
    ) -> dict[str, Evaluation]:
        """Look at those that are due; `daily` says the day's refresh was just done."""
        due = [one for one in triggers if daily or one.definition.schedule is TriggerSchedule.touched]
        if not due:
            return {}
        parameters = self._one.parameters()
        crossed = self._subjects.crossed(added_watches(due, parameters), now_us)
        texts = {WATCH + one.trigger_id: one.definition.condition for one in due}
        looks = Looks(self._one.stores, self._one.venture_id, "triggers", texts, numbers(parameters), now_us)
        found = {}
        for one in due:
            ids = list(crossed.get(WATCH + one.trigger_id, ()))
            moved = self._moved(one, ids, looks, now_us)
            fired = self._fire(one, [each for each in ids if each not in moved], now_us, inputs)
            found[one.trigger_id] = msgspec.structs.replace(fired, moved=len(moved))
        looks.keep()
        return found

    def _moved(self, trigger: TriggerVersion, customer_ids: list[str], looks: Looks, now_us: int) -> frozenset[str]:
        """Whom only the configuration brought to the condition: judged at once, whatever stands in the way (A3)."""
        watch = WATCH + trigger.trigger_id
        if not customer_ids or not looks.is_configured_anew(watch):
            return frozenset()
        moved = looks.moved(watch, self._subjects.cards(customer_ids, now_us))
        self._subjects.judged(watch, sorted(moved), now_us)
        return moved

    def _fire(
        self, trigger: TriggerVersion, customer_ids: list[str], now_us: int, inputs: InputFacts | None
    ) -> Evaluation:
        if not customer_ids:
            return Evaluation()
        state = self._one.controls.state(self._one.venture_id, now_us)
        hours = self._one.parameters().integer("stale_input_hours")
        obstacle = venture_obstacle(trigger.trigger_id, state, inputs, hours, now_us)
        if obstacle is not None and (obstacle.pause is None or obstacle.pause.cohort_percent is None):
            return Evaluation(obstacle=obstacle.reason, held={obstacle.reason: len(customer_ids)})
        free, held = self._free(trigger, customer_ids, obstacle, now_us)
        before = self._before(free, now_us)
        looped = [one for one in free if depth_after(before[one]) >= DEEPEST_CAUSE]
        if looped:
            held["depth budget"] += len(looped)
            incident = loop_intent(trigger.trigger_id, before[looped[0]], len(looped))
            self._one.stores.intents.add(self._one.venture_id, [incident], now_us=now_us)
            free = [one for one in free if one not in set(looped)]
        cards = self._subjects.cards(free, now_us)
        counts = self._one.stores.executions.counts(self._one.venture_id, trigger.trigger_id, free)
        parameters = self._one.parameters()
        check_us = now_us + round(first_check_hours(trigger.definition, parameters) * HOUR_US)
        high_value = parameters.integer("high_value_arr")
        depths = {name: depth_after(found) for name, found in before.items()}
        chains = [_chain(trigger, card, counts.get(card.customer_id, 0) + 1, depths[card.customer_id], check_us, now_us, high_value) for card in cards]
        opened = self._one.stores.executions.open(self._one.venture_id, chains, now_us=now_us)
        self._subjects.judged(WATCH + trigger.trigger_id, free, now_us)
        return Evaluation(fired=tuple(one.subject for one in opened), held=dict(held))

    def _before(self, customer_ids: list[str], now_us: int) -> dict[str, list[Execution]]:
        """Chains that may have caused what holds now, by customer, oldest first."""
        found: dict[str, list[Execution]] = {name: [] for name in customer_ids}
        for one in self._one.stores.executions.lately(self._one.venture_id, customer_ids, now_us - CAUSED_WITHIN_US):
            found[one.subject].append(one)
        return found

    def _free(
        self, trigger: TriggerVersion, customer_ids: list[str], obstacle: Obstacle | None, now_us: int
    ) -> tuple[list[str], Counter[str]]:
        """Who may fire now; the others stay crossed and are looked at again (M6)."""
        definition, held = trigger.definition, Counter[str]()
        off = self._one.controls.hands_off(self._one.venture_id, customer_ids, now_us)
        is_open, cooling = self._busy(trigger, now_us)
        free = []
        for name in customer_ids:
            if name in off:
                held["hands off"] += 1
            elif name in is_open:
                held["a chain is open"] += 1
            elif definition.cooldown_days and name in cooling:
                held["cooldown"] += 1
            elif obstacle is not None and not self._in_cohort(obstacle, name):
                held[obstacle.reason] += 1
            else:
                free.append(name)
        return free, held

    def _busy(self, trigger: TriggerVersion, now_us: int) -> tuple[frozenset[str], frozenset[str]]:
        """Whose chain of this trigger is open, and whose last one was opened within the cooldown (A5)."""
        executions, own = self._one.stores.executions, self._one.venture_id
        still = executions.open_subjects(own, trigger.trigger_id)
        since_us = now_us - (trigger.definition.cooldown_days or 0) * DAY_US
        recent = executions.list(own, ExecutionFilter(trigger_id=trigger.trigger_id, opened_since_us=since_us))
        return frozenset(still), frozenset(one.subject for one in recent)

    def _in_cohort(self, obstacle: Obstacle, customer_id: str) -> bool:
        pause = obstacle.pause
        assert pause is not None
        return is_in_cohort(self._one.venture_key, pause.scope, customer_id, pause.cohort_percent or 0.0)


def added_watches(triggers: Sequence[TriggerVersion], parameters: ParameterSet) -> dict[str, Condition]:
    """The conditions of these triggers by watch."""
    values = numbers(parameters)
    return {WATCH + one.trigger_id: parse_condition(one.definition.condition, LOOP, values) for one in triggers}


def _chain(
    trigger: TriggerVersion, card: CustomerCard, number: int, depth: int, check_us: int, now_us: int, high_value: int
) -> NewChain:
    definition = trigger.definition
    key = f"{card.customer_id}#{number}"
    cause = Cause(
        kind=CauseKind.trigger,
        trigger=trigger.trigger_id,
        trigger_version=trigger.version,
        iteration=1,
        reason="condition holds",
        depth=depth,
    )
    about = Subject(
        subject=card.customer_id,
        firing_key=key,
        customer_id=card.customer_id,
        score=card.score,
        previous_score=card.previous_score,
        health_status=None if card.health_status is None else card.health_status.value,
        arr_cents=card.arr_cents,
        is_high_value=is_high_value(card.arr_cents, high_value),
        facts={"trigger": definition.title},
    )
    return NewChain(
        trigger_id=trigger.trigger_id,
        trigger_version=trigger.version,
        subject=card.customer_id,
        firing_key=key,
        cause=cause,
        intents=intents_of(definition, definition.iterations[0], about, cause, now_us),
        next_check_us=check_us,
        health_status=about.health_status,
        outcome={"arr_cents": card.arr_cents} if card.arr_cents is not None else {},
    )
