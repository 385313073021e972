"""The schema of the SQLite inbox file, step by step; its `user_version` says how many were done.

Alembic would open the file through Python's sqlite3, which this file must never meet (see `inbox_sqlite`).
A step, once released, is never edited; there is no way back down.
"""

from __future__ import annotations

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE inbox (
        seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        venture_id INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        key_hi INTEGER NOT NULL,
        key_lo INTEGER NOT NULL,
        source TEXT NOT NULL,
        occurred_us INTEGER NOT NULL,
        received_us INTEGER NOT NULL,
        customer_id TEXT,
        user_id TEXT,
        anonymous INTEGER NOT NULL,
        name TEXT,
        feature TEXT,
        body TEXT
    ) STRICT
    """,
)
SCHEMA_VERSION = len(STEPS)
