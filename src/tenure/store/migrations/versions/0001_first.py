"""The first schema of the store.

A released migration is never edited; there is no way back down (restore a backup instead).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    _customers()
    _health()
    _ventures()
    _applied_presets()
    _configuration_audit_log()
    _jobs()
    _keys()
    _metric_results()
    _overrides()
    _parameter_locks()
    _parameter_values()
    _people()
    _pulses()
    _quarantine()
    _refresh_runs()
    _scorecards()
    _scorecards_live()
    _secrets()
    _source_cursors()
    if op.get_bind().dialect.name == "postgresql":
        _inbox()


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("plan", sa.Text()),
        sa.Column("owner", sa.Text()),
        sa.Column("segment", sa.Text()),
        sa.Column("stage", sa.Text()),
        sa.Column("customer_status", sa.Text()),
        sa.Column("arr_cents", BIG),
        sa.Column("renewal_us", BIG),
        sa.PrimaryKeyConstraint("venture_id", "customer_id", name="pk_customers"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_customers_venture_id_arr_cents", "customers", ["venture_id", "arr_cents"])
    op.create_index("ix_customers_venture_id_owner", "customers", ["venture_id", "owner"])


def _health() -> None:
    op.create_table(
        "health",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("score_tenths", BIG, nullable=False),
        sa.Column("previous_score_tenths", BIG),
        sa.Column("last_judged_score_tenths", BIG),
        sa.Column("last_intervention_us", BIG),
        sa.Column("total", REAL, nullable=False),
        sa.Column("health_status", sa.Text(), nullable=False),
        sa.Column("engagement", REAL),
        sa.Column("support", REAL),
        sa.Column("value", REAL),
        sa.Column("other_components", sa.Text()),
        sa.Column("coverage", REAL, nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("scorecard_version", sa.Text(), nullable=False),
        sa.Column("is_new", SMALL, nullable=False),
        sa.Column("changed_us", BIG, nullable=False),
        sa.Column("change_late", REAL),
        sa.Column("change_time", REAL),
        sa.Column("change_behaviour", REAL),
        sa.Column("change_configuration", REAL),
        sa.PrimaryKeyConstraint("venture_id", "customer_id", name="pk_health"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_health_venture_id_health_status", "health", ["venture_id", "health_status"])


def _ventures() -> None:
    op.create_table(
        "ventures",
        sa.Column("venture_id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.PrimaryKeyConstraint("venture_id", name="pk_ventures"),
        sa.UniqueConstraint("key", name="uq_ventures_key"),
        sqlite_autoincrement=True,
    )


def _applied_presets() -> None:
    op.create_table(
        "applied_presets",
        sa.Column("applied_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("applied_us", BIG, nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venture_id"], ["ventures.venture_id"], name="fk_applied_presets_venture_id"
        ),
        sa.PrimaryKeyConstraint("applied_id", name="pk_applied_presets"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_applied_presets_venture_id", "applied_presets", ["venture_id"])


def _configuration_audit_log() -> None:
    op.create_table(
        "configuration_audit_log",
        sa.Column("entry_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("happened_us", BIG, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venture_id"], ["ventures.venture_id"], name="fk_configuration_audit_log_venture_id"
        ),
        sa.PrimaryKeyConstraint("entry_id", name="pk_configuration_audit_log"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_configuration_audit_log_venture_id_entry_id",
        "configuration_audit_log",
        ["venture_id", "entry_id"],
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queued_us", BIG, nullable=False),
        sa.Column("progress", REAL, nullable=False),
        sa.Column("progress_text", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("heartbeat_us", BIG),
        sa.Column("started_us", BIG),
        sa.Column("ended_us", BIG),
        sa.Column("attempts", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_jobs_venture_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_jobs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_venture_id_state_job_id", "jobs", ["venture_id", "state", "job_id"])


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_keys_venture_id"),
        sa.PrimaryKeyConstraint("key_id", name="pk_keys"),
        sa.UniqueConstraint("token_sha256", name="uq_keys_token_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_keys_venture_id", "keys", ["venture_id"])


def _metric_results() -> None:
    op.create_table(
        "metric_results",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("as_of_us", BIG, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("computed_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_metric_results_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "metric", "segment", "as_of_us", name="pk_metric_results"),
    )


def _overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("override_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("score", REAL),
        sa.Column("status", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("from_us", BIG, nullable=False),
        sa.Column("until_us", BIG, nullable=False),
        sa.Column("withdrawn_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_overrides_venture_id"),
        sa.PrimaryKeyConstraint("override_id", name="pk_overrides"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_overrides_venture_id_customer_id", "overrides", ["venture_id", "customer_id"])


def _parameter_locks() -> None:
    op.create_table(
        "parameter_locks",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locked_us", BIG, nullable=False),
        sa.Column("locked_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venture_id"], ["ventures.venture_id"], name="fk_parameter_locks_venture_id"
        ),
        sa.PrimaryKeyConstraint("venture_id", "name", name="pk_parameter_locks"),
    )


def _parameter_values() -> None:
    op.create_table(
        "parameter_values",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("set_us", BIG, nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venture_id"], ["ventures.venture_id"], name="fk_parameter_values_venture_id"
        ),
        sa.PrimaryKeyConstraint("venture_id", "name", "segment", name="pk_parameter_values"),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("person_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("left_us", BIG),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_people_venture_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
        sa.UniqueConstraint("venture_id", "email_folded", name="uq_people_venture_id_email_folded"),
        sqlite_autoincrement=True,
    )


def _pulses() -> None:
    op.create_table(
        "pulses",
        sa.Column("pulse_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("value", REAL, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("given_us", BIG, nullable=False),
        sa.Column("until_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_pulses_venture_id"),
        sa.PrimaryKeyConstraint("pulse_id", name="pk_pulses"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pulses_venture_id_customer_id", "pulses", ["venture_id", "customer_id"])


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("item_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seen_us", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_us", BIG),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_quarantine_venture_id"),
        sa.PrimaryKeyConstraint("item_id", name="pk_quarantine"),
        sa.UniqueConstraint("venture_id", "digest", name="uq_quarantine_venture_id_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_quarantine_venture_id_state_source_field_rule",
        "quarantine",
        ["venture_id", "state", "source", "field", "rule"],
    )


def _refresh_runs() -> None:
    op.create_table(
        "refresh_runs",
        sa.Column("run_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("as_of_us", BIG, nullable=False),
        sa.Column("known_batch", BIG),
        sa.Column("started_us", BIG, nullable=False),
        sa.Column("ended_us", BIG),
        sa.Column("newest_input_us", BIG),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_refresh_runs_venture_id"),
        sa.PrimaryKeyConstraint("run_id", name="pk_refresh_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_refresh_runs_venture_id_run_id", "refresh_runs", ["venture_id", "run_id"])


def _scorecards() -> None:
    op.create_table(
        "scorecards",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_us", BIG, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_scorecards_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "name", "version", name="pk_scorecards"),
        sa.UniqueConstraint("venture_id", "name", "digest", name="uq_scorecards_venture_id_name_digest"),
    )


def _scorecards_live() -> None:
    op.create_table(
        "scorecards_live",
        sa.Column("change_id", BIG, autoincrement=True, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", BIG),
        sa.Column("live_from_us", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["venture_id"], ["ventures.venture_id"], name="fk_scorecards_live_venture_id"
        ),
        sa.PrimaryKeyConstraint("change_id", name="pk_scorecards_live"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scorecards_live_venture_id_name", "scorecards_live", ["venture_id", "name"])


def _secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_us", BIG, nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_secrets_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "name", name="pk_secrets"),
    )


def _source_cursors() -> None:
    op.create_table(
        "source_cursors",
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["venture_id"], ["ventures.venture_id"], name="fk_source_cursors_venture_id"),
        sa.PrimaryKeyConstraint("venture_id", "source", name="pk_source_cursors"),
    )


def _inbox() -> None:
    # on SQLite the inbox is a file of its own, see migrations/inbox.py
    op.create_table(
        "inbox",
        sa.Column("last_seq", BIG, autoincrement=False, nullable=False),
        sa.Column("first_seq", BIG, nullable=False),
        sa.Column("venture_id", BIG, nullable=False),
        sa.Column("oldest_us", BIG, nullable=False),
        sa.Column("format", SMALL, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("last_seq", name="pk_inbox"),
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("inbox_blocks", data_type=sa.BigInteger())))
    op.execute("ALTER TABLE inbox ALTER COLUMN payload SET STORAGE EXTERNAL")
