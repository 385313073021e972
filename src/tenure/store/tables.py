"""Every table of the store, once, for SQLite and PostgreSQL. `migrations/` brings an existing store to this state.

Ventures are walled off: every table but `ventures` carries `venture_id`, and every repository call filters by it.
Times are integer microseconds (`_us`), money integer cents, scores tenths of a point.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import event

from tenure.store.columns import (
    Big,
    Json,
    Real,
    Small,
    bulk_venture_column,
    id_column,
    text_column,
    us_column,
    venture_column,
)
from tenure.store.columns import inbox_metadata as inbox_metadata
from tenure.store.loop_tables import metadata as metadata  # with the tables of the loop in it

ventures = sa.Table(
    "ventures",
    metadata,
    id_column("venture_id"),
    text_column("key"),
    text_column("name"),
    text_column("currency"),
    text_column("timezone"),
    us_column("created_us"),
    sa.UniqueConstraint("key"),
    sqlite_autoincrement=True,
)

people = sa.Table(
    "people",
    metadata,
    id_column("person_id"),
    venture_column(),
    text_column("name"),
    text_column("email"),
    text_column("email_folded"),
    text_column("role"),
    us_column("created_us"),
    us_column("left_us", optional=True),
    sa.UniqueConstraint("venture_id", "email_folded"),
    sqlite_autoincrement=True,
)

keys = sa.Table(
    "keys",
    metadata,
    id_column("key_id"),
    venture_column(),
    text_column("kind"),
    text_column("name"),
    text_column("source"),
    text_column("token_sha256"),
    text_column("hint"),
    sa.Column("scopes", Json, nullable=False),
    us_column("created_us"),
    text_column("created_by"),
    us_column("revoked_us", optional=True),
    sa.UniqueConstraint("token_sha256"),
    sa.Index(None, "venture_id"),
    sqlite_autoincrement=True,
)

parameter_values = sa.Table(
    "parameter_values",
    metadata,
    venture_column(key=True),
    text_column("name", key=True),
    text_column("segment", key=True),
    sa.Column("value", Json, nullable=False),
    us_column("set_us"),
    text_column("set_by"),
    text_column("why"),
)

parameter_locks = sa.Table(
    "parameter_locks",
    metadata,
    venture_column(key=True),
    text_column("name", key=True),
    us_column("locked_us"),
    text_column("locked_by"),
    text_column("why"),
)

applied_presets = sa.Table(
    "applied_presets",
    metadata,
    id_column("applied_id"),
    venture_column(),
    text_column("preset"),
    us_column("applied_us"),
    text_column("applied_by"),
    text_column("why"),
    sa.Index(None, "venture_id"),
    sqlite_autoincrement=True,
)

configuration_audit_log = sa.Table(
    "configuration_audit_log",
    metadata,
    id_column("entry_id"),
    venture_column(),
    us_column("happened_us"),
    text_column("who"),
    text_column("subject"),
    text_column("name"),
    text_column("segment"),
    sa.Column("before", Json),
    sa.Column("after", Json),
    text_column("why"),
    sa.Index(None, "venture_id", "entry_id"),
    sqlite_autoincrement=True,
)

scorecards = sa.Table(
    "scorecards",
    metadata,
    venture_column(key=True),
    text_column("name", key=True),
    sa.Column("version", Big, primary_key=True, autoincrement=False),
    text_column("digest"),
    sa.Column("document", Json, nullable=False),
    us_column("created_us"),
    text_column("created_by"),
    text_column("why"),
    sa.UniqueConstraint("venture_id", "name", "digest"),
)

# version null: retired. A log, so that the live set of any past time can be told.
scorecards_live = sa.Table(
    "scorecards_live",
    metadata,
    id_column("change_id"),
    venture_column(),
    text_column("name"),
    sa.Column("version", Big),
    us_column("live_from_us"),
    sa.Index(None, "venture_id", "name"),
    sqlite_autoincrement=True,
)

refresh_runs = sa.Table(
    "refresh_runs",
    metadata,
    id_column("run_id"),
    venture_column(),
    text_column("kind"),
    text_column("state"),
    us_column("as_of_us"),
    sa.Column("known_batch", Big),
    us_column("started_us"),
    us_column("ended_us", optional=True),
    us_column("newest_input_us", optional=True),
    sa.Column("rows", Big, nullable=False),
    sa.Column("checks", Json, nullable=False),
    text_column("message"),
    sa.Index(None, "venture_id", "run_id"),
    sqlite_autoincrement=True,
)

# One index besides the key: a second one would triple the cost of publishing. On SQLite rows live in the key itself.
health = sa.Table(
    "health",
    metadata,
    bulk_venture_column(),
    text_column("customer_id", key=True),
    sa.Column("run_id", Big, nullable=False),
    sa.Column("score_tenths", Big, nullable=False),
    sa.Column("previous_score_tenths", Big),
    sa.Column("last_judged_score_tenths", Big),
    us_column("last_intervention_us", optional=True),
    sa.Column("total", Real, nullable=False),
    text_column("health_status"),
    sa.Column("engagement", Real),
    sa.Column("support", Real),
    sa.Column("value", Real),
    text_column("other_components", optional=True),
    sa.Column("coverage", Real, nullable=False),
    text_column("scorecard"),
    text_column("scorecard_version"),
    sa.Column("is_new", Small, nullable=False),
    us_column("changed_us"),
    sa.Column("change_late", Real),
    sa.Column("change_time", Real),
    sa.Column("change_behaviour", Real),
    sa.Column("change_configuration", Real),
    # by status only: it changes rarely, so publishing many scores stays cheap; a list by score sorts
    sa.Index(None, "venture_id", "health_status"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

customers = sa.Table(
    "customers",
    metadata,
    bulk_venture_column(),
    text_column("customer_id", key=True),
    text_column("name", optional=True),
    text_column("plan", optional=True),
    text_column("owner", optional=True),
    text_column("segment", optional=True),
    text_column("stage", optional=True),
    text_column("customer_status", optional=True),
    sa.Column("arr_cents", Big),
    us_column("renewal_us", optional=True),
    sa.Index(None, "venture_id", "owner"),
    sa.Index(None, "venture_id", "arr_cents"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

overrides = sa.Table(
    "overrides",
    metadata,
    id_column("override_id"),
    venture_column(),
    text_column("customer_id"),
    sa.Column("score", Real),
    text_column("status", optional=True),
    text_column("reason"),
    text_column("person"),
    us_column("from_us"),
    us_column("until_us"),
    us_column("withdrawn_us", optional=True),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

pulses = sa.Table(
    "pulses",
    metadata,
    id_column("pulse_id"),
    venture_column(),
    text_column("customer_id"),
    sa.Column("value", Real, nullable=False),
    text_column("reason"),
    text_column("person"),
    us_column("given_us"),
    us_column("until_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

jobs = sa.Table(
    "jobs",
    metadata,
    id_column("job_id"),
    venture_column(),
    text_column("kind"),
    sa.Column("args", Json, nullable=False),
    text_column("state"),
    us_column("queued_us"),
    sa.Column("progress", Real, nullable=False),
    text_column("progress_text"),
    sa.Column("result", Json),
    text_column("error"),
    text_column("claimed_by", optional=True),
    us_column("heartbeat_us", optional=True),
    us_column("started_us", optional=True),
    us_column("ended_us", optional=True),
    sa.Column("attempts", Big, nullable=False),
    sa.Index(None, "venture_id", "state", "job_id"),
    sqlite_autoincrement=True,
)

metric_results = sa.Table(
    "metric_results",
    metadata,
    venture_column(key=True),
    text_column("metric", key=True),
    text_column("segment", key=True),
    us_column("as_of_us", key=True),
    sa.Column("document", Json, nullable=False),
    us_column("computed_us"),
)

# `record` is text, not JSON: PostgreSQL's json refuses some of what makes a record land here.
quarantine = sa.Table(
    "quarantine",
    metadata,
    id_column("item_id"),
    venture_column(),
    text_column("kind"),
    text_column("source"),
    text_column("position"),
    text_column("field"),
    text_column("rule"),
    text_column("value"),
    text_column("record"),
    text_column("digest"),
    us_column("first_seen_us"),
    text_column("state"),
    us_column("decided_us", optional=True),
    text_column("note"),
    sa.UniqueConstraint("venture_id", "digest"),
    sa.Index(None, "venture_id", "state", "source", "field", "rule"),
    sqlite_autoincrement=True,
)

secrets = sa.Table(
    "secrets",
    metadata,
    venture_column(key=True),
    text_column("name", key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    us_column("set_us"),
    text_column("set_by"),
)

source_cursors = sa.Table(
    "source_cursors",
    metadata,
    venture_column(key=True),
    text_column("source", key=True),
    text_column("position"),
)

# One row is a batch of facts (`tenure.store.payloads`) with the sequences first..last; `oldest_us` is when its oldest was
# received. AUTOINCREMENT: SQLite remembers the highest key ever, so that no sequence is reused and the warehouse's mark
# stays true after deletion; PostgreSQL counts blocks of sequences. No second index and no foreign key: every accepted fact
# goes through here. The payload is last: what counts the facts need not read it.
inbox = sa.Table(
    "inbox",
    inbox_metadata,
    sa.Column("last_seq", Big, primary_key=True, autoincrement=False),
    sa.Column("first_seq", Big, nullable=False),
    sa.Column("venture_id", Big, nullable=False),
    sa.Column("oldest_us", Big, nullable=False),
    sa.Column("format", Small, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)
inbox_blocks = sa.Sequence("inbox_blocks", data_type=sa.BigInteger(), metadata=inbox_metadata)
"""PostgreSQL: the number of a batch; a batch has the block of sequences of that number."""

# Payloads live for a day at most: PostgreSQL shall not spend its time compressing them.
_UNCOMPRESSED = sa.DDL("ALTER TABLE inbox ALTER COLUMN payload SET STORAGE EXTERNAL")  # type: ignore[no-untyped-call]
event.listen(inbox, "after_create", _UNCOMPRESSED.execute_if(dialect="postgresql"))
