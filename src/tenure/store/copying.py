"""What a venture decided, copied into another store: a rehearsal works by the same rules, people and permissions.

Facts of what happened (touches, chains, decisions) stay behind: a rehearsal makes its own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tenure.store.loop_tables import (
    consents,
    hands_off,
    playbooks,
    playbooks_live,
    recursion_triggers,
    recursion_triggers_live,
    stand_ins,
    suppressions,
)
from tenure.store.statements import in_chunks
from tenure.store.store import Store
from tenure.store.tables import overrides, parameter_locks, parameter_values, people

RULES = (
    people,
    parameter_values,
    parameter_locks,
    stand_ins,
    consents,
    suppressions,
    hands_off,
    overrides,
    recursion_triggers,
    recursion_triggers_live,
    playbooks,
    playbooks_live,
)
SALT = "suppression_salt"
_CHUNK = 5_000


def copy_rules(source: Store, venture_id: int, target: Store, target_venture_id: int, *, now_us: int) -> int:
    """Copy every row of RULES of one venture; returns how many. The target's venture must be new."""
    copied = 0
    with source._database.reading() as reading, target._database.writing() as writing:
        for table in RULES:
            rows = [dict(row._mapping) for row in reading.execute(sa.select(table).where(table.c.venture_id == venture_id))]
            moved: list[dict[str, Any]] = [row | {"venture_id": target_venture_id} for row in rows]
            for chunk in in_chunks(moved, _CHUNK):
                writing.execute(sa.insert(table), list(chunk))
            copied += len(rows)
    if SALT in source.secrets.names(venture_id):
        target.secrets.put(target_venture_id, SALT, source.secrets.get(venture_id, SALT), by="rehearsal", now_us=now_us)
    return copied
