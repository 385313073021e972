"""The two tables of a document with versions: each version for good, and which was live since when."""

from __future__ import annotations

import sqlalchemy as sa

from tenure.store.columns import Big, Json, id_column, metadata, text_column, us_column, venture_column


def versions_table(name: str, key: str) -> sa.Table:
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


def live_table(name: str, key: str) -> sa.Table:
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
