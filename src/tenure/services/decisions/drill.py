"""C3: a mock critical customer passes alert, 48-h escalation, decision and outcome, through the real services and channels."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tenure.clock import HOUR_US
from tenure.model.alerts import Alert
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import Decision, DecisionKind, DecisionState
from tenure.model.health import HealthStatus
from tenure.model.intents import AskDecision, Intent, RaiseAlert
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.store import Stores

MOCK = "tenure-drill"
"""Id of the mock customer. It is no customer of the warehouse and has no contact: nothing can reach anybody."""
_ALERT, _DECISION = "drill:alert:", "drill:decision:"


class DrillState(msgspec.Struct, frozen=True, kw_only=True):
    """How far the last drill got; each step is evidence of the gate."""

    started_us: int | None = None
    alert_acknowledged: bool = False
    escalated: bool = False
    decided: bool = False
    executed: bool = False

    @property
    def passed(self) -> bool:
        return self.alert_acknowledged and self.escalated and self.decided and self.executed


class EscalationDrill:
    """Started by a person (`tenure crew` shows its state); the ticks do the rest."""

    def __init__(self, stores: Stores, venture: Venture, parameters: Callable[[], ParameterSet]) -> None:
        self._stores, self._own, self._parameters = stores, venture.venture_id, parameters

    def start(self, now_us: int, *, by: str, escalation_hours: float | None = None) -> None:
        """Want the alert now and the escalation after `chairman_escalation_hours` (or sooner, when given)."""
        parameters = self._parameters()
        hours = parameters.integer("chairman_escalation_hours") if escalation_hours is None else escalation_hours
        card = CustomerCard(
            customer_id=MOCK,
            as_of_us=now_us,
            name="Drill: a mock customer",
            score=30.0,
            previous_score=60.0,
            health_status=HealthStatus.critical,
            arr_cents=100 * parameters.integer("high_value_arr"),
            internal=True,
        )
        self._stores.cards.put(self._own, [card])
        cause = Cause(kind=CauseKind.person, person=by, reason="escalation drill")
        alert = RaiseAlert(kind="critical_customer", title="Drill: health fell below 40", customer_id=MOCK)
        decision = AskDecision(
            kind=DecisionKind.critical_escalation.value,
            title="Drill: a critical customer has not answered in 48 hours",
            customer_id=MOCK,
            context={"drill": True},
        )
        intents = [
            Intent(key=f"{_ALERT}{now_us}", wish=alert, cause=cause),
            Intent(key=f"{_DECISION}{now_us}", wish=decision, cause=cause, not_before_us=now_us + round(hours * HOUR_US)),
        ]
        self._stores.intents.add(self._own, intents, now_us=now_us)

    def state(self) -> DrillState:
        """Of the last drill that got to its alert."""
        alerts = [one for one in self._stores.alerts.list(self._own, open_only=False) if one.key.startswith(_ALERT)]
        if not alerts:
            return DrillState()
        last = alerts[0]
        decision = self._decision(last)
        return DrillState(
            started_us=last.raised_us,
            alert_acknowledged=last.acknowledged_us is not None or last.closed_us is not None,
            escalated=decision is not None,
            decided=decision is not None and decision.answered_us is not None,
            executed=decision is not None and decision.state is DecisionState.executed,
        )

    def _decision(self, alert: Alert) -> Decision | None:
        key = alert.key.replace(_ALERT, _DECISION)
        asked = self._stores.decisions.asked_since(self._own, DecisionKind.critical_escalation, alert.raised_us)
        return next((one for one in asked if one.key == key), None)
