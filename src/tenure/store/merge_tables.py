"""Duplicates merged into other customers, and what followed them."""

from __future__ import annotations

import sqlalchemy as sa

from tenure.store.columns import (
    Big,
    Json,
    id_column,
    metadata,
    text_column,
    us_column,
    venture_column,
)

customer_merges = sa.Table(
    "customer_merges",
    metadata,
    id_column("merge_id"),
    venture_column(),
    text_column("kept"),
    text_column("duplicate"),
    text_column("by"),
    text_column("why"),
    us_column("at_us"),
    us_column("undone_us", optional=True),
    text_column("undone_by", optional=True),
    sa.Column("moved", Json, nullable=False),
    sa.Index(None, "venture_id", "duplicate"),
    sqlite_autoincrement=True,
)

# each row of another table that a merge changed, with what stood there before
merged_rows = sa.Table(
    "merged_rows",
    metadata,
    venture_column(key=True),
    sa.Column("merge_id", Big, primary_key=True, autoincrement=False),
    text_column("table_name", key=True),
    sa.Column("row_id", Big, primary_key=True, autoincrement=False),
    sa.Column("before", Json, nullable=False),
)
