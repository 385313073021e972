"""Incidents, pauses, and how the system itself is."""

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

incidents = sa.Table(
    "incidents",
    metadata,
    id_column("incident_id"),
    venture_column(),
    text_column("key"),
    text_column("rule"),
    text_column("scope"),
    text_column("title"),
    text_column("state"),
    sa.Column("is_open", Small),
    us_column("opened_us"),
    us_column("ended_us", optional=True),
    sa.Column("evidence", Json, nullable=False),
    sa.UniqueConstraint("venture_id", "key"),
    sa.UniqueConstraint("venture_id", "rule", "scope", "is_open"),
    sqlite_autoincrement=True,
)

incident_steps = sa.Table(
    "incident_steps",
    metadata,
    id_column("step_id"),
    venture_column(),
    sa.Column("incident_id", Big, nullable=False),
    text_column("state"),
    us_column("at_us"),
    text_column("by"),
    text_column("note"),
    sa.Index(None, "venture_id", "incident_id"),
    sqlite_autoincrement=True,
)

pauses = sa.Table(
    "pauses",
    metadata,
    id_column("pause_id"),
    venture_column(),
    text_column("scope"),
    us_column("since_us"),
    text_column("by"),
    text_column("why"),
    sa.Column("incident_id", Big),
    sa.Column("cohort_percent", Real),
    us_column("ended_us", optional=True),
    text_column("ended_by", optional=True),
    sa.Index(None, "venture_id", "ended_us"),
    sqlite_autoincrement=True,
)

loop_modes = sa.Table(
    "loop_modes",
    metadata,
    id_column("change_id"),
    venture_column(),
    text_column("mode"),
    us_column("since_us"),
    text_column("by"),
    text_column("why"),
    sa.Index(None, "venture_id", "change_id"),
    sqlite_autoincrement=True,
)

system_health_log = sa.Table(
    "system_health_log",
    metadata,
    id_column("entry_id"),
    venture_column(),
    text_column("component"),
    text_column("status"),
    sa.Column("details", Json, nullable=False),
    us_column("checked_us"),
    us_column("resolved_us", optional=True),
    sa.Index(None, "venture_id", "component", "entry_id"),
    sqlite_autoincrement=True,
)

# M16: one row per minute in which the loop ran; kept for some weeks
heartbeats = sa.Table(
    "heartbeats",
    metadata,
    venture_column(key=True),
    us_column("minute_us", key=True),
)

crm_sync_log = sa.Table(
    "crm_sync_log",
    metadata,
    id_column("sync_id"),
    venture_column(),
    text_column("platform"),
    us_column("started_us"),
    us_column("ended_us", optional=True),
    sa.Column("records", Big, nullable=False),
    sa.Column("errors", Big, nullable=False),
    text_column("state"),
    sa.Column("details", Json, nullable=False),
    sa.Index(None, "venture_id", "sync_id"),
    sqlite_autoincrement=True,
)

# A21: what runs at vendors; is_running is 1 until it is stopped, so that a thing runs once; vendor_id is empty until the vendor answered
handed_off = sa.Table(
    "handed_off",
    metadata,
    id_column("handed_id"),
    venture_column(),
    text_column("provider"),
    text_column("kind"),
    text_column("vendor_id"),
    text_column("name"),
    text_column("scope"),
    text_column("link"),
    us_column("handed_us"),
    text_column("handed_by"),
    text_column("key"),
    sa.Column("by_score", Small, nullable=False),
    sa.Column("is_running", Small),
    text_column("result", optional=True),
    us_column("tried_us", optional=True),
    text_column("note"),
    sa.Column("incident_id", Big),
    sa.UniqueConstraint("venture_id", "provider", "vendor_id", "is_running"),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "incident_id"),
    sqlite_autoincrement=True,
)
