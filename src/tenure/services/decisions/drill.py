"""C3: a mock critical customer passes alert, 48-h escalation, decision and outcome, through the real services and channels."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tenure.clock import HOUR_US, iso
from tenure.errors import Refused
from tenure.model.alerts import Alert
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import Decision, DecisionKind, DecisionState
from tenure.model.drills import MARK, MOCK_CUSTOMER, is_drill
from tenure.model.health import HealthStatus
from tenure.model.intents import AskDecision, Intent, RaiseAlert
from tenure.model.ventures import Venture
from tenure.parameters import ParameterSet
from tenure.ports.crew import CrewStep
from tenure.ports.store import Stores
from tenure.rules.alerts.routing import CRITICAL

STEP = "escalation_drill"
_ALERT, _DECISION = "drill:alert:", "drill:decision:"


class DrillState(msgspec.Struct, frozen=True, kw_only=True):
    """How far the last drill got; each step is evidence of the gate. `passed_us`: of the last one that was passed.

    `given_up`: why it was ended before it was passed.
    """

    started_us: int | None = None
    by: str = ""
    escalates_us: int | None = None
    alert_id: int | None = None
    acknowledged_us: int | None = None
    acknowledged_by: str = ""
    decision_id: int | None = None
    escalated_us: int | None = None
    answer: str = ""
    answered_by: str = ""
    answered_us: int | None = None
    executed_us: int | None = None
    expired: bool = False
    passed_us: int | None = None
    ended_us: int | None = None
    ended_by: str = ""
    given_up: str = ""

    @property
    def is_complete(self) -> bool:
        """Every step of the last drill was done."""
        return self.acknowledged_us is not None and self.executed_us is not None

    @property
    def is_running(self) -> bool:
        """Begun, and neither passed nor given up, nor left undecided until it expired."""
        return self.started_us is not None and self.ended_us is None and not self.is_complete and not self.expired


class EscalationDrill:
    """Started by a person; the ticks raise its alert and its escalation, people acknowledge and decide as they would in earnest."""

    def __init__(self, stores: Stores, venture: Venture, parameters: Callable[[], ParameterSet]) -> None:
        self._stores, self._own, self._parameters = stores, venture.venture_id, parameters

    def start(self, now_us: int, *, by: str) -> DrillState:
        """Want the alert now and the escalation after `chairman_escalation_hours`; a drill that was begun is given up."""
        parameters = self._parameters()
        escalates_us = now_us + parameters.integer("chairman_escalation_hours") * HOUR_US
        begun = DrillState(started_us=now_us, by=by, escalates_us=escalates_us, passed_us=self.state().passed_us)
        with self._stores.together():
            self._ask_nobody_more("another drill was begun", by, now_us)
            self._stores.cards.put(self._own, [_mock(now_us, 100 * parameters.integer("high_value_arr"))])
            self._stores.intents.add(self._own, _wishes(now_us, escalates_us, by), now_us=now_us)
            self._keep(begun)
        return begun

    def give_up(self, now_us: int, *, by: str, why: str) -> DrillState:
        """End the drill that is on its way: neither its alert nor its escalation asks anybody any more. Raises Refused without one."""
        state = self.state()
        if not state.is_running:
            raise Refused("No escalation drill is on its way.", "`tenure crew drill` begins one.")
        ended = msgspec.structs.replace(state, ended_us=now_us, ended_by=by, given_up=why)
        with self._stores.together():
            self._ask_nobody_more(why, by, now_us)
            self._keep(ended)
        return ended

    def _ask_nobody_more(self, why: str, by: str, now_us: int) -> None:
        """What earlier drills still wanted, asked or told is withdrawn or closed, with the reason."""
        note = f"The drill was given up: {why}"
        self._stores.intents.withdraw(self._own, MOCK_CUSTOMER, now_us=now_us)
        waiting = self._stores.decisions.list(self._own, (DecisionState.open, DecisionState.joined))
        asked = [one.decision_id for one in waiting if is_drill(one.customer_id)]
        self._stores.decisions.withdraw(self._own, asked, why=note, now_us=now_us)
        for alert in self._stores.alerts.list(self._own):
            if is_drill(alert.customer_id):
                self._stores.alerts.close(self._own, alert.alert_id, was_real=False, by=by, note=note, now_us=now_us)

    def state(self) -> DrillState:
        """Of the last drill as it stands; once it is passed that is kept."""
        kept = self._kept()
        if kept.started_us is None or kept.is_complete or kept.ended_us is not None:
            return kept
        seen = self._seen(kept, kept.started_us)
        if seen.is_complete:
            self._keep(seen)
        return seen

    def _seen(self, kept: DrillState, started_us: int) -> DrillState:
        alert, decision = self._alert(started_us), self._decision(started_us)
        if alert is not None:
            kept = msgspec.structs.replace(
                kept,
                alert_id=alert.alert_id,
                acknowledged_us=alert.acknowledged_us if alert.acknowledged_us is not None else alert.closed_us,
                acknowledged_by=alert.acknowledged_by or alert.closed_by or "",
            )
        if decision is not None:
            kept = msgspec.structs.replace(
                kept,
                decision_id=decision.decision_id,
                escalated_us=decision.asked_us,
                answer=decision.answer or "",
                answered_by=decision.answered_by or "",
                answered_us=decision.answered_us,
                executed_us=decision.executed_us if decision.state is DecisionState.executed else None,
                expired=decision.state.is_over and decision.answered_us is None,
            )
        passed_us = max(kept.acknowledged_us or 0, kept.executed_us or 0) if kept.is_complete else kept.passed_us
        return msgspec.structs.replace(kept, passed_us=passed_us)

    def _alert(self, started_us: int) -> Alert | None:
        raised = self._stores.alerts.raised_since(self._own, CRITICAL, started_us)
        return next((one for one in raised if one.key == f"{_ALERT}{started_us}"), None)

    def _decision(self, started_us: int) -> Decision | None:
        asked = self._stores.decisions.asked_since(self._own, DecisionKind.critical_escalation, started_us)
        return next((one for one in asked if one.key == f"{_DECISION}{started_us}"), None)

    def _kept(self) -> DrillState:
        step = self._stores.crew.steps(self._own).get(STEP)
        return DrillState() if step is None else msgspec.convert(step.evidence, DrillState)

    def _keep(self, state: DrillState) -> None:
        done = state.is_complete
        step = CrewStep(
            step=STEP,
            state="done" if done else "running" if state.ended_us is None else "given up",
            started_us=state.started_us,
            done_us=state.passed_us if done else None,
            evidence=msgspec.to_builtins(state),
        )
        self._stores.crew.put_step(self._own, step)


def drill_sentence(state: DrillState) -> str:
    """The evidence of the gate."""
    if state.started_us is None:
        return "The escalation drill was not done yet: `tenure crew drill` begins it."
    if state.is_complete:
        return (
            f"The escalation drill was passed: begun {iso(state.started_us)} by {state.by}, alert acknowledged by {state.acknowledged_by}, "
            f"escalated {iso(state.escalated_us or 0)}, answered {state.answer} by {state.answered_by}, carried out {iso(state.executed_us or 0)}."
        )
    before = "" if state.passed_us is None else f" One was passed on {iso(state.passed_us)[:10]}."
    if state.ended_us is not None:
        said = f"The escalation drill begun {iso(state.started_us)} was given up {iso(state.ended_us)} by {state.ended_by}: {state.given_up}."
        return f"{said} `tenure crew drill` begins another.{before}"
    return f"The escalation drill was begun {iso(state.started_us)}: {what_is_missing(state)}{before}"


def what_is_missing(state: DrillState) -> str:
    """What the drill waits for, as one sentence with its command."""
    if state.alert_id is None:
        return "its alert leaves with the next tick."
    if state.acknowledged_us is None:
        return f"its alert waits for somebody: `tenure alerts ack {state.alert_id}`."
    if state.decision_id is None:
        return f"its alert was acknowledged; it escalates at {iso(state.escalates_us or 0)}."
    if state.expired:
        return "nobody decided in time: `tenure crew drill` begins another."
    if state.answered_us is None:
        return f"its decision waits: `tenure decisions show {state.decision_id}`."
    return "its answer is carried out with the next tick."


def _mock(now_us: int, arr_cents: int) -> CustomerCard:
    return CustomerCard(
        customer_id=MOCK_CUSTOMER,
        as_of_us=now_us,
        name=f"{MARK}a mock customer",
        score=30.0,
        previous_score=60.0,
        health_status=HealthStatus.critical,
        arr_cents=arr_cents,
        internal=True,
    )


def _wishes(now_us: int, escalates_us: int, by: str) -> list[Intent]:
    cause = Cause(kind=CauseKind.person, person=by, reason="escalation drill")
    alert = RaiseAlert(kind=CRITICAL, title=f"{MARK}health fell below 40", customer_id=MOCK_CUSTOMER)
    decision = AskDecision(
        kind=DecisionKind.critical_escalation.value,
        title=f"{MARK}a critical customer has not answered",
        customer_id=MOCK_CUSTOMER,
        context={"drill": True},
    )
    return [
        Intent(key=f"{_ALERT}{now_us}", wish=alert, cause=cause),
        Intent(key=f"{_DECISION}{now_us}", wish=decision, cause=cause, not_before_us=escalates_us),
    ]
