"""Every table of the store, once, for SQLite and PostgreSQL. `migrations/` brings an existing store to this state.

Ventures are walled off: every table but `ventures` carries `venture_id`, and every repository call filters by it.
Times are integer microseconds (`_us`), money integer cents, scores tenths of a point.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import event

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""On SQLite the file store.sqlite, on PostgreSQL (with `inbox_metadata`) the whole database."""

inbox_metadata = sa.MetaData(naming_convention=metadata.naming_convention)
"""The inbox of facts: on SQLite a file of its own, so that publishing scores never stalls ingest."""

# SQLite gives rows a sequence only to a column declared INTEGER, and STRICT tables know no other names.
Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Small = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
Json = sa.JSON(none_as_null=True)


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, Big, primary_key=True, autoincrement=True)


def _venture(*, key: bool = False) -> sa.Column[int]:
    wall = sa.ForeignKey("ventures.venture_id")
    return sa.Column("venture_id", Big, wall, nullable=False, primary_key=key, autoincrement=False)


def _bulk_venture() -> sa.Column[int]:
    """Without the foreign key, which would be looked up for each of a million rows; the run's own says the same."""
    return sa.Column("venture_id", Big, primary_key=True, autoincrement=False)


def _text(name: str, *, optional: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional, primary_key=key)


def _us(name: str, *, optional: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, Big, nullable=optional, primary_key=key, autoincrement=False)


ventures = sa.Table(
    "ventures",
    metadata,
    _id("venture_id"),
    _text("key"),
    _text("name"),
    _text("currency"),
    _text("timezone"),
    _us("created_us"),
    sa.UniqueConstraint("key"),
    sqlite_autoincrement=True,
)

people = sa.Table(
    "people",
    metadata,
    _id("person_id"),
    _venture(),
    _text("name"),
    _text("email"),
    _text("email_folded"),
    _text("role"),
    _us("created_us"),
    _us("left_us", optional=True),
    sa.UniqueConstraint("venture_id", "email_folded"),
    sqlite_autoincrement=True,
)

keys = sa.Table(
    "keys",
    metadata,
    _id("key_id"),
    _venture(),
    _text("kind"),
    _text("name"),
    _text("source"),
    _text("token_sha256"),
    _text("hint"),
    sa.Column("scopes", Json, nullable=False),
    _us("created_us"),
    _text("created_by"),
    _us("revoked_us", optional=True),
    sa.UniqueConstraint("token_sha256"),
    sa.Index(None, "venture_id"),
    sqlite_autoincrement=True,
)

parameter_values = sa.Table(
    "parameter_values",
    metadata,
    _venture(key=True),
    _text("name", key=True),
    _text("segment", key=True),
    sa.Column("value", Json, nullable=False),
    _us("set_us"),
    _text("set_by"),
    _text("why"),
)

parameter_locks = sa.Table(
    "parameter_locks",
    metadata,
    _venture(key=True),
    _text("name", key=True),
    _us("locked_us"),
    _text("locked_by"),
    _text("why"),
)

applied_presets = sa.Table(
    "applied_presets",
    metadata,
    _id("applied_id"),
    _venture(),
    _text("preset"),
    _us("applied_us"),
    _text("applied_by"),
    _text("why"),
    sa.Index(None, "venture_id"),
    sqlite_autoincrement=True,
)

configuration_audit_log = sa.Table(
    "configuration_audit_log",
    metadata,
    _id("entry_id"),
    _venture(),
    _us("happened_us"),
    _text("who"),
    _text("subject"),
    _text("name"),
    _text("segment"),
    sa.Column("before", Json),
    sa.Column("after", Json),
    _text("why"),
    sa.Index(None, "venture_id", "entry_id"),
    sqlite_autoincrement=True,
)

scorecards = sa.Table(
    "scorecards",
    metadata,
    _venture(key=True),
    _text("name", key=True),
    sa.Column("version", Big, primary_key=True, autoincrement=False),
    _text("digest"),
    sa.Column("document", Json, nullable=False),
    _us("created_us"),
    _text("created_by"),
    _text("why"),
    sa.UniqueConstraint("venture_id", "name", "digest"),
)

# version null: retired. A log, so that the live set of any past time can be told.
scorecards_live = sa.Table(
    "scorecards_live",
    metadata,
    _id("change_id"),
    _venture(),
    _text("name"),
    sa.Column("version", Big),
    _us("live_from_us"),
    sa.Index(None, "venture_id", "name"),
    sqlite_autoincrement=True,
)

refresh_runs = sa.Table(
    "refresh_runs",
    metadata,
    _id("run_id"),
    _venture(),
    _text("kind"),
    _text("state"),
    _us("as_of_us"),
    sa.Column("known_batch", Big),
    _us("started_us"),
    _us("ended_us", optional=True),
    _us("newest_input_us", optional=True),
    sa.Column("rows", Big, nullable=False),
    sa.Column("checks", Json, nullable=False),
    _text("message"),
    sa.Index(None, "venture_id", "run_id"),
    sqlite_autoincrement=True,
)

# One index besides the key: a second one would triple the cost of publishing. On SQLite rows live in the key itself.
health = sa.Table(
    "health",
    metadata,
    _bulk_venture(),
    _text("customer_id", key=True),
    sa.Column("run_id", Big, nullable=False),
    sa.Column("score_tenths", Big, nullable=False),
    sa.Column("previous_score_tenths", Big),
    sa.Column("last_judged_score_tenths", Big),
    _us("last_intervention_us", optional=True),
    sa.Column("total", Real, nullable=False),
    _text("health_status"),
    sa.Column("engagement", Real),
    sa.Column("support", Real),
    sa.Column("value", Real),
    _text("other_components", optional=True),
    sa.Column("coverage", Real, nullable=False),
    _text("scorecard"),
    _text("scorecard_version"),
    sa.Column("is_new", Small, nullable=False),
    _us("changed_us"),
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
    _bulk_venture(),
    _text("customer_id", key=True),
    _text("name", optional=True),
    _text("plan", optional=True),
    _text("owner", optional=True),
    _text("segment", optional=True),
    _text("stage", optional=True),
    _text("customer_status", optional=True),
    sa.Column("arr_cents", Big),
    _us("renewal_us", optional=True),
    sa.Index(None, "venture_id", "owner"),
    sa.Index(None, "venture_id", "arr_cents"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

overrides = sa.Table(
    "overrides",
    metadata,
    _id("override_id"),
    _venture(),
    _text("customer_id"),
    sa.Column("score", Real),
    _text("status", optional=True),
    _text("reason"),
    _text("person"),
    _us("from_us"),
    _us("until_us"),
    _us("withdrawn_us", optional=True),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

pulses = sa.Table(
    "pulses",
    metadata,
    _id("pulse_id"),
    _venture(),
    _text("customer_id"),
    sa.Column("value", Real, nullable=False),
    _text("reason"),
    _text("person"),
    _us("given_us"),
    _us("until_us"),
    sa.Index(None, "venture_id", "customer_id"),
    sqlite_autoincrement=True,
)

jobs = sa.Table(
    "jobs",
    metadata,
    _id("job_id"),
    _venture(),
    _text("kind"),
    sa.Column("args", Json, nullable=False),
    _text("state"),
    _us("queued_us"),
    sa.Column("progress", Real, nullable=False),
    _text("progress_text"),
    sa.Column("result", Json),
    _text("error"),
    _text("claimed_by", optional=True),
    _us("heartbeat_us", optional=True),
    _us("started_us", optional=True),
    _us("ended_us", optional=True),
    sa.Column("attempts", Big, nullable=False),
    sa.Index(None, "venture_id", "state", "job_id"),
    sqlite_autoincrement=True,
)

metric_results = sa.Table(
    "metric_results",
    metadata,
    _venture(key=True),
    _text("metric", key=True),
    _text("segment", key=True),
    _us("as_of_us", key=True),
    sa.Column("document", Json, nullable=False),
    _us("computed_us"),
)

# `record` is text, not JSON: PostgreSQL's json refuses some of what makes a record land here.
quarantine = sa.Table(
    "quarantine",
    metadata,
    _id("item_id"),
    _venture(),
    _text("kind"),
    _text("source"),
    _text("position"),
    _text("field"),
    _text("rule"),
    _text("value"),
    _text("record"),
    _text("digest"),
    _us("first_seen_us"),
    _text("state"),
    _us("decided_us", optional=True),
    _text("note"),
    sa.UniqueConstraint("venture_id", "digest"),
    sa.Index(None, "venture_id", "state", "source", "field", "rule"),
    sqlite_autoincrement=True,
)

secrets = sa.Table(
    "secrets",
    metadata,
    _venture(key=True),
    _text("name", key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    _us("set_us"),
    _text("set_by"),
)

source_cursors = sa.Table(
    "source_cursors",
    metadata,
    _venture(key=True),
    _text("source", key=True),
    _text("position"),
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
