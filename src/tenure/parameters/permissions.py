"""Who may change what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tenure.parameters.parameter import Owner, Parameter

ROLES = ("admin", "chairman", "lead", "csm", "viewer", "eva")


@dataclass(frozen=True)
class Actor:
    """Who changes: a role, and for the audit log a name or key id."""

    role: str
    name: str = ""


class Outcome(StrEnum):
    """Ordered from free to forbidden."""

    ALLOWED = "allowed"
    MUST_PROPOSE = "must_propose"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """The outcome, and why it is not `allowed`."""

    outcome: Outcome
    reason: str = ""


ALLOWED = Verdict(Outcome.ALLOWED)


def may_change(actor_role: str, parameter: Parameter, locked: bool, autonomy: str = "assisted") -> Verdict:
    """May this role change the parameter by itself?

    `autonomy` is the venture's level for the class parameter_change; it binds eva alone (A9).
    """
    if actor_role == "chairman":
        return ALLOWED
    if actor_role not in ROLES:
        return Verdict(Outcome.REFUSED, f"{actor_role!r} is not a role")
    if actor_role in {"csm", "viewer"}:
        return Verdict(Outcome.REFUSED, f"a {actor_role} may not change parameters")
    if locked:
        return Verdict(Outcome.MUST_PROPOSE, f"{parameter.name} is locked by the chairman")
    if actor_role == "admin":
        return ALLOWED
    if actor_role == "lead":
        return Verdict(Outcome.MUST_PROPOSE, "a lead may only propose")
    return _eva_may_change(parameter, autonomy)


def may_lock(actor_role: str) -> bool:
    """Locks are the chairman's."""
    return actor_role == "chairman"


def _eva_may_change(parameter: Parameter, autonomy: str) -> Verdict:
    if parameter.owner is Owner.CHAIRMAN:
        return Verdict(Outcome.MUST_PROPOSE, f"{parameter.name} belongs to the chairman")
    if autonomy != "auto":
        return Verdict(Outcome.MUST_PROPOSE, f"autonomy for parameter_change is {autonomy}")
    return ALLOWED


def strictest(verdicts: list[Verdict]) -> Verdict:
    """One verdict for a change of several parameters."""
    order = list(Outcome)
    return max(verdicts, key=lambda verdict: order.index(verdict.outcome), default=ALLOWED)
