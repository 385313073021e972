"""What becomes of an open chain about a customer: which depth step is due, whether it ends and why (A5, A11, A15)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tenure.clock import DAY_US
from tenure.model.triggers import (
    EndReason,
    Execution,
    ExecutionState,
    TriggerDefinition,
    TriggerIteration,
)

LIFE_DAYS = 30
"""A chain lives no longer, but for its win-back (A15)."""
WIN_BACK_AFTER_OFFER_DAYS = 30
WIN_BACK_OFFER_DAY = 7
"""Of the win_back playbook: its offer, where its enrollment does not say when that step ended."""
WIN_BACK_BEGAN = "win_back_us"
"""In a chain's outcome: when its win-back was started."""


class ChainFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of the customer of a chain.

    `is_back`: the condition does not hold any more. `is_gone`: not scored any more, its subscription ended. `responded_us`:
    its first response since the chain opened (A14). `offer_ended_us`: when the offer step of its win-back ended.
    """

    is_back: bool = False
    is_gone: bool = False
    responded_us: int | None = None
    hands_off: str | None = None
    offer_ended_us: int | None = None
    ends_by_condition: bool = False
    holds: Callable[[str], bool] = lambda _: False
    """Whether a condition of a depth step holds now."""


class ChainStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happens: an end with its reason, or a depth step whose actions are wanted, or only the next look."""

    reason: EndReason | None = None
    iteration: TriggerIteration | None = None
    state: ExecutionState = ExecutionState.waiting
    next_check_us: int | None = None
    outcome: dict[str, object] = {}


def advance_chain(
    definition: TriggerDefinition,
    chain: Execution,
    facts: ChainFacts,
    due_us: Callable[[TriggerIteration], int],
    now_us: int,
) -> ChainStep | None:
    """The next step of a chain, or None when nothing happens now.

    Args:
        due_us: when a depth step falls due, its clock moved out of quiet hours (A10).
    """
    if facts.hands_off is not None:
        return ChainStep(reason=EndReason.person, outcome={"hands_off": True})
    if WIN_BACK_BEGAN in chain.outcome:
        return _advance_win_back(chain, facts, now_us)
    ended = _end_of(definition, chain, facts, now_us)
    if ended is not None:
        return ended
    if facts.is_gone:
        return _gone(definition, now_us)
    return _next_depth(definition, chain, facts, due_us, now_us)


def life_ends_us(chain: Execution) -> int:
    """When a chain without win-back ends at the latest."""
    return chain.opened_us + LIFE_DAYS * DAY_US


def _end_of(
    definition: TriggerDefinition, chain: Execution, facts: ChainFacts, now_us: int
) -> ChainStep | None:
    ends = definition.ends
    if facts.is_back and not facts.is_gone and EndReason.recovered in ends:
        return ChainStep(reason=EndReason.recovered)
    if facts.responded_us is not None and not facts.is_gone and EndReason.responded in ends:
        return ChainStep(reason=EndReason.responded, outcome={"responded_us": facts.responded_us})
    if facts.ends_by_condition:
        return ChainStep(reason=EndReason.target_reached)
    if now_us >= life_ends_us(chain) and not (facts.is_gone and _win_back(definition) is not None):
        return ChainStep(reason=EndReason.not_recovered)
    if _is_at_its_depth(definition, chain):
        return ChainStep(reason=EndReason.depth_reached)
    return None


def _is_at_its_depth(definition: TriggerDefinition, chain: Execution) -> bool:
    """The last step is done and the chain waits for nothing that could end it otherwise."""
    waits = {EndReason.recovered, EndReason.responded, EndReason.not_recovered}
    last = definition.max_depth or len(definition.iterations)
    return EndReason.depth_reached in definition.ends and chain.iteration >= last and not waits & set(definition.ends)


def _win_back(definition: TriggerDefinition) -> TriggerIteration | None:
    return next((one for one in definition.iterations if one.when == "churned"), None)


def _gone(definition: TriggerDefinition, now_us: int) -> ChainStep:
    """Churned: to the win-back step, whatever depth the chain had, or over."""
    step = _win_back(definition)
    if step is None:
        return ChainStep(reason=EndReason.churned)
    return ChainStep(iteration=step, outcome={WIN_BACK_BEGAN: now_us})


def _advance_win_back(chain: Execution, facts: ChainFacts, now_us: int) -> ChainStep | None:
    """Done when the customer is back, or 30 days after the offer step ended; check-ins run outside the chain (A15)."""
    if not facts.is_gone:
        return ChainStep(reason=EndReason.win_back_done, outcome={"won_back": True})
    began_us = chain.outcome[WIN_BACK_BEGAN]
    assert isinstance(began_us, int)
    offer_us = facts.offer_ended_us or began_us + WIN_BACK_OFFER_DAY * DAY_US
    if now_us >= offer_us + WIN_BACK_AFTER_OFFER_DAYS * DAY_US:
        return ChainStep(reason=EndReason.win_back_done, outcome={"won_back": False})
    return None


def _next_depth(
    definition: TriggerDefinition,
    chain: Execution,
    facts: ChainFacts,
    due_us: Callable[[TriggerIteration], int],
    now_us: int,
) -> ChainStep | None:
    step = next((one for one in definition.iterations if one.depth > chain.iteration and one.when != "churned"), None)
    if step is None or step.depth > (definition.max_depth or step.depth):
        return _look_again(chain, life_ends_us(chain))
    at_us = due_us(step)
    if at_us > now_us:
        return _look_again(chain, at_us)
    if not _is_wanted(step, facts):
        return _look_again(chain, life_ends_us(chain))
    escalates = any(one.do == "ask_decision" for one in step.actions)
    state = ExecutionState.escalated if escalates else ExecutionState.waiting
    return ChainStep(iteration=step, state=state, next_check_us=life_ends_us(chain))


def _is_wanted(step: TriggerIteration, facts: ChainFacts) -> bool:
    if step.when == "no_response":
        return facts.responded_us is None
    if step.when == "still_holds":
        return not facts.is_back
    return not step.when or facts.holds(step.when)


def _look_again(chain: Execution, at_us: int) -> ChainStep | None:
    return None if chain.next_check_us == at_us else ChainStep(next_check_us=at_us, state=chain.state)
