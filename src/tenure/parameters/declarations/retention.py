"""Retention targets and how campaigns behave."""

from __future__ import annotations

from collections.abc import Mapping

from tenure.parameters.compound_kinds import OnePer, QuietHoursKind, ScoreRangeWithin
from tenure.parameters.kinds import Integer, Number
from tenure.parameters.parameter import Follows, Owner, Parameter, in_group
from tenure.parameters.values import Frozen, QuietHours, ScoreRange, Value

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN

AUTOMATED_PLAYBOOKS = ("activation", "at_risk", "engagement", "win_back")
"""Playbook kinds whose automated steps a holdout withholds (A8)."""

NEVER_HELD_OUT = ("cancelling", "onboarding", "renewal", "survey")
"""Nobody is held out from these, whatever is configured (A8)."""


def _percent(name: str, default: float, low: float, high: float, owner: Owner, help: str) -> Parameter:
    return Parameter(name, Number(low, high), default, "%", owner, help)


def _days(name: str, default: int, low: int, high: int, help: str) -> Parameter:
    return Parameter(name, Integer(low, high), default, "days", EVA, help, segmentable=True)


def _at_risk_band(values: Mapping[str, Value]) -> ScoreRange:
    return ScoreRange(_threshold(values, "at_risk_threshold"), _threshold(values, "healthy_threshold") - 1)


def _critical_band(values: Mapping[str, Value]) -> ScoreRange:
    # from 0, not from critical_threshold: that is only the drawn edge (R2)
    return ScoreRange(0, _threshold(values, "at_risk_threshold") - 1)


def _threshold(values: Mapping[str, Value], name: str) -> int:
    value = values[name]
    assert isinstance(value, int)
    return value


RETENTION = in_group(
    "Retention and campaigns",
    _percent(
        "retention_target_percent", 85.0, 50, 100, CHAIRMAN, "Active retention that a cohort should reach."
    ),
    _percent(
        "retention_target_3m_percent", 70.0, 30, 100, CHAIRMAN, "Rolling retention wanted after 3 months."
    ),
    _percent(
        "retention_target_6m_percent", 60.0, 30, 100, CHAIRMAN, "Rolling retention wanted after 6 months."
    ),
    _percent(
        "retention_decline_alert_percent",
        15.0,
        5,
        50,
        CHAIRMAN,
        "Relative fall of retention month over month that raises an alert.",
    ),
    _percent(
        "retention_improvement_target_percent",
        5.0,
        1,
        50,
        CHAIRMAN,
        "Relative rise over the baseline that is wanted.",
    ),
    _percent(
        "recovery_target_percent", 30.0, 5, 90, CHAIRMAN, "Share of at-risk entries that should recover."
    ),
    Parameter(
        "at_risk_trigger_score",
        ScoreRangeWithin(30, 80),
        ScoreRange(40, 69),
        "points",
        EVA,
        "Scores that enter the at_risk campaign.",
        follows=Follows("follows the at-risk band until set", _at_risk_band),
    ),
    Parameter(
        "critical_trigger_score",
        ScoreRangeWithin(0, 50),
        ScoreRange(0, 39),
        "points",
        EVA,
        "Scores that enter the critical campaign.",
        follows=Follows("follows the critical band until set", _critical_band),
    ),
    _days("win_back_inactive_days", 30, 14, 90, "Days without login after which a customer is dormant."),
    _days("at_risk_email_delay_days", 0, 0, 3, "Day of the at_risk campaign's personal e-mail."),
    _days("at_risk_guide_delay_days", 3, 1, 7, "Day of the at_risk campaign's feature guide."),
    _days("at_risk_call_delay_days", 7, 3, 14, "Day of the at_risk campaign's check-in call."),
    Parameter(
        "critical_response_hours",
        Integer(4, 48),
        24,
        "hours",
        EVA,
        "A person contacts a critical customer within this time.",
        segmentable=True,
    ),
    Parameter(
        "chairman_escalation_hours",
        Integer(24, 96),
        48,
        "hours",
        CHAIRMAN,
        "A critical customer who has not answered by then goes to the chairman.",
        segmentable=True,
    ),
    _days("campaign_cooldown_days", 7, 3, 30, "Rest between two campaigns of one customer."),
    _days("win_back_check_in_days", 90, 30, 180, "Days between two check-ins after a win-back."),
    Parameter(
        "contact_budget_per_week",
        Integer(1, 10),
        2,
        "touches",
        EVA,
        "Automated touches one person may get in any 7 days, over all channels.",
        segmentable=True,
    ),
    Parameter(
        "quiet_hours",
        QuietHoursKind(),
        QuietHours(20, 8, weekends=True),
        "",
        EVA,
        "Hours in the customer's zone in which nothing customer-facing leaves.",
    ),
    Parameter(
        "holdout_percent",
        OnePer(
            "playbook",
            Number(0, 50),
            ("critical", *AUTOMATED_PLAYBOOKS),
            open=True,
            plain_sets=AUTOMATED_PLAYBOOKS,
        ),
        Frozen({**dict.fromkeys(AUTOMATED_PLAYBOOKS, 10.0), "critical": 0.0}),
        "%",
        CHAIRMAN,
        "Customers left alone on purpose, so that the effect can be measured.",
    ),
    Parameter(
        "high_value_arr",
        Integer(0),
        10_000,
        "of the venture's currency a year",
        CHAIRMAN,
        "From this ARR up a customer is escalated singly and never messaged without approval.",
    ),
    _percent(
        "negative_feedback_pause_percent",
        10.0,
        1,
        50,
        CHAIRMAN,
        "Share of negative feedback above which a campaign pauses.",
    ),
    Parameter(
        "negative_feedback_min_sent",
        Integer(10, 1000),
        50,
        "messages",
        CHAIRMAN,
        "Messages delivered before that share is judged.",
    ),
    Parameter(
        "churn_inactive_days",
        Integer(30, 365),
        90,
        "days",
        CHAIRMAN,
        "Without any subscription facts, days without login that count as churn (P1).",
    ),
    Parameter(
        "retention_active_days",
        Integer(7, 90),
        30,
        "days",
        CHAIRMAN,
        "A last login younger than this counts as retained.",
    ),
    Parameter(
        "response_window_days",
        Integer(1, 60),
        14,
        "days",
        EVA,
        "A reaction this long after a touch is its response.",
    ),
    Parameter(
        "recovery_horizon_days",
        Integer(7, 90),
        30,
        "days",
        CHAIRMAN,
        "Recovery is counted within this time after the first touch (M12).",
    ),
)
