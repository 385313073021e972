"""Checks over several parameters at once (R2, M3). Each is declared with the sentence that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tenure.parameters.declarations.retention import NEVER_HELD_OUT
from tenure.parameters.values import Frozen, ScoreRange, Value

Values = Mapping[str, Value]


@dataclass(frozen=True)
class CrossCheck:
    """A rule over `names`; `holds` says whether a whole set keeps it."""

    names: tuple[str, ...]
    rule: str
    holds: Callable[[Values], bool]


def _rising(rule: str, *names: str) -> CrossCheck:
    return CrossCheck(names, rule, lambda values: all(low < high for low, high in _pairs(values, names)))


def _never_falling(rule: str, *names: str) -> CrossCheck:
    return CrossCheck(names, rule, lambda values: all(low <= high for low, high in _pairs(values, names)))


def _needs_marks(component: str, marks: str) -> CrossCheck:
    weight = f"{component}_weight"
    rule = f"{weight} must be 0 where {marks} is 0"
    return CrossCheck((weight, marks), rule, lambda v: _number(v, marks) > 0 or _number(v, weight) == 0)


def _pairs(values: Values, names: tuple[str, ...]) -> Iterator[tuple[float, float]]:
    return pairwise(_number(values, name) for name in names)


def _number(values: Values, name: str) -> float:
    value = values[name]
    assert isinstance(value, int | float)  # the checks name numbers only
    return value


def _weights_sum_to_100(values: Values) -> bool:
    return sum(_number(values, name) for name in _WEIGHTS) == 100


def _triggers_do_not_overlap(values: Values) -> bool:
    critical, at_risk = values["critical_trigger_score"], values["at_risk_trigger_score"]
    assert isinstance(critical, ScoreRange) and isinstance(at_risk, ScoreRange)
    return critical.high < at_risk.low


def _no_forbidden_holdout(values: Values) -> bool:
    holdout = values["holdout_percent"]
    assert isinstance(holdout, Frozen)
    return not any(holdout.get(playbook) for playbook in NEVER_HELD_OUT)


_WEIGHTS = ("engagement_weight", "support_weight", "value_weight")

CROSS_CHECKS = (
    CrossCheck(_WEIGHTS, "the three weights must sum to 100", _weights_sum_to_100),
    _needs_marks("engagement", "active_engagement_points"),
    _needs_marks("support", "max_support_points"),
    _needs_marks("value", "max_value_points"),
    _rising(
        "active must be fewer days than moderate, and moderate fewer than low",
        "active_login_days",
        "moderate_login_days",
        "low_login_days",
    ),
    _never_falling(
        "active must earn at least as much as moderate, and moderate as low",
        "low_engagement_points",
        "moderate_engagement_points",
        "active_engagement_points",
    ),
    _never_falling(
        "the least support points must not exceed the most", "min_support_points", "max_support_points"
    ),
    _rising(
        "healthy must lie above at risk, and at risk above critical",
        "critical_threshold",
        "at_risk_threshold",
        "healthy_threshold",
    ),
    CrossCheck(
        ("critical_trigger_score", "at_risk_trigger_score"),
        "the critical scores must lie below the at-risk scores and not overlap them",
        _triggers_do_not_overlap,
    ),
    _rising(
        "the team must have less time than passes before the chairman is asked",
        "critical_response_hours",
        "chairman_escalation_hours",
    ),
    _never_falling(
        "the e-mail must not come after the guide, nor the guide after the call",
        "at_risk_email_delay_days",
        "at_risk_guide_delay_days",
        "at_risk_call_delay_days",
    ),
    _never_falling(
        "positive must not exceed the target, nor the target excellent",
        "nps_positive_threshold",
        "nps_target_score",
        "nps_excellent_score",
    ),
    CrossCheck(
        ("holdout_percent",),
        f"nobody may be held out from {', '.join(NEVER_HELD_OUT)}",
        _no_forbidden_holdout,
    ),
)
