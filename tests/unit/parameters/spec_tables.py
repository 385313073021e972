"""The specification's tables of parameters, written out again as data: name -> default, allowed, owner, per segment.

Defaults are as a person would type them. Ranges are the JSON Schema's bounds; None stands for open.
"""

from __future__ import annotations

from typing import Any, NamedTuple

EVA, CHAIRMAN = "eva", "chairman"


class Row(NamedTuple):
    default: str
    allowed: Any  # (low, high) for numbers, a tuple of words for choices, a word for other kinds
    owner: str
    per_segment: bool = False


HEALTH = {
    "engagement_weight": Row("40", (0, 100), CHAIRMAN, True),
    "support_weight": Row("30", (0, 100), CHAIRMAN, True),
    "value_weight": Row("30", (0, 100), CHAIRMAN, True),
    "active_login_days": Row("1", (1, 7), EVA, True),
    "active_engagement_points": Row("40", (0, 50), EVA, True),
    "moderate_login_days": Row("7", (2, 14), EVA, True),
    "moderate_engagement_points": Row("30", (0, 40), EVA, True),
    "low_login_days": Row("30", (8, 60), EVA, True),
    "low_engagement_points": Row("20", (0, 30), EVA, True),
    "max_support_points": Row("30", (0, 50), EVA, True),
    "ticket_penalty": Row("10", (5, 20), EVA, True),
    "min_support_points": Row("0", (0, 10), EVA, True),
    "points_per_feature": Row("5", (1, 10), EVA, True),
    "core_feature_bonus": Row("10", (0, 20), EVA, True),
    "max_value_points": Row("30", (0, 50), EVA, True),
    "core_features": Row("(none)", "names", EVA),
    "healthy_threshold": Row("70", (60, 90), CHAIRMAN),
    "at_risk_threshold": Row("40", (30, 60), CHAIRMAN),
    "critical_threshold": Row("0", (0, 30), CHAIRMAN),
}

RETENTION = {
    "retention_target_percent": Row("85", (50, 100), CHAIRMAN),
    "retention_target_3m_percent": Row("70", (30, 100), CHAIRMAN),
    "retention_target_6m_percent": Row("60", (30, 100), CHAIRMAN),
    "retention_decline_alert_percent": Row("15", (5, 50), CHAIRMAN),
    "retention_improvement_target_percent": Row("5", (1, 50), CHAIRMAN),
    "recovery_target_percent": Row("30", (5, 90), CHAIRMAN),
    "at_risk_trigger_score": Row("40-69", "a range within 30 to 80 points", EVA),
    "critical_trigger_score": Row("0-39", "a range within 0 to 50 points", EVA),
    "win_back_inactive_days": Row("30", (14, 90), EVA, True),
    "at_risk_email_delay_days": Row("0", (0, 3), EVA, True),
    "at_risk_guide_delay_days": Row("3", (1, 7), EVA, True),
    "at_risk_call_delay_days": Row("7", (3, 14), EVA, True),
    "critical_response_hours": Row("24", (4, 48), EVA, True),
    "chairman_escalation_hours": Row("48", (24, 96), CHAIRMAN, True),
    "campaign_cooldown_days": Row("7", (3, 30), EVA, True),
    "win_back_check_in_days": Row("90", (30, 180), EVA, True),
    "contact_budget_per_week": Row("2", (1, 10), EVA, True),
    "quiet_hours": Row("20-8, weekends", "hours", EVA),
    # 10 where automation may hold out at all; critical only when the chairman switches it on (A8)
    "holdout_percent": Row(
        "activation=10, at_risk=10, critical=0, engagement=10, win_back=10", (0, 50), CHAIRMAN
    ),
    "high_value_arr": Row("10000", (0, None), CHAIRMAN),
    "negative_feedback_pause_percent": Row("10", (1, 50), CHAIRMAN),
    "negative_feedback_min_sent": Row("50", (10, 1000), CHAIRMAN),
}

ALERTS = {
    # per segment by R4
    "critical_slack_channel": Row("#customer-success-urgent", "text", EVA, True),
    "success_slack_channel": Row("#customer-success", "text", EVA, True),
    "engineering_slack_channel": Row("#eng-ops", "text", EVA),
    "at_risk_digest_recipients": Row("(none)", "mail addresses", EVA, True),
    "operations_email": Row("(none)", "mail addresses", EVA),
    "chairman_escalation_slack": Row("(none)", "text", CHAIRMAN),
    "chairman_escalation_email": Row("(none)", "text", CHAIRMAN),
    "critical_alert_delay_minutes": Row("5", (0, 60), EVA),
    "weekly_digest_day": Row(
        "Monday", ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), EVA
    ),
    "weekly_digest_hour": Row("9", (0, 23), EVA),
}

NPS = {
    "nps_deploy_milestone": Row(
        "first_value_realization",
        (
            "onboarding_complete",
            "first_value_realization",
            "30_day_checkpoint",
            "60_day_checkpoint",
            "90_day_checkpoint",
        ),
        EVA,
        True,
    ),
    "nps_survey_interval_days": Row("90", (30, 365), EVA, True),
    "nps_min_responses": Row("100", (50, 500), CHAIRMAN),
    "nps_target_response_rate_percent": Row("30", (20, 50), EVA),
    "nps_positive_threshold": Row("0", (-100, 50), CHAIRMAN),
    "nps_target_score": Row("30", (0, 70), CHAIRMAN),
    "nps_excellent_score": Row("50", (30, 80), CHAIRMAN),
    "nps_drop_review_points": Row("10", (5, 50), CHAIRMAN),
}

CRM = {
    "crm_platform": Row("none", ("none", "hubspot", "salesforce", "intercom"), CHAIRMAN),
    "crm_api_endpoint": Row("(none)", "text", CHAIRMAN),
    "crm_sync_frequency_hours": Row("24", (1, 168), EVA),
    "crm_retry_attempts": Row("3", (1, 10), EVA),
    "crm_timeout_seconds": Row("30", (5, 120), EVA),
    "customer_id_field": Row("user_id", "text", EVA),
    "health_score_field": Row("health_score_custom", "text", EVA),
    "last_login_field": Row("last_activity_date", "text", EVA),
    "support_ticket_field": Row("open_ticket_count", "text", EVA),
}

SYSTEM = {
    "health_check_interval_minutes": Row("60", (5, 1440), EVA),
    "max_consecutive_failures": Row("3", (1, 10), CHAIRMAN),
    "target_uptime_percent": Row("99.5", (95, 99.9), CHAIRMAN),
    "crm_sync_error_threshold_percent": Row("5", (1, 10), CHAIRMAN),
    "stale_input_hours": Row("36", (1, 168), CHAIRMAN),
    "autonomy": Row(
        "message=assisted, offer=assisted, parameter_change=assisted, survey=assisted",
        ("manual", "assisted", "auto"),
        CHAIRMAN,
    ),
}

TABLES: dict[str, Row] = {**HEALTH, **RETENTION, **ALERTS, **NPS, **CRM, **SYSTEM}

# R3 gives names and, for most, defaults; ranges and owners are ours
FURTHER = {
    "churn_inactive_days": "90",
    "new_customer_days": "15",
    "at_risk_confirm_days": "2",
    "min_coverage_percent": "50",
    "fleet_drop_percent": "20",
    "fleet_drop_min_customers": "20",
    "resume_cohort_percent": "10",
    "response_window_days": "14",
    "recovery_horizon_days": "30",
    "retention_active_days": "30",
    "nps_window_days": "30",
    "entry_gate_customers": "10",
    "onboarding_no_activation_days": "3",
    "activation_second_feature_days": "7",
    "renewal_notice_days": "30",
    "playbook_reentry_days": "90",
    "win_back_max_check_ins": "4",
    "touch_expiry_days": "3",
    "single_escalations_per_day": "5",
    "alerts_per_hour": "10",
    "venture_timezone": "UTC",
    "working_days": "Monday, Tuesday, Wednesday, Thursday, Friday",
}

# Alert routing and A22, in hours
ANSWER_HOURS = {
    "critical_customer": 24,
    "nps_negative": 0,
    "system_degraded": 1,
    "crm_sync_failed": 4,
    "retention_decline": 168,
}
DEADLINE_HOURS = {
    "critical_escalation": 24,
    "pause_resume": 24,
    "message_approval": 72,
    "special_offer": 120,
    "publish": 168,
    "configuration": 168,
    "pricing": 336,
    "roadmap_change": 336,
}
