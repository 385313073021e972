"""What every part of the trigger service is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.crossings import Limits
from tenure.parameters import ParameterSet
from tenure.ports.controls import Controls
from tenure.ports.responses import Responses
from tenure.ports.store import Stores
from tenure.ports.subjects import Subjects
from tenure.rules.eligibility.limits import segment_facts

HEALTH_DROP = "RETENTION-001"
COOLDOWN_DAYS = 7


@dataclass(frozen=True)
class Context:
    """One venture's stores and seams. `subjects` is only needed by triggers about customers that teams added."""

    stores: Stores
    venture_id: int
    venture_key: str
    parameters: Callable[[], ParameterSet]
    controls: Controls
    responses: Responses
    subjects: Subjects | None = None


def limits_of(parameters: ParameterSet, cooldown_days: int | None = None) -> Limits:
    """What crossings are judged by, from the venture's parameters (M2)."""
    days = COOLDOWN_DAYS if cooldown_days is None else cooldown_days
    return Limits(
        at_risk_tenths=10 * parameters.integer("at_risk_threshold"),
        healthy_tenths=10 * parameters.integer("healthy_threshold"),
        min_coverage=parameters.number("min_coverage_percent") / 100,
        cooldown_us=days * DAY_US,
        high_value_cents=100 * parameters.integer("high_value_arr"),
    )


def parameters_for(parameters: ParameterSet, card: CustomerCard | None) -> ParameterSet:
    """What holds for this customer's segments."""
    return parameters.for_segment(segment_facts(card)) if parameters.overrides else parameters


def numbers(parameters: ParameterSet) -> Mapping[str, float]:
    """The values `parameter.NAME` stands for in conditions."""
    return {
        name: float(value)
        for name, value in parameters.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
