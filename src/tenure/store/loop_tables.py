"""The tables of the closed loop: triggers and chains, playbooks and enrollments, touches, decisions, safety, the crew.

Two idioms hold races apart on both engines: a unique `key` makes one act one, and a column that is 1 while something is
open and null afterwards makes "at most one open" a unique constraint (nulls are distinct).
"""

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


def _versions(name: str, key: str) -> sa.Table:
    """Immutable versions of a document, and which was live since when: see `scorecards`."""
    return sa.Table(
        name,
        metadata,
        venture_column(key=True),
        text_column(key, key=True),
        sa.Column("version", Big, primary_key=True, autoincrement=False),
        text_column("digest"),
        sa.Column("document", Json, nullable=False),
        us_column("created_us"),
        text_column("created_by"),
        text_column("why"),
        sa.UniqueConstraint("venture_id", key, "digest"),
    )


def _live(name: str, key: str) -> sa.Table:
    """A log; version null: retired."""
    return sa.Table(
        name,
        metadata,
        id_column("change_id"),
        venture_column(),
        text_column(key),
        sa.Column("version", Big),
        us_column("live_from_us"),
        sa.Index(None, "venture_id", key),
        sqlite_autoincrement=True,
    )


recursion_triggers = _versions("recursion_triggers", "trigger_id")
recursion_triggers_live = _live("recursion_triggers_live", "trigger_id")
playbooks = _versions("playbooks", "playbook")
playbooks_live = _live("playbooks_live", "playbook")

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
    sqlite_autoincrement=True,
)

cards = sa.Table(
    "cards",
    metadata,
    venture_column(key=True),
    text_column("customer_id", key=True),
    us_column("as_of_us"),
    sa.Column("document", Json, nullable=False),
)

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

touches = sa.Table(
    "touches",
    metadata,
    id_column("touch_id"),
    venture_column(),
    text_column("key"),
    text_column("customer_id", optional=True),
    text_column("user_id", optional=True),
    text_column("channel"),
    text_column("action_class"),
    text_column("purpose"),
    sa.Column("customer_facing", Small, nullable=False),
    text_column("state"),
    text_column("reason"),
    sa.Column("cause", Json, nullable=False),
    text_column("playbook", optional=True),
    sa.Column("version", Big),
    text_column("step", optional=True),
    text_column("variant", optional=True),
    sa.Column("enrollment_id", Big),
    sa.Column("execution_id", Big),
    text_column("kind", optional=True),
    text_column("to"),
    sa.Column("by_person", Small, nullable=False),
    text_column("approved_by", optional=True),
    sa.Column("content", Json, nullable=False),
    us_column("decided_us"),
    us_column("due_us"),
    us_column("expires_us", optional=True),
    us_column("sent_us", optional=True),
    text_column("provider", optional=True),
    text_column("provider_message_id", optional=True),
    sa.Column("attempts", Big, nullable=False),
    us_column("next_attempt_us", optional=True),
    text_column("claimed_by", optional=True),
    us_column("claimed_us", optional=True),
    sa.Column("cost_cents", Real, nullable=False),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "due_us"),
    sa.Index(None, "venture_id", "customer_id", "sent_us"),
    sqlite_autoincrement=True,
)

# every refusal, deferral and approval of a touch, in order
touch_verdicts = sa.Table(
    "touch_verdicts",
    metadata,
    id_column("verdict_id"),
    venture_column(),
    sa.Column("touch_id", Big, nullable=False),
    us_column("at_us"),
    text_column("gate"),
    text_column("verdict"),
    text_column("reason"),
    sa.Index(None, "venture_id", "touch_id"),
    sqlite_autoincrement=True,
)

# consecutive failures of each provider, and until when it is left alone
provider_health = sa.Table(
    "provider_health",
    metadata,
    venture_column(key=True),
    text_column("provider", key=True),
    sa.Column("failures", Big, nullable=False),
    sa.Column("openings", Big, nullable=False),
    us_column("open_until_us", optional=True),
    us_column("changed_us"),
)

responses = sa.Table(
    "responses",
    metadata,
    id_column("response_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    us_column("occurred_us"),
    text_column("customer_id"),
    text_column("user_id", optional=True),
    sa.Column("touch_id", Big),
    sa.Column("details", Json, nullable=False),
    us_column("received_us"),
    us_column("handled_us", optional=True),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "customer_id", "occurred_us"),
    sa.Index(None, "venture_id", "handled_us"),
    sqlite_autoincrement=True,
)

# the last word on (person, purpose or channel) counts; kept as a log with source and time (section 5)
consents = sa.Table(
    "consents",
    metadata,
    id_column("consent_id"),
    venture_column(),
    text_column("customer_id"),
    text_column("user_id"),
    text_column("purpose"),
    text_column("channel"),
    sa.Column("given", Small, nullable=False),
    text_column("source"),
    us_column("at_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

# A29: only a salted hash of the address, so that erasure leaves nothing else; channel `*` is do not contact
suppressions = sa.Table(
    "suppressions",
    metadata,
    venture_column(key=True),
    text_column("address_hash", key=True),
    text_column("channel", key=True),
    text_column("reason"),
    us_column("since_us"),
    text_column("by"),
)

hands_off = sa.Table(
    "hands_off",
    metadata,
    id_column("hands_off_id"),
    venture_column(),
    text_column("customer_id"),
    us_column("from_us"),
    us_column("until_us"),
    text_column("reason"),
    text_column("by"),
    us_column("ended_us", optional=True),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

alerts = sa.Table(
    "alerts",
    metadata,
    id_column("alert_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("customer_id", optional=True),
    sa.Column("execution_id", Big),
    text_column("title"),
    sa.Column("details", Json, nullable=False),
    us_column("raised_us"),
    # single, joint:KEY (more than alerts_per_hour), daily (ARR 0)
    text_column("delivery"),
    us_column("answer_due_us", optional=True),
    us_column("acknowledged_us", optional=True),
    text_column("acknowledged_by", optional=True),
    us_column("snoozed_until_us", optional=True),
    us_column("escalated_us", optional=True),
    us_column("closed_us", optional=True),
    text_column("closed_by", optional=True),
    sa.Column("was_real", Small),
    # M19, for those nobody labelled: what was seen in the 60 days after, or `nothing`
    text_column("followed", optional=True),
    text_column("note"),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "closed_us", "raised_us"),
    sa.Index(None, "venture_id", "delivery"),
    sqlite_autoincrement=True,
)

tasks = sa.Table(
    "tasks",
    metadata,
    id_column("task_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("customer_id", optional=True),
    sa.Column("execution_id", Big),
    sa.Column("enrollment_id", Big),
    text_column("title"),
    text_column("assignee"),
    text_column("priority"),
    text_column("script"),
    sa.Column("details", Json, nullable=False),
    us_column("created_us"),
    us_column("due_us"),
    text_column("state"),
    us_column("closed_us", optional=True),
    text_column("closed_by", optional=True),
    us_column("escalated_us", optional=True),
    text_column("outcome", optional=True),
    sa.Column("minutes", Real),
    text_column("note"),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "due_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

decisions = sa.Table(
    "decisions",
    metadata,
    id_column("decision_id"),
    venture_column(),
    text_column("key"),
    text_column("kind"),
    text_column("title"),
    text_column("state"),
    text_column("rung"),
    text_column("customer_id", optional=True),
    sa.Column("context", Json, nullable=False),
    sa.Column("blast", Json, nullable=False),
    text_column("recommendation"),
    sa.Column("options", Json, nullable=False),
    text_column("default_answer"),
    sa.Column("cause", Json, nullable=False),
    us_column("asked_us"),
    us_column("deadline_us"),
    us_column("reminded_us", optional=True),
    us_column("delegated_us", optional=True),
    sa.Column("parent_id", Big),
    text_column("answer", optional=True),
    sa.Column("answer_details", Json, nullable=False),
    text_column("answered_by", optional=True),
    text_column("answered_via", optional=True),
    us_column("answered_us", optional=True),
    us_column("executed_us", optional=True),
    us_column("settled_us", optional=True),
    sa.Column("outcome", Json, nullable=False),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "state", "deadline_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sa.Index(None, "venture_id", "parent_id"),
    sqlite_autoincrement=True,
)

# signed links are checked by signature; a row here says one was used
used_links = sa.Table(
    "used_links",
    metadata,
    venture_column(key=True),
    text_column("link_sha256", key=True),
    us_column("used_us"),
)

# Day one 7 and A22: who stands in for a person, or looks after a customer, from when until when
stand_ins = sa.Table(
    "stand_ins",
    metadata,
    id_column("stand_in_id"),
    venture_column(),
    text_column("person"),
    text_column("customer_id", optional=True),
    text_column("deputy"),
    us_column("from_us"),
    us_column("until_us", optional=True),
    text_column("reason"),
    text_column("by"),
    us_column("ended_us", optional=True),
    sa.Index(None, "venture_id", "ended_us"),
    sqlite_autoincrement=True,
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

# every schedule catches up once, never twice
calendar_runs = sa.Table(
    "calendar_runs",
    metadata,
    venture_column(key=True),
    text_column("operation", key=True),
    us_column("due_us", key=True),
    text_column("state"),
    us_column("started_us"),
    us_column("ended_us", optional=True),
    text_column("note"),
)

crew_steps = sa.Table(
    "crew_steps",
    metadata,
    venture_column(key=True),
    text_column("step", key=True),
    text_column("state"),
    us_column("started_us", optional=True),
    us_column("done_us", optional=True),
    sa.Column("evidence", Json, nullable=False),
)

gate_states = sa.Table(
    "gate_states",
    metadata,
    venture_column(key=True),
    text_column("gate", key=True),
    text_column("verdict"),
    us_column("since_us"),
    us_column("checked_us"),
    sa.Column("evidence", Json, nullable=False),
)

# what only a person can say: the run-book was read, the test alert was seen, there is no ticket system
confirmations = sa.Table(
    "confirmations",
    metadata,
    venture_column(key=True),
    text_column("what", key=True),
    text_column("person", key=True),
    us_column("at_us"),
    text_column("note"),
)

findings = sa.Table(
    "findings",
    metadata,
    id_column("finding_id"),
    venture_column(),
    text_column("key"),
    text_column("section"),
    text_column("title"),
    sa.Column("details", Json, nullable=False),
    us_column("written_us"),
    sa.UniqueConstraint("venture_id", "key"),
    sqlite_autoincrement=True,
)

nps_surveys = sa.Table(
    "nps_surveys",
    metadata,
    id_column("deployment_id"),
    venture_column(),
    text_column("key"),
    text_column("survey"),
    text_column("customer_id"),
    text_column("user_id", optional=True),
    sa.Column("touch_id", Big),
    us_column("deployed_us"),
    us_column("reminded_us", optional=True),
    us_column("answered_us", optional=True),
    sa.Column("score", Big),
    sa.UniqueConstraint("venture_id", "key"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
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
