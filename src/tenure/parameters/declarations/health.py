"""What the health score is made of."""

from __future__ import annotations

from tenure.parameters.compound_kinds import Names, SegmentText
from tenure.parameters.kinds import Choice, Integer, Number
from tenure.parameters.parameter import Owner, Parameter, in_group

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN


def _weight(name: str, default: int, help: str) -> Parameter:
    return Parameter(name, Integer(0, 100), default, "points", CHAIRMAN, help, segmentable=True)


def _days(name: str, default: int, low: int, high: int, help: str) -> Parameter:
    return Parameter(name, Integer(low, high), default, "days", EVA, help, segmentable=True)


def _points(name: str, default: int, low: int, high: int, help: str) -> Parameter:
    return Parameter(name, Integer(low, high), default, "points", EVA, help, segmentable=True)


def _threshold(name: str, default: int, low: int, high: int, help: str) -> Parameter:
    return Parameter(name, Integer(low, high), default, "points", CHAIRMAN, help)


HEALTH = in_group(
    "Health score",
    _weight(
        "engagement_weight", 40, "Points of the score that engagement can earn; the three weights sum to 100."
    ),
    _weight("support_weight", 30, "Points of the score that support can earn; the three weights sum to 100."),
    _weight("value_weight", 30, "Points of the score that value can earn; the three weights sum to 100."),
    Parameter(
        "engagement_by",
        Choice(("last_login", "seats")),
        "last_login",
        "",
        CHAIRMAN,
        "Engagement of accounts with more than 5 seats: the last login, or active users per seat.",
    ),
    _days("active_login_days", 1, 1, 7, "A last login younger than this counts as active."),
    _points("active_engagement_points", 40, 0, 50, "Engagement points of an active customer."),
    _days("moderate_login_days", 7, 2, 14, "A last login younger than this counts as moderate."),
    _points("moderate_engagement_points", 30, 0, 40, "Engagement points of a moderately active customer."),
    _days(
        "low_login_days",
        30,
        8,
        60,
        "A last login younger than this counts as low; an older one earns nothing.",
    ),
    _points("low_engagement_points", 20, 0, 30, "Engagement points of a customer with low activity."),
    _points("max_support_points", 30, 0, 50, "Support points without any open ticket."),
    _points("ticket_penalty", 10, 5, 20, "Support points lost for each open ticket."),
    _points("min_support_points", 0, 0, 10, "Support points never fall below this."),
    _points("points_per_feature", 5, 1, 10, "Value points for each feature adopted."),
    _points("core_feature_bonus", 10, 0, 20, "Value points added once a core feature is adopted."),
    _points("max_value_points", 30, 0, 50, "Value points never rise above this."),
    Parameter(
        "core_features", Names(), (), "", EVA, "Features that earn the bonus; empty counts none for it (M5)."
    ),
    _threshold("healthy_threshold", 70, 60, 90, "A score from here up is healthy."),
    _threshold(
        "at_risk_threshold", 40, 30, 60, "A score from here up is at risk; everything below is critical."
    ),
    _threshold(
        "critical_threshold", 0, 0, 30, "The drawn lower edge of the critical band; nobody falls out of it."
    ),
    Parameter(
        "new_customer_days",
        Integer(1, 60),
        15,
        "days",
        EVA,
        "Customers this young are flagged new; onboarding has them.",
    ),
    Parameter(
        "min_coverage_percent",
        Number(0, 100),
        50.0,
        "%",
        CHAIRMAN,
        "With less of the score's measures covered by data no outreach rests on it.",
    ),
    Parameter(
        "segment_precedence",
        Names(SegmentText(), "segments such as plan=enterprise", ordered=True),
        (),
        "",
        CHAIRMAN,
        "Segments strongest first, where several fit; those not listed follow, the narrower first.",
    ),
)

SCORE_PARAMETERS = tuple(
    parameter.name
    for parameter in HEALTH
    if parameter.name not in {"new_customer_days", "min_coverage_percent"}
)
"""What a score, its status and its version rest on."""
