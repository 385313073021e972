"""Checks over a whole set (R2, M3)."""

from __future__ import annotations

import pytest

from tenure.parameters import BadParameters, check, resolve


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"engagement_weight": 50}, "sum to 100"),
        ({"active_login_days": 7}, "fewer days"),
        ({"moderate_login_days": 14, "low_login_days": 14}, "fewer days"),
        ({"moderate_engagement_points": 35, "active_engagement_points": 34}, "at least as much"),
        ({"low_engagement_points": 30, "moderate_engagement_points": 29}, "at least as much"),
        ({"min_support_points": 10, "max_support_points": 9}, "least support points"),
        ({"healthy_threshold": 60, "at_risk_threshold": 60}, "above at risk"),
        ({"at_risk_threshold": 30, "critical_threshold": 30}, "above critical"),
        ({"critical_response_hours": 48}, "before the chairman"),
        ({"chairman_escalation_hours": 24}, "before the chairman"),
        ({"at_risk_email_delay_days": 3, "at_risk_guide_delay_days": 2}, "guide"),
        ({"at_risk_call_delay_days": 3, "at_risk_guide_delay_days": 4}, "call"),
        ({"nps_positive_threshold": 31}, "positive"),
        ({"nps_target_score": 51}, "target"),
        ({"critical_trigger_score": "0-40"}, "overlap"),
        ({"at_risk_trigger_score": "39-60"}, "overlap"),
        ({"max_support_points": 0}, "support_weight must be 0"),
        ({"max_value_points": 0}, "value_weight must be 0"),
        ({"holdout_percent.renewal": 5}, "held out"),
        ({"holdout_percent": {"onboarding": 1}}, "held out"),
    ],
)
def test_R2_a_set_that_contradicts_itself_is_refused_with_the_rule(values: dict[str, object], rule: str) -> None:
    problems = check(values)
    assert len(problems) == 1 and rule in str(problems[0])
    with pytest.raises(BadParameters, match=r"Nothing was changed\.$"):
        resolve(values)


@pytest.mark.parametrize(
    "values",
    [
        {"moderate_engagement_points": 40, "active_engagement_points": 40, "low_engagement_points": 30},
        {"min_support_points": 10, "max_support_points": 10},
        {"at_risk_email_delay_days": 3, "at_risk_guide_delay_days": 3, "at_risk_call_delay_days": 3},
        {"nps_positive_threshold": 50, "nps_target_score": 50, "nps_excellent_score": 50},
        {"max_support_points": 0, "support_weight": 0, "engagement_weight": 70},
        {"holdout_percent": {"renewal": 0, "critical": 20}},
        {"at_risk_trigger_score": "50-69"},
    ],
)
def test_R2_a_set_at_the_edge_of_a_rule_is_allowed(values: dict[str, object]) -> None:
    assert check(values) == []


def test_a_broken_rule_shows_the_values_it_saw() -> None:
    (problem,) = check({"active_login_days": 7})
    assert problem.parameter == "active_login_days, moderate_login_days, low_login_days"
    assert problem.given == "7, 7, 30"


def test_every_bad_value_is_reported_at_once() -> None:
    problems = check({"active_login_days": 9, "healthy_threshold": "high", "no_such_thing": 1})
    assert [problem.parameter for problem in problems] == [
        "active_login_days",
        "healthy_threshold",
        "no_such_thing",
    ]


def test_a_rule_broken_in_one_segment_names_the_segment() -> None:
    (problem,) = check({}, {"plan=enterprise": {"active_login_days": 7}})
    assert problem.segment == "plan=enterprise"


def test_two_segments_that_one_customer_can_be_in_are_checked_together() -> None:
    overrides = {
        "plan=enterprise": {"moderate_login_days": 3},
        "industry=media": {"active_login_days": 3},
    }
    (problem,) = check({}, overrides)
    assert problem.segment == "industry=media with plan=enterprise"


def test_two_segments_that_exclude_each_other_are_not_checked_together() -> None:
    overrides = {"plan=enterprise": {"moderate_login_days": 3}, "plan=free": {"active_login_days": 3}}
    assert check({}, overrides) == []


def test_every_smallest_group_of_segments_that_breaks_a_rule_is_named() -> None:
    overrides = {
        "a=1": {"engagement_weight": 50, "support_weight": 20},
        "b=1": {"engagement_weight": 40, "support_weight": 30},
        "c=1": {"support_weight": 20, "value_weight": 40},
    }
    assert {problem.segment for problem in check({}, overrides)} == {"a=1 with c=1", "b=1 with c=1"}


def test_a_weaker_segment_hidden_by_a_stronger_one_breaks_no_rule() -> None:
    overrides = {
        "plan=enterprise": {"active_login_days": 3, "moderate_login_days": 10},
        "industry=media,plan=enterprise": {"active_login_days": 5},
    }
    assert check({}, overrides) == []


def test_what_is_not_marked_cannot_be_set_per_segment() -> None:
    (problem,) = check({}, {"plan=enterprise": {"healthy_threshold": 80}})
    assert "whole venture" in problem.why and problem.segment == "plan=enterprise"


def test_a_segment_that_cannot_be_read_is_a_problem() -> None:
    (problem,) = check({}, {"enterprise": {"active_login_days": 2}})
    assert problem.parameter == "segment" and "'enterprise'" in problem.given


def test_a_rule_broken_by_the_venture_is_not_repeated_for_its_segments() -> None:
    problems = check({"active_login_days": 7}, {"plan=free": {"low_login_days": 20}})
    assert [problem.segment for problem in problems] == [""]
