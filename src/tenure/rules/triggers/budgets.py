"""Hard budgets at run time: how deep one firing may lie in a row of firings, and how much one chain may want.

The proof (`proof.py`) sees what actions write. What comes back as facts by other ways (a person who does a task, a vendor's rule)
it cannot see: so a chain that begins about a customer while, or soon after, others ran about it counts as caused by them.
RETENTION-001 does not: a score falls by what customers do, and its cooldown bounds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tenure.clock import DAY_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import Intent, OpenIncident
from tenure.model.triggers import Execution
from tenure.rules.triggers.obstacles import trigger_scope

DEEPEST_CAUSE = 8
"""More causes before an act than this is a loop: nothing is wanted any more."""
CAUSED_WITHIN_US = 3 * DAY_US
"""Facts come back with the next sync and the next daily refresh."""
LOOP_RULE, FAN_OUT_RULE = "trigger_loop", "trigger_fan_out"
SHOWN = 4
"""Firings shown of a loop."""


def depth_after(before: Iterable[Execution]) -> int:
    """How many causes lie before a chain that begins after these."""
    return max((one.cause.depth + 1 for one in before), default=0)


def loop_intent(trigger_id: str, before: Sequence[Execution], customers: int) -> Intent:
    """The trigger is paused and people look: it keeps firing through what comes back as facts.

    Args:
        before: the firings about one customer, oldest first.
        customers: for how many it was stopped now.
    """
    shown = before[-SHOWN:]
    way = [*(one.trigger_id for one in shown), trigger_id]
    evidence: dict[str, object] = {"way": " -> ".join(way), "depth": depth_after(before), "customers": customers, "customer": shown[-1].subject}
    wish = OpenIncident(
        rule=LOOP_RULE,
        scope=trigger_scope(trigger_id),
        title=f"{trigger_id} fires itself again through facts: {' -> '.join(way)}",
        evidence=evidence,
    )
    cause = Cause(kind=CauseKind.safety, trigger=trigger_id, reason=f"depth budget of {DEEPEST_CAUSE}")  # of no chain: none takes it back
    return Intent(key=f"{LOOP_RULE}/{trigger_id}/{shown[-1].execution_id}", wish=wish, cause=cause)


def fan_out_intent(trigger_id: str, key: str, cause: Cause, *, wanted: int, budget: int) -> Intent:
    """What goes over the budget of a chain is left out, and people are told which trigger wanted how much."""
    wish = OpenIncident(
        rule=FAN_OUT_RULE,
        scope=trigger_scope(trigger_id),
        title=f"{trigger_id} wanted {wanted} actions in one chain; its budget is {budget}",
        evidence={"wanted": wanted, "budget": budget, "left_out": wanted - budget},
    )
    return Intent(key=f"{key}/over_budget", wish=wish, cause=cause)
