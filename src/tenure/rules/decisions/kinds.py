"""Kinds of decision: what may be answered, what is recommended, how an answer is read, who may give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tenure.clock import HOUR_US
from tenure.errors import BadInput, Refused
from tenure.model.decisions import Decision, DecisionKind, Rung
from tenure.model.ventures import Role
from tenure.parameters import ParameterSet

K = DecisionKind

APPROVE, REFUSE, NOTHING = "approve", "refuse", "nothing"
EXECUTIVE_CALL, OFFER, ASSIGN, SWITCH, TAKE_OUT = "executive_call", "offer", "assign", "switch_playbook", "take_out"
REVIEW, STOP_EVERYTHING = "review", "stop_everything"
OVERRIDES = (ASSIGN, SWITCH, TAKE_OUT)
"""A22: what the chairman may answer about a customer in any decision."""
_YES_OR_NO = (APPROVE, REFUSE)
OPTIONS: Mapping[DecisionKind, tuple[str, ...]] = {
    K.critical_escalation: (EXECUTIVE_CALL, OFFER, *OVERRIDES, NOTHING),
    K.executive_call: (EXECUTIVE_CALL, OFFER, ASSIGN, NOTHING),
    K.special_offer: _YES_OR_NO,
    K.pause_resume: _YES_OR_NO,
    K.message_approval: _YES_OR_NO,
    K.survey: _YES_OR_NO,
    K.publish: _YES_OR_NO,
    K.configuration: _YES_OR_NO,
    K.pricing: _YES_OR_NO,
    K.roadmap_change: _YES_OR_NO,
}
TAKE_OVER, CHANGE_COURSE, CHANGE = "take_over", "change_of_course", "change"
"""A person takes a chain out of the machine's hands, authorises a change of course, or changes what was proposed."""
OFFERS, ASSIGNS = (OFFER, "special_offer"), (ASSIGN, "assign_person")
NEEDS = {**dict.fromkeys(ASSIGNS, "person"), SWITCH: "playbook"}
"""What an answer must name."""
_NO = (REFUSE, NOTHING, "noted", "go_on", "no", "reject")
_YES = (APPROVE, "yes")

STAYS_ON_RUNG = (K.message_approval,)
"""A draft expires in `touch_expiry_days` (A9): climbing would come too late."""


def options_of(kind: DecisionKind, given: Sequence[str] = ()) -> tuple[str, ...]:
    """What the asker offers, else what its kind does."""
    return tuple(given) or OPTIONS[kind]


def recommended(kind: DecisionKind, recommendation: str, options: Sequence[str]) -> str:
    """The asker's recommendation, else the first option."""
    return recommendation or options[0]


def deadline_us(kind: DecisionKind, asked_us: int, parameters: ParameterSet) -> int:
    """A22: by kind, in elapsed hours."""
    hours = parameters.entries("decision_deadline_hours")[kind.value]
    return asked_us + round(float(hours) * HOUR_US)


def wants_reminder(decision: Decision, now_us: int) -> bool:
    """Half-way, once (A22)."""
    half_way_us = decision.asked_us + (decision.deadline_us - decision.asked_us) // 2
    return decision.reminded_us is None and not only_tells(decision) and now_us >= half_way_us


def only_tells(decision: Decision) -> bool:
    """Told, without nagging (A13): no reminder, no delegate, nothing waits for the answer."""
    return bool(decision.context.get("told_only"))


def read_answer(decision: Decision, answer: str, details: Mapping[str, object]) -> str:
    """The option meant: `approve` is the recommendation, `refuse` does nothing. Raises BadInput.

    About a customer the overrides of A22 are options of every decision.
    """
    said = answer.strip().lower()
    chosen = _chosen(decision, said)
    if chosen is None:
        raise BadInput(
            f"{answer[:40]!r} is no answer to decision {decision.decision_id}.",
            f"Answer one of {', '.join(allowed(decision))}.",
        )
    needed = NEEDS.get(chosen)
    if needed is not None and not details.get(needed):
        raise BadInput(f"The answer {chosen} has to name a {needed}.", f"Add {needed}=...")
    return chosen


def allowed(decision: Decision) -> tuple[str, ...]:
    """Everything that may be answered."""
    more = OVERRIDES if decision.customer_id is not None else ()
    return tuple(dict.fromkeys((*decision.options, *more)))


def _chosen(decision: Decision, said: str) -> str | None:
    if said in allowed(decision):
        return said
    if said in _NO:
        return next((one for one in decision.options if one in _NO), NOTHING)
    if said in _YES:
        fits = [one for one in (decision.recommendation, *decision.options) if one in decision.options and one not in _NO]
        return fits[0] if fits else None
    return None


def is_no(answer: str | None) -> bool:
    return answer is None or answer in _NO


_STEPS = list(Rung)


def next_rung(decision: Decision) -> Rung | None:
    """Who is asked when the deadline passes: the next rung of the ladder; None: only the delegate is left, or nobody."""
    if decision.kind in STAYS_ON_RUNG:
        return None
    place = _STEPS.index(decision.rung)
    return _STEPS[place + 1] if place + 1 < len(_STEPS) else None


def check_may_answer(decision: Decision, role: str) -> None:
    """The rung asked and everybody above; a delegated decision also a lead or admin. Raises Refused."""
    may = {Role.chairman.value}
    if decision.rung is not Rung.chairman or decision.delegated_us is not None:
        may |= {Role.lead.value, Role.admin.value}
    if decision.rung is Rung.csm:
        may.add(Role.csm.value)
    if role not in may:
        raise Refused(
            f"Decision {decision.decision_id} is with the {decision.rung.value}; a {role} may not answer it.",
            "Ask them, or wait for the delegate.",
        )
