"""The schema of the SQLite inbox file, step by step; its `user_version` says how many were done.

Alembic would open the file through Python's sqlite3, which this file must never meet (see `inbox_sqlite`).
A step, once released, is never edited; there is no way back down.
"""

from __future__ import annotations

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE inbox (
        last_seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        first_seq INTEGER NOT NULL,
        venture_id INTEGER NOT NULL,
        oldest_us INTEGER NOT NULL,
        format INTEGER NOT NULL,
        payload BLOB NOT NULL
    ) STRICT
    """,
)
SCHEMA_VERSION = len(STEPS)
