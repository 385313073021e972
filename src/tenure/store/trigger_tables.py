"""Triggers, their chains and what they wish; the cards of the customers they deal with."""

from __future__ import annotations

import sqlalchemy as sa

from tenure.store.columns import (
    Big,
    Json,
    Real,
    Small,
    id_column,
    metadata,
    text_column,
    us_column,
    venture_column,
)
from tenure.store.versioned_tables import live_table, versions_table

recursion_triggers = versions_table("recursion_triggers", "trigger_id")
recursion_triggers_live = live_table("recursion_triggers_live", "trigger_id")

recursion_executions = sa.Table(
    "recursion_executions",
    metadata,
    id_column("execution_id"),
    venture_column(),
    text_column("trigger_id"),
    sa.Column("trigger_version", Big, nullable=False),
    text_column("subject"),
    text_column("firing_key"),
    sa.Column("is_open", Small),
    text_column("state"),
    sa.Column("iteration", Big, nullable=False),
    sa.Column("actions", Big, nullable=False),
    sa.Column("cause", Json, nullable=False),
    us_column("opened_us"),
    us_column("next_check_us", optional=True),
    us_column("terminated_us", optional=True),
    text_column("reason", optional=True),
    sa.Column("run_id", Big),
    sa.Column("score", Real),
    text_column("health_status", optional=True),
    us_column("recovered_us", optional=True),
    sa.Column("outcome", Json, nullable=False),
    sa.UniqueConstraint("venture_id", "trigger_id", "subject", "is_open"),
    sa.UniqueConstraint("venture_id", "trigger_id", "firing_key"),
    sa.Index(None, "venture_id", "is_open", "next_check_us"),
    sa.Index(None, "venture_id", "subject"),
    sa.Index(None, "venture_id", "recovered_us", "opened_us"),
    sqlite_autoincrement=True,
)

# A2: before the alert delay is over there is no chain; dropped, it leaves no trace.
pending_firings = sa.Table(
    "pending_firings",
    metadata,
    venture_column(key=True),
    text_column("trigger_id", key=True),
    text_column("subject", key=True),
    us_column("since_us"),
    us_column("fires_us"),
    sa.Column("run_id", Big),
    sa.Column("score", Real),
    sa.Column("cause", Json, nullable=False),
    sa.Index(None, "venture_id", "fires_us"),
)

recursion_metrics = sa.Table(
    "recursion_metrics",
    metadata,
    id_column("metric_id"),
    venture_column(),
    text_column("trigger_id"),
    sa.Column("trigger_version", Big),
    text_column("metric"),
    us_column("as_of_us"),
    sa.Column("target", Real),
    sa.Column("value", Real),
    sa.Column("low", Real),
    sa.Column("high", Real),
    sa.Column("judged", Big, nullable=False),
    sa.Column("document", Json, nullable=False),
    sa.UniqueConstraint("venture_id", "trigger_id", "metric", "as_of_us"),
    sqlite_autoincrement=True,
)

intents = sa.Table(
    "intents",
    metadata,
    id_column("intent_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("customer_id", optional=True),
    sa.Column("execution_id", Big),
    sa.Column("document", Json, nullable=False),
    text_column("state"),
    us_column("created_us"),
    us_column("not_before_us"),
    us_column("done_us", optional=True),
    text_column("note"),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "kind", "intent_id"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

cards = sa.Table(
    "cards",
    metadata,
    venture_column(key=True),
    text_column("customer_id", key=True),
    us_column("as_of_us"),
    sa.Column("document", Json, nullable=False),
    sa.Index(None, "venture_id", "as_of_us"),
)
