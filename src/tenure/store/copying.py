"""What a venture decided, copied into another store: a rehearsal works by the same rules, people and permissions.

Facts of what happened (touches, chains, decisions) stay behind: a rehearsal makes its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tenure.store.loop_tables import (
    consents,
    enrollment_steps,
    enrollments,
    hands_off,
    pauses,
    playbooks,
    playbooks_live,
    recursion_executions,
    recursion_triggers,
    recursion_triggers_live,
    responses,
    stand_ins,
    suppressions,
    touches,
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
PRESENT = (pauses, enrollments, enrollment_steps, recursion_executions, responses)
SALT = "suppression_salt"
_CHUNK = 5_000
Which = sa.ColumnElement[bool]


def copy_rules(source: Store, venture_id: int, target: Store, target_venture_id: int, *, now_us: int) -> int:
    """Copy every row of RULES of one venture; returns how many. The target's venture must be new."""
    copied = _copy(source, venture_id, target, target_venture_id, {table: sa.true() for table in RULES})
    if SALT in source.secrets.names(venture_id):
        target.secrets.put(target_venture_id, SALT, source.secrets.get(venture_id, SALT), by="rehearsal", now_us=now_us)
    return copied


def copy_present(source: Store, venture_id: int, target: Store, target_venture_id: int, *, since_us: int) -> int:
    """Copy who is in what and who was written to since a time: `tenure plan` goes on from the present."""
    wanted: dict[sa.Table, Which] = {table: sa.true() for table in PRESENT}
    wanted[touches] = touches.c.sent_us >= since_us
    return _copy(source, venture_id, target, target_venture_id, wanted)


def _copy(source: Store, venture_id: int, target: Store, target_venture_id: int, wanted: Mapping[sa.Table, Which]) -> int:
    copied = 0
    with source._database.reading() as reading, target._database.writing() as writing:
        for table, which in wanted.items():
            query = sa.select(table).where(table.c.venture_id == venture_id, which)
            rows = [dict(row._mapping) for row in reading.execute(query)]
            moved: list[dict[str, Any]] = [row | {"venture_id": target_venture_id} for row in rows]
            for chunk in in_chunks(moved, _CHUNK):
                writing.execute(sa.insert(table), list(chunk))
            copied += len(rows)
    return copied
