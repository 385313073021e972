"""The closed loop: triggers, playbooks, touches, decisions, safety, the crew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    _recursion_triggers()
    _recursion_triggers_live()
    _playbooks()
    _playbooks_live()
    _recursion_executions()
    _pending_firings()
    _recursion_metrics()
    _intents()
    _cards()
    _enrollments()
    _enrollment_steps()
    _touches()
    _touch_verdicts()
    _provider_health()
    _responses()
    _consents()
    _suppressions()
    _hands_off()
    _alerts()
    _tasks()
    _decisions()
    _used_links()
    _stand_ins()
    _incidents()
    _incident_steps()
    _pauses()
    _loop_modes()
    _system_health_log()
    _heartbeats()
    _calendar_runs()
    _crew_steps()
    _gate_states()
    _confirmations()
    _findings()
    _nps_surveys()
    _crm_sync_log()
    _customer_merges()
    _merged_rows()
    _useful_marks()
    _slack_accounts()
    _handed_off()


def _recursion_triggers() -> None:
    op.create_table(
        "recursion_triggers",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_recursion_triggers_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "trigger_id", "version", name="pk_recursion_triggers"),
        sa.UniqueConstraint("venture_id", "trigger_id", "digest", name="uq_recursion_triggers_venture_id_trigger_id_digest"),
    )


def _recursion_triggers_live() -> None:
    op.create_table(
        "recursion_triggers_live",
        sa.Column("change_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("version", BIG),
        sa.Column("live_from_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_recursion_triggers_live_venture_id"),
        sa.PrimaryKeyConstraint("change_id", name="pk_recursion_triggers_live"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recursion_triggers_live_venture_id_trigger_id", "recursion_triggers_live", ["venture_id", "trigger_id"])


def _playbooks() -> None:
    op.create_table(
        "playbooks",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_playbooks_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "playbook", "version", name="pk_playbooks"),
        sa.UniqueConstraint("venture_id", "playbook", "digest", name="uq_playbooks_venture_id_playbook_digest"),
    )


def _playbooks_live() -> None:
    op.create_table(
        "playbooks_live",
        sa.Column("change_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("version", BIG),
        sa.Column("live_from_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_playbooks_live_venture_id"),
        sa.PrimaryKeyConstraint("change_id", name="pk_playbooks_live"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_playbooks_live_venture_id_playbook", "playbooks_live", ["venture_id", "playbook"])


def _recursion_executions() -> None:
    op.create_table(
        "recursion_executions",
        sa.Column("execution_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("trigger_version", BIG, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("firing_key", sa.Text(), nullable=False),
        sa.Column("is_open", SMALL),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("iteration", BIG, nullable=False),
        sa.Column("actions", BIG, nullable=False),
        sa.Column("cause", JSON, nullable=False),
        sa.Column("opened_us", BIG, nullable=False),
        sa.Column("next_check_us", BIG),
        sa.Column("terminated_us", BIG),
        sa.Column("reason", sa.Text()),
        sa.Column("run_id", BIG),
        sa.Column("score", REAL),
        sa.Column("health_status", sa.Text()),
        sa.Column("recovered_us", BIG),
        sa.Column("outcome", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_recursion_executions_venture_id"),
        sa.PrimaryKeyConstraint("execution_id", name="pk_recursion_executions"),
        sa.UniqueConstraint("venture_id", "trigger_id", "firing_key", name="uq_recursion_executions_venture_id_trigger_id_firing_key"),
        sa.UniqueConstraint("venture_id", "trigger_id", "subject", "is_open", name="uq_recursion_executions_venture_id_trigger_id_subject_is_open"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recursion_executions_venture_id_is_open_next_check_us", "recursion_executions", ["venture_id", "is_open", "next_check_us"])
    op.create_index("ix_recursion_executions_venture_id_recovered_us_opened_us", "recursion_executions", ["venture_id", "recovered_us", "opened_us"])
    op.create_index("ix_recursion_executions_venture_id_subject", "recursion_executions", ["venture_id", "subject"])


def _pending_firings() -> None:
    op.create_table(
        "pending_firings",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("since_us", BIG, nullable=False),
        sa.Column("fires_us", BIG, nullable=False),
        sa.Column("run_id", BIG),
        sa.Column("score", REAL),
        sa.Column("cause", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_pending_firings_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "trigger_id", "subject", name="pk_pending_firings"),
    )
    op.create_index("ix_pending_firings_venture_id_fires_us", "pending_firings", ["venture_id", "fires_us"])


def _recursion_metrics() -> None:
    op.create_table(
        "recursion_metrics",
        sa.Column("metric_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("trigger_version", BIG),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("as_of_us", BIG, nullable=False),
        sa.Column("target", REAL),
        sa.Column("value", REAL),
        sa.Column("low", REAL),
        sa.Column("high", REAL),
        sa.Column("judged", BIG, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_recursion_metrics_venture_id"),
        sa.PrimaryKeyConstraint("metric_id", name="pk_recursion_metrics"),
        sa.UniqueConstraint("venture_id", "trigger_id", "metric", "as_of_us", name="uq_recursion_metrics_venture_id_trigger_id_metric_as_of_us"),
        sqlite_autoincrement=True,
    )


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("intent_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("execution_id", BIG),
        sa.Column("document", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("not_before_us", BIG, nullable=False),
        sa.Column("done_us", BIG),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_intents_venture_id"),
        sa.PrimaryKeyConstraint("intent_id", name="pk_intents"),
        sa.UniqueConstraint("venture_id", "key", name="uq_intents_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_intents_venture_id_customer_id", "intents", ["venture_id", "customer_id"])
    op.create_index("ix_intents_venture_id_state_kind_intent_id", "intents", ["venture_id", "state", "kind", "intent_id"])


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("as_of_us", BIG, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_cards_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "customer_id", name="pk_cards"),
    )
    op.create_index("ix_cards_venture_id_as_of_us", "cards", ["venture_id", "as_of_us"])


def _enrollments() -> None:
    op.create_table(
        "enrollments",
        sa.Column("enrollment_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("is_running", SMALL),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("entered_us", BIG, nullable=False),
        sa.Column("cause", JSON, nullable=False),
        sa.Column("next_step", BIG, nullable=False),
        sa.Column("due_us", BIG),
        sa.Column("repeats", BIG, nullable=False),
        sa.Column("confirmations", BIG, nullable=False),
        sa.Column("entry_score", REAL),
        sa.Column("entry_status", sa.Text()),
        sa.Column("entry_arr_cents", BIG),
        sa.Column("held_out", SMALL, nullable=False),
        sa.Column("holdout_percent", REAL, nullable=False),
        sa.Column("lifted_us", BIG),
        sa.Column("execution_id", BIG),
        sa.Column("responded_us", BIG),
        sa.Column("ended_us", BIG),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_enrollments_venture_id"),
        sa.PrimaryKeyConstraint("enrollment_id", name="pk_enrollments"),
        sa.UniqueConstraint("venture_id", "customer_id", "is_running", name="uq_enrollments_venture_id_customer_id_is_running"),
        sa.UniqueConstraint("venture_id", "playbook", "customer_id", "entry_key", name="uq_enrollments_venture_id_playbook_customer_id_entry_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_enrollments_venture_id_execution_id", "enrollments", ["venture_id", "execution_id"])
    op.create_index("ix_enrollments_venture_id_state_due_us", "enrollments", ["venture_id", "state", "due_us"])


def _enrollment_steps() -> None:
    op.create_table(
        "enrollment_steps",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("enrollment_id", BIG, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("repeat", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.Column("due_us", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text()),
        sa.Column("is_offer", SMALL, nullable=False),
        sa.Column("cost_cents", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_enrollment_steps_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "enrollment_id", "step", "repeat", name="pk_enrollment_steps"),
    )
    op.create_index("ix_enrollment_steps_venture_id_customer_id", "enrollment_steps", ["venture_id", "customer_id"])


def _touches() -> None:
    op.create_table(
        "touches",
        sa.Column("touch_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("user_id", sa.Text()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("action_class", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("customer_facing", SMALL, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", JSON, nullable=False),
        sa.Column("playbook", sa.Text()),
        sa.Column("version", BIG),
        sa.Column("step", sa.Text()),
        sa.Column("variant", sa.Text()),
        sa.Column("enrollment_id", BIG),
        sa.Column("execution_id", BIG),
        sa.Column("kind", sa.Text()),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("by_person", SMALL, nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("content", JSON, nullable=False),
        sa.Column("decided_us", BIG, nullable=False),
        sa.Column("due_us", BIG, nullable=False),
        sa.Column("expires_us", BIG),
        sa.Column("sent_us", BIG),
        sa.Column("provider", sa.Text()),
        sa.Column("provider_message_id", sa.Text()),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("next_attempt_us", BIG),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("claimed_us", BIG),
        sa.Column("cost_cents", REAL, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_touches_venture_id"),
        sa.PrimaryKeyConstraint("touch_id", name="pk_touches"),
        sa.UniqueConstraint("venture_id", "key", name="uq_touches_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_touches_venture_id_customer_id_sent_us", "touches", ["venture_id", "customer_id", "sent_us"])
    op.create_index("ix_touches_venture_id_execution_id", "touches", ["venture_id", "execution_id"])
    op.create_index("ix_touches_venture_id_state_due_us", "touches", ["venture_id", "state", "due_us"])


def _touch_verdicts() -> None:
    op.create_table(
        "touch_verdicts",
        sa.Column("verdict_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("touch_id", BIG, nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_touch_verdicts_venture_id"),
        sa.PrimaryKeyConstraint("verdict_id", name="pk_touch_verdicts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_touch_verdicts_venture_id_touch_id", "touch_verdicts", ["venture_id", "touch_id"])


def _provider_health() -> None:
    op.create_table(
        "provider_health",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("failures", BIG, nullable=False),
        sa.Column("openings", BIG, nullable=False),
        sa.Column("open_until_us", BIG),
        sa.Column("changed_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_provider_health_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "provider", name="pk_provider_health"),
    )


def _responses() -> None:
    op.create_table(
        "responses",
        sa.Column("response_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_us", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("touch_id", BIG),
        sa.Column("details", JSON, nullable=False),
        sa.Column("received_us", BIG, nullable=False),
        sa.Column("handled_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_responses_venture_id"),
        sa.PrimaryKeyConstraint("response_id", name="pk_responses"),
        sa.UniqueConstraint("venture_id", "key", name="uq_responses_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_responses_venture_id_customer_id_occurred_us", "responses", ["venture_id", "customer_id", "occurred_us"])
    op.create_index("ix_responses_venture_id_handled_us", "responses", ["venture_id", "handled_us"])
    op.create_index("ix_responses_venture_id_touch_id", "responses", ["venture_id", "touch_id"])


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("given", SMALL, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_consents_venture_id"),
        sa.PrimaryKeyConstraint("consent_id", name="pk_consents"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_consents_venture_id_customer_id", "consents", ["venture_id", "customer_id"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_us", BIG, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_suppressions_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "address_hash", "channel", name="pk_suppressions"),
    )


def _hands_off() -> None:
    op.create_table(
        "hands_off",
        sa.Column("hands_off_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("from_us", BIG, nullable=False),
        sa.Column("until_us", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("ended_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_hands_off_venture_id"),
        sa.PrimaryKeyConstraint("hands_off_id", name="pk_hands_off"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hands_off_venture_id_customer_id", "hands_off", ["venture_id", "customer_id"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("execution_id", BIG),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("raised_us", BIG, nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("answer_due_us", BIG),
        sa.Column("acknowledged_us", BIG),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("snoozed_until_us", BIG),
        sa.Column("escalated_us", BIG),
        sa.Column("closed_us", BIG),
        sa.Column("closed_by", sa.Text()),
        sa.Column("was_real", SMALL),
        sa.Column("followed", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_alerts_venture_id"),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alerts"),
        sa.UniqueConstraint("venture_id", "key", name="uq_alerts_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_venture_id_closed_us_raised_us", "alerts", ["venture_id", "closed_us", "raised_us"])
    op.create_index("ix_alerts_venture_id_customer_id_followed_was_real", "alerts", ["venture_id", "customer_id", "followed", "was_real"])
    op.create_index("ix_alerts_venture_id_delivery", "alerts", ["venture_id", "delivery"])
    op.create_index("ix_alerts_venture_id_escalated_us_answer_due_us", "alerts", ["venture_id", "escalated_us", "answer_due_us"])
    op.create_index("ix_alerts_venture_id_followed_was_real_raised_us", "alerts", ["venture_id", "followed", "was_real", "raised_us"])
    op.create_index("ix_alerts_venture_id_kind_raised_us", "alerts", ["venture_id", "kind", "raised_us"])


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("task_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("execution_id", BIG),
        sa.Column("enrollment_id", BIG),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("due_us", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_us", BIG),
        sa.Column("closed_by", sa.Text()),
        sa.Column("escalated_us", BIG),
        sa.Column("outcome", sa.Text()),
        sa.Column("minutes", REAL),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_tasks_venture_id"),
        sa.PrimaryKeyConstraint("task_id", name="pk_tasks"),
        sa.UniqueConstraint("venture_id", "key", name="uq_tasks_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_venture_id_customer_id", "tasks", ["venture_id", "customer_id"])
    op.create_index("ix_tasks_venture_id_execution_id", "tasks", ["venture_id", "execution_id"])
    op.create_index("ix_tasks_venture_id_state_due_us", "tasks", ["venture_id", "state", "due_us"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("context", JSON, nullable=False),
        sa.Column("blast", JSON, nullable=False),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("default_answer", sa.Text(), nullable=False),
        sa.Column("cause", JSON, nullable=False),
        sa.Column("asked_us", BIG, nullable=False),
        sa.Column("deadline_us", BIG, nullable=False),
        sa.Column("reminded_us", BIG),
        sa.Column("delegated_us", BIG),
        sa.Column("parent_id", BIG),
        sa.Column("answer", sa.Text()),
        sa.Column("answer_details", JSON, nullable=False),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_via", sa.Text()),
        sa.Column("answered_us", BIG),
        sa.Column("executed_us", BIG),
        sa.Column("settled_us", BIG),
        sa.Column("outcome", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_decisions_venture_id"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decisions"),
        sa.UniqueConstraint("venture_id", "key", name="uq_decisions_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_venture_id_customer_id", "decisions", ["venture_id", "customer_id"])
    op.create_index("ix_decisions_venture_id_kind_asked_us", "decisions", ["venture_id", "kind", "asked_us"])
    op.create_index("ix_decisions_venture_id_parent_id", "decisions", ["venture_id", "parent_id"])
    op.create_index("ix_decisions_venture_id_state_deadline_us", "decisions", ["venture_id", "state", "deadline_us"])


def _used_links() -> None:
    op.create_table(
        "used_links",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("link_sha256", sa.Text(), nullable=False),
        sa.Column("used_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_used_links_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "link_sha256", name="pk_used_links"),
    )


def _stand_ins() -> None:
    op.create_table(
        "stand_ins",
        sa.Column("stand_in_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("deputy", sa.Text(), nullable=False),
        sa.Column("from_us", BIG, nullable=False),
        sa.Column("until_us", BIG),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("ended_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_stand_ins_venture_id"),
        sa.PrimaryKeyConstraint("stand_in_id", name="pk_stand_ins"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stand_ins_venture_id_ended_us", "stand_ins", ["venture_id", "ended_us"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_open", SMALL),
        sa.Column("opened_us", BIG, nullable=False),
        sa.Column("ended_us", BIG),
        sa.Column("evidence", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_incidents_venture_id"),
        sa.PrimaryKeyConstraint("incident_id", name="pk_incidents"),
        sa.UniqueConstraint("venture_id", "key", name="uq_incidents_venture_id_key"),
        sa.UniqueConstraint("venture_id", "rule", "scope", "is_open", name="uq_incidents_venture_id_rule_scope_is_open"),
        sqlite_autoincrement=True,
    )


def _incident_steps() -> None:
    op.create_table(
        "incident_steps",
        sa.Column("step_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_incident_steps_venture_id"),
        sa.PrimaryKeyConstraint("step_id", name="pk_incident_steps"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_steps_venture_id_incident_id", "incident_steps", ["venture_id", "incident_id"])


def _pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("pause_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("since_us", BIG, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("incident_id", BIG),
        sa.Column("cohort_percent", REAL),
        sa.Column("ended_us", BIG),
        sa.Column("ended_by", sa.Text()),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_pauses_venture_id"),
        sa.PrimaryKeyConstraint("pause_id", name="pk_pauses"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pauses_venture_id_ended_us", "pauses", ["venture_id", "ended_us"])


def _loop_modes() -> None:
    op.create_table(
        "loop_modes",
        sa.Column("change_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("since_us", BIG, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_loop_modes_venture_id"),
        sa.PrimaryKeyConstraint("change_id", name="pk_loop_modes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_loop_modes_venture_id_change_id", "loop_modes", ["venture_id", "change_id"])


def _system_health_log() -> None:
    op.create_table(
        "system_health_log",
        sa.Column("entry_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("checked_us", BIG, nullable=False),
        sa.Column("resolved_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_system_health_log_venture_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_system_health_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_system_health_log_venture_id_component_entry_id", "system_health_log", ["venture_id", "component", "entry_id"])


def _heartbeats() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("minute_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_heartbeats_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "minute_us", name="pk_heartbeats"),
    )


def _calendar_runs() -> None:
    op.create_table(
        "calendar_runs",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("due_us", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_us", BIG, nullable=False),
        sa.Column("ended_us", BIG),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_calendar_runs_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "operation", "due_us", name="pk_calendar_runs"),
    )


def _crew_steps() -> None:
    op.create_table(
        "crew_steps",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_us", BIG),
        sa.Column("done_us", BIG),
        sa.Column("evidence", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_crew_steps_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "step", name="pk_crew_steps"),
    )


def _gate_states() -> None:
    op.create_table(
        "gate_states",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("since_us", BIG, nullable=False),
        sa.Column("checked_us", BIG, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_gate_states_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "gate", name="pk_gate_states"),
    )


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_confirmations_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "what", "person", name="pk_confirmations"),
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("finding_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("written_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_findings_venture_id"),
        sa.PrimaryKeyConstraint("finding_id", name="pk_findings"),
        sa.UniqueConstraint("venture_id", "key", name="uq_findings_venture_id_key"),
        sqlite_autoincrement=True,
    )


def _nps_surveys() -> None:
    op.create_table(
        "nps_surveys",
        sa.Column("deployment_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("touch_id", BIG),
        sa.Column("deployed_us", BIG, nullable=False),
        sa.Column("reminded_us", BIG),
        sa.Column("answered_us", BIG),
        sa.Column("score", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_nps_surveys_venture_id"),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_nps_surveys"),
        sa.UniqueConstraint("venture_id", "key", name="uq_nps_surveys_venture_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_nps_surveys_venture_id_customer_id", "nps_surveys", ["venture_id", "customer_id"])
    op.create_index("ix_nps_surveys_venture_id_survey_customer_id_deployed_us", "nps_surveys", ["venture_id", "survey", "customer_id", "deployed_us"])


def _crm_sync_log() -> None:
    op.create_table(
        "crm_sync_log",
        sa.Column("sync_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("started_us", BIG, nullable=False),
        sa.Column("ended_us", BIG),
        sa.Column("records", BIG, nullable=False),
        sa.Column("errors", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_crm_sync_log_venture_id"),
        sa.PrimaryKeyConstraint("sync_id", name="pk_crm_sync_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_sync_log_venture_id_sync_id", "crm_sync_log", ["venture_id", "sync_id"])


def _customer_merges() -> None:
    op.create_table(
        "customer_merges",
        sa.Column("merge_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("duplicate", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.Column("undone_us", BIG),
        sa.Column("undone_by", sa.Text()),
        sa.Column("moved", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_customer_merges_venture_id"),
        sa.PrimaryKeyConstraint("merge_id", name="pk_customer_merges"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_merges_venture_id_duplicate", "customer_merges", ["venture_id", "duplicate"])


def _merged_rows() -> None:
    op.create_table(
        "merged_rows",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("merge_id", BIG, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", BIG, nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_merged_rows_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "merge_id", "table_name", "row_id", name="pk_merged_rows"),
    )


def _useful_marks() -> None:
    op.create_table(
        "useful_marks",
        sa.Column("mark_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("is_useful", SMALL, nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("at_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_useful_marks_venture_id"),
        sa.PrimaryKeyConstraint("mark_id", name="pk_useful_marks"),
        sa.UniqueConstraint("venture_id", "subject", "ref", "by", name="uq_useful_marks_venture_id_subject_ref_by"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_useful_marks_venture_id_at_us", "useful_marks", ["venture_id", "at_us"])


def _slack_accounts() -> None:
    op.create_table(
        "slack_accounts",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("slack_id", sa.Text(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("set_us", BIG, nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_slack_accounts_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "slack_id", name="pk_slack_accounts"),
    )


def _handed_off() -> None:
    op.create_table(
        "handed_off",
        sa.Column("handed_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("vendor_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("handed_us", BIG, nullable=False),
        sa.Column("handed_by", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("by_score", SMALL, nullable=False),
        sa.Column("is_running", SMALL),
        sa.Column("result", sa.Text()),
        sa.Column("tried_us", BIG),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("incident_id", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_handed_off_venture_id"),
        sa.PrimaryKeyConstraint("handed_id", name="pk_handed_off"),
        sa.UniqueConstraint("venture_id", "key", name="uq_handed_off_venture_id_key"),
        sa.UniqueConstraint("venture_id", "provider", "vendor_id", "is_running", name="uq_handed_off_venture_id_provider_vendor_id_is_running"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_handed_off_venture_id_incident_id", "handed_off", ["venture_id", "incident_id"])
