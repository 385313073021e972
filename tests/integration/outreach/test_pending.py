"""What is due, asked before anything is done."""

from __future__ import annotations

from tests.outreach_builder import WEDNESDAY_NOON_US, Office, card, wanted

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung
from tenure.ports.pending import Work

NOW = WEDNESDAY_NOON_US


def decision(key: str, **context: object) -> Decision:
    return Decision(
        decision_id=0, key=key, kind=DecisionKind.executive_call, title="t", state=DecisionState.open, rung=Rung.chairman, customer_id="c1",
        context=context, blast=BlastRadius(people=1), recommendation="nothing", options=("nothing",), cause=Cause(kind=CauseKind.schedule),
        asked_us=NOW, deadline_us=NOW + DAY_US,
    )  # fmt: skip


def test_a_touch_is_due_for_its_gates_then_for_the_outbox_then_for_nobody(made: Office) -> None:
    pending = made.store.pending
    made.want(wanted())
    assert pending.due(made.venture_id, NOW) == {Work.gates}
    made.outreach.gate(NOW)
    assert pending.due(made.venture_id, NOW) == {Work.outbox}
    made.outreach.deliver(NOW, "w1")
    assert not pending.due(made.venture_id, NOW) and not pending.anything(made.venture_id, NOW)


def test_a_touch_that_waits_is_due_again_when_it_is_looked_at_again(made: Office) -> None:
    made.put(card(open_urgent_tickets=1))
    made.want(wanted())
    made.outreach.gate(NOW)
    assert not made.store.pending.anything(made.venture_id, NOW)
    assert made.store.pending.next_due_us(made.venture_id, NOW) == NOW + HOUR_US


def test_A22_a_decision_is_due_half_way_to_its_deadline(made: Office) -> None:
    made.store.decisions.ask(made.venture_id, [decision("asked"), decision("told", told_only=True)])
    assert made.store.pending.next_due_us(made.venture_id, NOW) == NOW + DAY_US // 2
    assert made.store.pending.due(made.venture_id, NOW + DAY_US // 2) == {Work.decisions}
