"""A13: a high-value customer that falls is told to the chairman once, with context, and nothing waits for the answer."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import DecisionKind
from tenure.model.health import HealthStatus
from tenure.model.intents import AskDecision, Intent
from tenure.rules.decisions.kinds import EXECUTIVE_CALL

ONCE_IN_DAYS = 30
WATCHES = {
    "high_value_at_risk": 'health_status in ("at_risk", "critical") and arr >= parameter.high_value_arr and is_new == false',
    "high_value_critical": 'health_status == "critical" and arr >= parameter.high_value_arr and is_new == false',
}
_ORDER = [HealthStatus.healthy, HealthStatus.at_risk, HealthStatus.critical]


def tell(card: CustomerCard, told: Mapping[str, int], now_us: int) -> Intent | None:
    """The decision that tells of one customer; None when it was told in the last 30 days, or never had a score before (M7).

    `told`: when each customer was told of last.
    """
    last_us = told.get(card.customer_id)
    if card.previous_score is None or card.is_new or (last_us is not None and now_us - last_us < ONCE_IN_DAYS * DAY_US):
        return None
    status = card.health_status.value if card.health_status is not None else "lower"
    wish = AskDecision(
        kind=DecisionKind.executive_call.value,
        title=f"A high-value customer fell to {status}",
        customer_id=card.customer_id,
        context={"told": True},
        recommendation=EXECUTIVE_CALL,
        people=1,
        revenue_cents=card.arr_cents or 0,
    )
    cause = Cause(kind=CauseKind.schedule, reason="A13: high-value customer crossing down")
    return Intent(key=f"told:{card.customer_id}:{now_us // DAY_US}", wish=wish, cause=cause)
