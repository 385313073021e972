"""How likely a renewal is: one table of signs, read by this rule for one customer and set-wise by the warehouse (Day one, 3).

At risk: any grave sign. Likely: any doubt, or no score at all. Committed: healthy, and nothing against it.
`docs/metrics/renewals.md` says the same to people.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tenure.model.decisions import Decision, DecisionKind, DecisionState
from tenure.rules.decisions.kinds import is_no

HORIZON_DAYS = 120
PAST_DUE_DAYS = 30
"""So long a renewal whose day is over is shown as past due, while nothing newer is said of it."""


class Forecast(StrEnum):
    committed = "committed"
    likely = "likely"
    at_risk = "at_risk"


class Proposal(StrEnum):
    """What became of the last decision about terms or attention for the customer."""

    waits = "waits"
    agreed = "agreed"
    refused = "refused"


GRAVE: Mapping[str, str] = {
    "is_cancelling": "cancellation requested",
    "is_unpaid": "an invoice is unpaid",
    "is_critical": "critical health",
    "chain_is_open": "RETENTION-001 is open",
    "is_at_risk": "health at risk",
}
DOUBTS: Mapping[str, str] = {
    "is_at_risk_but_agreed": "health at risk, what was proposed is agreed",
    "is_falling": "use is falling",
    "is_urgent": "an urgent ticket is open",
    "decision_waits": "a decision about it waits",
    "was_refused": "what was proposed was refused",
    "is_unscored": "not scored yet",
}
RISKS: Mapping[str, str] = {**GRAVE, **DOUBTS}
"""Every sign by name, in the words a person reads, worst first."""
TERMS = (DecisionKind.special_offer, DecisionKind.pricing, DecisionKind.executive_call)
"""Decisions that are about whether and how a customer goes on."""


class RenewalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one renewal. `health_status` None: not scored."""

    health_status: str | None = None
    is_cancelling: bool = False
    is_unpaid: bool = False
    is_falling: bool = False
    open_urgent_tickets: int = 0
    chain_is_open: bool = False
    proposal: Proposal | None = None


def signs_of(facts: RenewalFacts) -> dict[str, bool]:
    """Which of RISKS hold."""
    at_risk, agreed = facts.health_status == "at_risk", facts.proposal is Proposal.agreed
    return {
        "is_cancelling": facts.is_cancelling,
        "is_unpaid": facts.is_unpaid,
        "is_critical": facts.health_status == "critical",
        "chain_is_open": facts.chain_is_open,
        "is_at_risk": at_risk and not agreed,
        "is_at_risk_but_agreed": at_risk and agreed,
        "is_falling": facts.is_falling,
        "is_urgent": facts.open_urgent_tickets > 0,
        "decision_waits": facts.proposal is Proposal.waits,
        "was_refused": facts.proposal is Proposal.refused,
        "is_unscored": facts.health_status is None,
    }


def forecast_of(facts: RenewalFacts) -> tuple[Forecast, tuple[str, ...]]:
    """The forecast and every risk that speaks against the renewal."""
    signs = signs_of(facts)
    risks = tuple(words for name, words in RISKS.items() if signs[name])
    if any(signs[name] for name in GRAVE):
        return Forecast.at_risk, risks
    return (Forecast.likely if risks else Forecast.committed), risks


def proposal_of(one: Decision, now_us: int) -> Proposal | None:
    """What a decision about terms says at a time; None: nothing was said and nothing is asked any more."""
    if one.answered_us is not None and one.answered_us <= now_us:
        return Proposal.refused if is_no(one.answer) else Proposal.agreed
    ended = one.state in (DecisionState.expired, DecisionState.withdrawn)
    return None if ended else Proposal.waits
