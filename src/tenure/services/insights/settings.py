"""The parameters a metric needs, out of a venture's resolved set."""

from __future__ import annotations

from tenure.parameters import ParameterSet
from tenure.ports.metrics import MetricSettings


def metric_settings(parameters: ParameterSet) -> MetricSettings:
    """Where a page says 70 for the average it means the venture's healthy threshold (M2)."""
    return MetricSettings(
        retention_active_days=parameters.integer("retention_active_days"),
        retention_target_percent=parameters.number("retention_target_percent"),
        retention_target_3m_percent=parameters.number("retention_target_3m_percent"),
        retention_target_6m_percent=parameters.number("retention_target_6m_percent"),
        retention_decline_alert_percent=parameters.number("retention_decline_alert_percent"),
        win_back_inactive_days=parameters.integer("win_back_inactive_days"),
        nps_window_days=parameters.integer("nps_window_days"),
        nps_min_responses=parameters.integer("nps_min_responses"),
        nps_positive_threshold=parameters.number("nps_positive_threshold"),
        nps_target_score=parameters.number("nps_target_score"),
        nps_excellent_score=parameters.number("nps_excellent_score"),
        average_score_target=parameters.number("healthy_threshold"),
        renewal_notice_days=parameters.integer("renewal_notice_days"),
        venture_timezone=parameters.text("venture_timezone"),
    )
