"""C3: the escalation drill goes the whole way, and reaches no customer."""

from __future__ import annotations

from tests.integration.acting.house import MONDAY_10_US, House

from tenure.clock import HOUR_US
from tenure.services.decisions.drill import MOCK, EscalationDrill

NOW = MONDAY_10_US


def dispatch(house: House, now_us: int) -> None:
    """What a tick does with the intents of these kinds."""
    for service, kind in ((house.alerts, "raise_alert"), (house.decisions, "ask_decision")):
        intents = house.store.intents.pending(house.own, kind, now_us=now_us)
        house.store.intents.done(house.own, service.carry_out(intents, now_us), now_us=now_us)


def test_c3_a_mock_customer_passes_alert_escalation_decision_and_outcome(house: House) -> None:
    drill = EscalationDrill(house.store, house.venture, lambda: house.parameters)
    assert not drill.state().passed and drill.state().started_us is None
    drill.start(NOW, by="Lee")
    dispatch(house, NOW)
    assert "Drill" in str(house.touches.to("#customer-success-urgent")[0].content["subject"])
    (alert,) = house.store.alerts.list(house.own)
    house.alerts.acknowledge(alert.alert_id, by="Ola", now_us=NOW + HOUR_US)
    dispatch(house, NOW + 47 * HOUR_US)
    assert not drill.state().escalated
    dispatch(house, NOW + 48 * HOUR_US)
    assert drill.state().escalated and not drill.state().decided
    (decision,) = house.store.decisions.list(house.own)
    house.decisions.answer(decision.decision_id, "approve", role="chairman", by="Cleo", via="cli", now_us=NOW + 49 * HOUR_US)
    house.decisions.execute(NOW + 49 * HOUR_US)
    assert drill.state().passed
    assert house.pending("create_task")[0].customer_id == MOCK
    assert not any(one.customer_facing for one in house.touches.wanted.values())
