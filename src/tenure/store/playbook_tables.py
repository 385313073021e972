"""Playbooks, who is in them, and what became of each step."""

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

playbooks = versions_table("playbooks", "playbook")
playbooks_live = live_table("playbooks_live", "playbook")

enrollments = sa.Table(
    "enrollments",
    metadata,
    id_column("enrollment_id"),
    venture_column(),
    text_column("playbook"),
    sa.Column("version", Big, nullable=False),
    text_column("kind"),
    text_column("customer_id"),
    text_column("entry_key"),
    # A6: one playbook at a time per customer
    sa.Column("is_running", Small),
    text_column("state"),
    us_column("entered_us"),
    sa.Column("cause", Json, nullable=False),
    sa.Column("next_step", Big, nullable=False),
    us_column("due_us", optional=True),
    sa.Column("repeats", Big, nullable=False),
    sa.Column("confirmations", Big, nullable=False),
    sa.Column("entry_score", Real),
    text_column("entry_status", optional=True),
    sa.Column("entry_arr_cents", Big),
    # A8: as drawn at entry; the state says it only while it runs
    sa.Column("held_out", Small, nullable=False),
    sa.Column("holdout_percent", Real, nullable=False),
    us_column("lifted_us", optional=True),
    sa.Column("execution_id", Big),
    us_column("responded_us", optional=True),
    us_column("ended_us", optional=True),
    text_column("reason", optional=True),
    sa.UniqueConstraint("venture_id", "playbook", "customer_id", "entry_key"),
    sa.UniqueConstraint("venture_id", "customer_id", "is_running"),
    sa.Index(None, "venture_id", "state", "due_us"),
    sa.Index(None, "venture_id", "execution_id"),
    sqlite_autoincrement=True,
)

# what became of each step: the record of what never became a touch, with its reason
enrollment_steps = sa.Table(
    "enrollment_steps",
    metadata,
    venture_column(key=True),
    sa.Column("enrollment_id", Big, primary_key=True, autoincrement=False),
    text_column("step", key=True),
    sa.Column("repeat", Big, primary_key=True, autoincrement=False),
    text_column("customer_id"),
    text_column("outcome"),
    us_column("at_us"),
    us_column("due_us"),
    text_column("reason"),
    text_column("variant", optional=True),
    sa.Column("is_offer", Small, nullable=False),
    sa.Column("cost_cents", Big, nullable=False),
    sa.Index(None, "venture_id", "customer_id"),
)
