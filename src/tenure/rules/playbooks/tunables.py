"""Parameters as playbooks name them: numbers in conditions, and delays that follow a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition
from tenure.model.playbooks import Delay
from tenure.parameters import DECLARED, DEFAULTS, ParameterSet
from tenure.parameters.values import ScoreRange, Value
from tenure.rules.card_fields import LOOP
from tenure.rules.conditions import parse_condition
from tenure.rules.eligibility.limits import segment_facts

FROM, BELOW = "_from", "_below"
"""`at_risk_trigger_score` 40-69 is `parameter.at_risk_trigger_score_from` 40 and `..._below` 70 (M1)."""


def numbers_of(values: Mapping[str, Value]) -> dict[str, float]:
    """What `parameter.NAME` may stand for in a condition: every number, and the two ends of every range of scores."""
    found: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, ScoreRange):
            found |= {name + FROM: float(value.low), name + BELOW: float(value.high + 1)}
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = float(value)
    return found


DEFAULT_NUMBERS = numbers_of(DEFAULTS)
"""For checking files: the names are what counts."""


@lru_cache(maxsize=10_000)
def condition_of(text: str, parameters: ParameterSet) -> Condition:
    """A condition of a playbook with the values that hold now for these parameters."""
    return parse_condition(text, LOOP, numbers_of(parameters))


def of_customer(parameters: ParameterSet, card: CustomerCard) -> ParameterSet:
    """What holds for this customer, segments laid over the venture."""
    return parameters.for_segment(segment_facts(card))


def amount(delay: Delay, parameters: ParameterSet) -> float:
    """The value of a delay."""
    return delay.amount if delay.parameter is None else parameters.number(delay.parameter)


def days_us(delay: Delay, parameters: ParameterSet) -> int:
    """A delay in days, as microseconds."""
    return round(amount(delay, parameters) * DAY_US)


def hours_us(delay: Delay, parameters: ParameterSet) -> int:
    """A delay in hours, as microseconds."""
    return round(amount(delay, parameters) * HOUR_US)


def why_no_number(name: str) -> str | None:
    """Why a parameter cannot stand for a number, or None."""
    parameter = DECLARED.get(name)
    if parameter is None:
        return f"there is no parameter {name}"
    if isinstance(parameter.default, bool) or not isinstance(parameter.default, int | float):
        return f"the parameter {name} is not a number"
    return None
