"""How likely a renewal is: grave signs, doubts, and what a decision says (Day one, 3)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung
from tenure.rules.renewals import Forecast, Proposal, RenewalFacts, forecast_of, proposal_of

WELL = RenewalFacts(health_status="healthy")


@pytest.mark.parametrize(
    ("said", "forecast"),
    [
        ({}, Forecast.committed),
        ({"health_status": None}, Forecast.likely),
        ({"health_status": "at_risk"}, Forecast.at_risk),
        ({"health_status": "at_risk", "proposal": Proposal.agreed}, Forecast.likely),
        ({"health_status": "critical", "proposal": Proposal.agreed}, Forecast.at_risk),
        ({"is_falling": True}, Forecast.likely),
        ({"open_urgent_tickets": 1}, Forecast.likely),
        ({"proposal": Proposal.waits}, Forecast.likely),
        ({"proposal": Proposal.refused}, Forecast.likely),
        ({"proposal": Proposal.agreed}, Forecast.committed),
        ({"is_cancelling": True}, Forecast.at_risk),
        ({"is_unpaid": True}, Forecast.at_risk),
        ({"chain_is_open": True}, Forecast.at_risk),
    ],
)
def test_day_one_3_grave_signs_outweigh_doubts_and_only_health_without_doubt_is_committed(said: dict[str, Any], forecast: Forecast) -> None:
    found, risks = forecast_of(msgspec.structs.replace(WELL, **said))
    assert found is forecast
    assert bool(risks) is (forecast is not Forecast.committed)


def test_day_one_3_every_risk_is_named_worst_first() -> None:
    everything = RenewalFacts(health_status="critical", is_cancelling=True, is_falling=True)
    assert forecast_of(everything)[1] == ("cancellation requested", "critical health", "use is falling")


@pytest.mark.parametrize(
    ("said", "proposal"),
    [
        ({}, Proposal.waits),
        ({"answer": "approve", "answered_us": 5, "state": DecisionState.executed}, Proposal.agreed),
        ({"answer": "refuse", "answered_us": 5, "state": DecisionState.answered}, Proposal.refused),
        ({"answer": "approve", "answered_us": 50, "state": DecisionState.answered}, Proposal.waits),  # only later
        ({"state": DecisionState.expired}, None),
    ],
)
def test_day_one_3_a_decision_about_terms_counts_as_it_stood_then(said: dict[str, Any], proposal: Proposal | None) -> None:
    asked = Decision(
        decision_id=1, key="k", kind=DecisionKind.special_offer, title="", state=DecisionState.open, rung=Rung.chairman, customer_id="c",
        context={}, blast=BlastRadius(), recommendation="", options=(), cause=Cause(kind=CauseKind.schedule), asked_us=1, deadline_us=100,
    )  # fmt: skip
    assert proposal_of(msgspec.structs.replace(asked, **said), 10) is proposal
