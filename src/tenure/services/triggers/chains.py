"""Open chains about customers: what is known of each is gathered in bulk, a pure rule says what follows, both written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.condition import Condition
from tenure.model.crossings import ChainMove
from tenure.model.facts import CustomerStatus
from tenure.model.health import HealthStatus
from tenure.model.intents import Intent
from tenure.model.touches import Response, ResponseKind
from tenure.model.triggers import (
    EndReason,
    Execution,
    TriggerDefinition,
    TriggerIteration,
)
from tenure.parameters import ParameterSet
from tenure.ports.executions import ChainStanding, Due
from tenure.rules.card_fields import LOOP, card_profile
from tenure.rules.conditions import holds, parse_condition
from tenure.rules.eligibility.holdout import is_high_value
from tenure.rules.triggers.chain import ChainFacts, ChainStep, advance_chain
from tenure.rules.triggers.wishes import Subject, chain_key, closing_wishes, intents_of, keyed
from tenure.rules.working_time import clocks_us, working_days_after_us, zone_of
from tenure.services.triggers.context import HEALTH_DROP, Context, numbers, parameters_for

CAUSE_TASK_DAYS = 5
"""Working days the owner has for "cause and next step" (A15)."""
ESCALATION = "chairman_escalation_hours"


class Advance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What moving the open chains did; `looked_at`: of how many something may have happened to."""

    looked_at: int = 0
    deeper: int = 0
    ended: dict[str, int] = {}


class CustomerChains:
    """Chains of one trigger about customers, whatever version each was opened with."""

    def __init__(self, context: Context) -> None:
        self._one = context

    def advance(
        self, trigger_id: str, definition_of: Callable[[int], TriggerDefinition], now_us: int, *, ends_by_condition: bool = True
    ) -> Advance:
        """Take every open chain of this trigger as far as it goes now; doing it twice changes nothing.

        Args:
            ends_by_condition: some version of it ends when a condition holds: what customers are decides, not only time.
        """
        due = self._due(trigger_id, now_us) if trigger_id == HEALTH_DROP and not ends_by_condition else None
        chains = self._one.stores.executions.open_of(self._one.venture_id, trigger_id, due=due)
        if not chains:
            return Advance()
        known = _Known.read(self._one, chains, now_us)
        moves = []
        for chain in chains:
            definition = definition_of(chain.execution.trigger_version)
            step = self._step(definition, chain, known, now_us)
            if step is not None:
                moves.append(self._move(definition, chain, step, known, now_us))
        moved = self._one.stores.executions.move(self._one.venture_id, moves, now_us=now_us)
        ended = Counter(one.reason for one in moves if one.reason is not None)
        deeper = sum(one.iteration > one.seen_iteration for one in moves)
        return Advance(looked_at=len(chains), deeper=deeper if moved else 0, ended=dict(ended) if moved else {})

    def _due(self, trigger_id: str, now_us: int) -> Due:
        """With whoever answered since, and whom people keep to themselves."""
        one = self._one
        opened = one.stores.executions.open_subjects(one.venture_id, trigger_id)
        ids = sorted(opened)
        answers = one.responses.of_customers(one.venture_id, ids, min(opened.values(), default=now_us))
        answered = {found.customer_id for found in answers if found.occurred_us >= opened[found.customer_id]}
        return Due(now_us, answered.union(one.controls.hands_off(one.venture_id, ids, now_us)))

    def _step(
        self, definition: TriggerDefinition, chain: ChainStanding, known: _Known, now_us: int
    ) -> ChainStep | None:
        card = known.cards.get(chain.execution.subject)
        parameters = parameters_for(known.parameters, card)

        def due_us(step: TriggerIteration) -> int:
            return _due_us(step, chain.execution, card, parameters)

        facts = self._facts(definition, chain, card, known, now_us)
        return advance_chain(definition, chain.execution, facts, due_us, now_us)

    def _facts(
        self, definition: TriggerDefinition, chain: ChainStanding, card: CustomerCard | None, known: _Known, now_us: int
    ) -> ChainFacts:
        execution = chain.execution
        answers = known.answers(execution)

        def holds_now(condition: str) -> bool:
            return card is not None and holds(known.condition(condition), card_profile(card, now_us))

        conditions = [one for one in definition.ends if one not in tuple(EndReason)]
        return ChainFacts(
            is_back=self._is_back(definition, chain, card, holds_now),
            is_gone=is_gone(chain, card),
            responded_us=next((one.occurred_us for one in answers if one.kind.is_response), None),
            hands_off=known.hands_off.get(execution.subject),
            offer_ended_us=known.offers.get(execution.subject),
            ends_by_condition=any(holds_now(one) for one in conditions),
            holds=holds_now,
        )

    def _is_back(
        self,
        definition: TriggerDefinition,
        chain: ChainStanding,
        card: CustomerCard | None,
        holds_now: Callable[[str], bool],
    ) -> bool:
        if definition.trigger_id == HEALTH_DROP:
            return chain.health_status is not None and chain.health_status != HealthStatus.critical
        return card is not None and not holds_now(definition.condition)

    def _move(
        self, definition: TriggerDefinition, chain: ChainStanding, step: ChainStep, known: _Known, now_us: int
    ) -> ChainMove:
        execution = chain.execution
        about = _about(chain, known)
        depth = execution.iteration if step.iteration is None else step.iteration.depth
        cause = _cause(execution, depth)
        intents: list[Intent] = []
        if step.iteration is not None:
            wanted_before = execution.actions
            intents += intents_of(definition, step.iteration, about, cause, now_us, wanted_before=wanted_before)
        if step.reason is not None:
            left = closing_wishes(
                step.reason,
                about,
                is_below=chain.health_status == HealthStatus.critical,
                task_due_us=self._task_due_us(known, now_us),
            )
            key = f"{chain_key(definition.trigger_id, execution.firing_key)}/end"
            intents += keyed(definition, key, left, cause, now_us)
        return ChainMove(
            execution_id=execution.execution_id,
            seen_iteration=execution.iteration,
            seen_state=execution.state.value,
            state=step.state.value,
            iteration=depth,
            next_check_us=step.next_check_us,
            reason=None if step.reason is None else step.reason.value,
            intents=tuple(intents),
            outcome=step.outcome,
        )

    def _task_due_us(self, known: _Known, now_us: int) -> int:
        zone = zone_of(known.parameters.text("venture_timezone"))
        return working_days_after_us(now_us, CAUSE_TASK_DAYS, zone, known.parameters.names("working_days"))


class _Known(msgspec.Struct, frozen=True):
    """What is known of the customers of open chains, read in bulk."""

    cards: Mapping[str, CustomerCard]
    responses: Mapping[str, Sequence[Response]]
    hands_off: Mapping[str, str]
    offers: Mapping[str, int]
    attempts: Mapping[int, int]
    parameters: ParameterSet
    parsed: dict[str, Condition]

    def condition(self, text: str) -> Condition:
        """A condition as the venture's parameters are now; read once for all chains."""
        if text not in self.parsed:
            self.parsed[text] = parse_condition(text, LOOP, numbers(self.parameters))
        return self.parsed[text]

    @classmethod
    def read(cls, one: Context, chains: Sequence[ChainStanding], now_us: int) -> _Known:
        ids = [chain.execution.subject for chain in chains]
        since_us = min(chain.execution.opened_us for chain in chains)
        responses: dict[str, list[Response]] = {}
        for response in one.responses.of_customers(one.venture_id, ids, since_us):
            responses.setdefault(response.customer_id, []).append(response)
        return cls(
            cards=one.stores.cards.get(one.venture_id, ids),  # also of those not due: their next time is in their zone
            responses=responses,
            hands_off=one.controls.hands_off(one.venture_id, ids, now_us),
            offers=one.stores.executions.offers_ended(one.venture_id, [chain.execution.execution_id for chain in chains]),
            attempts=one.stores.executions.attempts(one.venture_id, [chain.execution.execution_id for chain in chains]),
            parameters=one.parameters(),
            parsed={},
        )

    def answers(self, chain: Execution) -> Sequence[Response]:
        """What this customer did since the chain opened, within the window (A14)."""
        until_us = chain.opened_us + self.parameters.integer("response_window_days") * DAY_US
        found = self.responses.get(chain.subject, ())
        if any(one.touch_id is not None for one in found):  # whoever found the touch has checked its window
            until_us = max(until_us, max(one.occurred_us for one in found))
        return [one for one in found if chain.opened_us <= one.occurred_us <= until_us]

    def team_tried(self, chain: Execution) -> bool:
        """Whether a person tried: an attempt that reached nobody, or a call task closed (A11)."""
        tried = (ResponseKind.not_reached, ResponseKind.call_reached)
        return bool(self.attempts.get(chain.execution_id)) or any(one.kind in tried for one in self.answers(chain))


def is_gone(chain: ChainStanding, card: CustomerCard | None) -> bool:
    """Not scored any more because it churned: its card says so. A dormant customer stays scored (P1), an internal one is not
    called lost (P6), and one whose card is not renewed yet is waited for."""
    return chain.health_status is None and card is not None and card.customer_status is CustomerStatus.churned


def _due_us(
    step: TriggerIteration, chain: Execution, card: CustomerCard | None, parameters: ParameterSet
) -> int:
    """When a step is due: its hours from the alert, behind the call's clock, out of the customer's quiet hours (A10).

    In the customer's zone, as its card says; where no card is there a time found before stands, which was in that zone; the
    venture's zone is for customers without one (R7).
    """
    hours = parameters.integer(step.after_parameter) if step.after_parameter else step.after_hours
    before = [parameters.integer("critical_response_hours")] if step.after_parameter == ESCALATION else []
    zone = zone_of(None if card is None else card.timezone, parameters.text("venture_timezone"))
    at_us = _last(chain.opened_us, [*before, hours], zone, parameters)
    return at_us if card is not None or chain.next_check_us is None else max(at_us, chain.next_check_us)


def _last(opened_us: int, hours: Sequence[float], zone: ZoneInfo, parameters: ParameterSet) -> int:
    return clocks_us(opened_us, hours, zone, parameters.quiet_hours())[-1]


def _cause(chain: Execution, depth: int) -> Cause:
    return msgspec.structs.replace(
        chain.cause,
        kind=CauseKind.trigger,
        trigger=chain.trigger_id,
        trigger_version=chain.trigger_version,
        execution_id=chain.execution_id,
        iteration=depth,
        depth=chain.cause.depth,
    )


def _about(chain: ChainStanding, known: _Known) -> Subject:
    execution = chain.execution
    tried = known.team_tried(execution)
    return Subject(
        subject=execution.subject,
        firing_key=execution.firing_key,
        customer_id=execution.subject,
        score=chain.score,
        previous_score=execution.score,
        health_status=chain.health_status,
        arr_cents=chain.arr_cents,
        is_high_value=is_high_value(chain.arr_cents, known.parameters.integer("high_value_arr")),
        reason=execution.cause.reason,
        facts={"opened_us": execution.opened_us, "team": "contacted, silent" if tried else "not contacted"},
    )
