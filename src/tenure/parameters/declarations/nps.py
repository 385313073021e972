"""When people are asked, and when the answers are enough."""

from __future__ import annotations

from tenure.parameters.kinds import Choice, Integer, Number
from tenure.parameters.parameter import Owner, Parameter, in_group

EVA, CHAIRMAN = Owner.EVA, Owner.CHAIRMAN

MILESTONES = (
    "onboarding_complete",
    "first_value_realization",
    "30_day_checkpoint",
    "60_day_checkpoint",
    "90_day_checkpoint",
)

NPS = in_group(
    "NPS",
    Parameter(
        "nps_deploy_milestone",
        Choice(MILESTONES),
        "first_value_realization",
        "",
        EVA,
        "The one milestone at which a person is first asked; onboarding_complete is day 14.",
        segmentable=True,
    ),
    Parameter(
        "nps_survey_interval_days",
        Integer(30, 365),
        90,
        "days",
        EVA,
        "Days until the same person is asked again.",
        segmentable=True,
    ),
    Parameter(
        "nps_min_responses",
        Integer(50, 500),
        100,
        "answers",
        CHAIRMAN,
        "With fewer answers there is no verdict.",
    ),
    Parameter(
        "nps_target_response_rate_percent",
        Number(20, 50),
        30.0,
        "%",
        EVA,
        "Share of people asked who should answer.",
    ),
    Parameter(
        "nps_positive_threshold",
        Integer(-100, 50),
        0,
        "points",
        CHAIRMAN,
        "NPS from here up passes the gate.",
    ),
    Parameter("nps_target_score", Integer(0, 70), 30, "points", CHAIRMAN, "NPS that is aimed at."),
    Parameter(
        "nps_excellent_score", Integer(30, 80), 50, "points", CHAIRMAN, "NPS that is called excellent."
    ),
    Parameter(
        "nps_drop_review_points",
        Integer(5, 50),
        10,
        "points in 30 days",
        CHAIRMAN,
        "A larger fall of NPS opens an emergency review.",
    ),
    Parameter(
        "nps_window_days",
        Integer(7, 180),
        30,
        "days",
        CHAIRMAN,
        "Answers of these days count; few answers widen it (M14).",
    ),
)
