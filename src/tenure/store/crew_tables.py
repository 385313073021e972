"""The crew: its calendar, its set-up, its gates, what only a person can confirm, what it found."""

from __future__ import annotations

import sqlalchemy as sa

from tenure.store.columns import Json, id_column, metadata, text_column, us_column, venture_column

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
