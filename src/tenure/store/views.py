"""The names analysts expect, as views over our tables. PostgreSQL only (architecture.md, "The two stores").

Every upgrade drops them, migrates the tables and makes them anew, so no migration ever mentions a view.
`customer_health_scores.previous_health_score` is the score at which the trigger last decided (M6), null where it never did. A
customer that was always below while new (-1 in the table) has none either, and from day 15 on the threshold itself: armed (M7).
`calculated_at` is the last run that confirmed the score. `retention_campaigns` has a row for each customer that a campaign took.
"""

from __future__ import annotations

VIEWS: dict[str, str] = {
    "users": """
        SELECT c.customer_id AS user_id, c.name, c.plan, c.owner, c.segment, c.stage, c.customer_status AS status,
               c.arr_cents / 100.0 AS arr, to_timestamp(c.renewal_us / 1000000.0) AS renewal_at, v.key AS venture
        FROM customers c JOIN ventures v USING (venture_id)
    """,
    "customer_health_scores": """
        SELECT h.customer_id AS user_id, h.engagement AS engagement_score, h.support AS support_score,
               h.value AS value_score, h.score_tenths / 10.0 AS total_health_score,
               CASE WHEN h.last_judged_score_tenths >= 0 THEN h.last_judged_score_tenths / 10.0
                    WHEN h.last_judged_score_tenths < 0 AND h.is_new = 0 THEN coalesce(threshold.points, 40)
               END AS previous_health_score, h.health_status,
               to_timestamp(h.last_intervention_us / 1000000.0) AS last_intervention,
               to_timestamp(greatest(r.as_of_us, confirmed.as_of_us) / 1000000.0) AS calculated_at, v.key AS venture
        FROM health h
        JOIN ventures v USING (venture_id)
        JOIN refresh_runs r ON r.run_id = h.run_id
        LEFT JOIN (
            SELECT venture_id, max(as_of_us) AS as_of_us FROM refresh_runs
            WHERE state = 'published' AND kind IN ('full', 'incremental') GROUP BY venture_id
        ) confirmed ON confirmed.venture_id = h.venture_id
        LEFT JOIN (
            SELECT venture_id, CAST(value #>> '{}' AS numeric) AS points FROM parameter_values
            WHERE name = 'at_risk_threshold' AND segment = ''
        ) threshold ON threshold.venture_id = h.venture_id
    """,
    "retention_campaigns": """
        SELECT e.enrollment_id AS campaign_id, e.customer_id AS user_id, e.playbook AS campaign, e.version, e.kind AS campaign_type,
               e.state AS status, e.held_out = 1 AS held_out, e.entry_score AS score_at_entry, e.entry_status AS status_at_entry,
               to_timestamp(e.entered_us / 1000000.0) AS started_at, to_timestamp(e.responded_us / 1000000.0) AS responded_at,
               to_timestamp(e.ended_us / 1000000.0) AS ended_at, e.reason AS ended_because, v.key AS venture
        FROM enrollments e JOIN ventures v USING (venture_id)
        WHERE e.kind IN ('at_risk', 'critical', 'cancelling', 'win_back') AND e.state <> 'confirming'
          AND left(coalesce(e.reason, ''), 13) <> 'never entered'
    """,
    "configurations": """
        SELECT p.name, p.segment, p.value, to_timestamp(p.set_us / 1000000.0) AS updated_at, p.set_by AS updated_by,
               p.why, v.key AS venture
        FROM parameter_values p JOIN ventures v USING (venture_id)
    """,
}


def drop_views() -> list[str]:
    """The statements that take them away, whichever are there."""
    return [f"DROP VIEW IF EXISTS {name}" for name in VIEWS]


def create_views() -> list[str]:
    """The statements that make them."""
    return [f"CREATE VIEW {name} AS {' '.join(text.split())}" for name, text in VIEWS.items()]
