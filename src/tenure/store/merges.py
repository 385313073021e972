"""Merges of duplicates in the store: each changed row is noted with what stood there, so that one undo puts it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tenure.errors import Refused
from tenure.model.intents import IntentState
from tenure.model.merges import Merge
from tenure.model.playbooks import EnrollmentState
from tenure.model.touches import TouchState
from tenure.model.triggers import EndReason, ExecutionState
from tenure.store.engine import Database
from tenure.store.loop_tables import (
    alerts,
    consents,
    customer_merges,
    decisions,
    enrollments,
    hands_off,
    intents,
    merged_rows,
    nps_surveys,
    pending_firings,
    recursion_executions,
    responses,
    stand_ins,
    tasks,
    touches,
)
from tenure.store.records import from_row
from tenure.store.statements import audit, hold_venture, in_chunks, new_id, not_found, one_of

_CHUNK = 1_000
_FOLLOW = (touches, responses, consents, hands_off, tasks, alerts, decisions, nps_surveys, stand_ins)
"""What becomes the kept customer's. Suppression goes by address and needs no following."""
_WAITING = [state.value for state in (TouchState.advised, TouchState.drafted, TouchState.deferred, TouchState.queued)]
_DUPLICATE = "its customer was a duplicate"
"""Why what waited ended; into whom it was merged stands with the merge alone, and is gone when that is undone or erased."""
_GOING = [state.value for state in EnrollmentState if not state.is_over]
Values = Mapping[str, Any]


class MergeRows:
    """The port `tenure.ports.merges.Merges`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def merge(self, venture_id: int, kept: str, duplicate: str, *, by: str, why: str, now_us: int) -> Merge:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            standing = _standing(connection, venture_id)
            same = next((one for one in standing if (one.kept, one.duplicate) == (kept, duplicate)), None)
            if same is not None:
                return same
            _refuse_tangles(standing, kept, duplicate)
            number = new_id(
                connection, customer_merges, venture_id=venture_id, kept=kept, duplicate=duplicate, by=by, why=why, at_us=now_us, moved={}
            )
            work = _Merging(connection, venture_id, number)
            moved = {name: count for name, count in work.run(kept, duplicate, now_us).items() if count}
            mine = sa.and_(customer_merges.c.venture_id == venture_id, customer_merges.c.merge_id == number)
            connection.execute(sa.update(customer_merges).where(mine).values(moved=moved))
            _audit(connection, venture_id, number, by, why, now_us, {"merged": True, "moved": moved})
            return from_row(one_of(connection, sa.select(customer_merges).where(mine), f"merge {number}"), Merge)

    def undo(self, venture_id: int, duplicate: str, *, by: str, now_us: int) -> Merge:
        with self._database.writing() as connection:
            hold_venture(connection, venture_id)
            standing = _standing(connection, venture_id)
            found = next((one for one in standing if one.duplicate == duplicate), None)
            if found is None:
                raise not_found("merge of this customer that stands")
            if any(one.duplicate == found.kept for one in standing):
                raise Refused("The customer it was merged into was merged away itself.", "Undo that merge first.")
            _Merging(connection, venture_id, found.merge_id).put_back(found.kept)
            mine = sa.and_(customer_merges.c.venture_id == venture_id, customer_merges.c.merge_id == found.merge_id)
            connection.execute(sa.update(customer_merges).where(mine).values(undone_us=now_us, undone_by=by))
            _audit(connection, venture_id, found.merge_id, by, "", now_us, {"merged": False})
            return from_row(one_of(connection, sa.select(customer_merges).where(mine), "merge"), Merge)

    def list(self, venture_id: int, *, standing_only: bool = True) -> Sequence[Merge]:
        with self._database.reading() as connection:
            found = [from_row(row, Merge) for row in connection.execute(_all(venture_id))]
        return [one for one in reversed(found) if one.stands or not standing_only]

    def into(self, venture_id: int, customer_ids: Sequence[str]) -> Sequence[str]:
        with self._database.reading() as connection:
            standing = _standing(connection, venture_id)
        found: set[str] = set()
        wanted = set(customer_ids)
        while new := {one.duplicate for one in standing if one.kept in wanted} - found:
            found |= new
            wanted = new
        return sorted(found)

    def forget(self, venture_id: int, customer_ids: Sequence[str]) -> int:
        table, gone = customer_merges.c, 0
        with self._database.writing() as connection:
            for chunk in in_chunks(customer_ids, _CHUNK):
                named = (table.venture_id == venture_id, sa.or_(table.kept.in_(chunk), table.duplicate.in_(chunk)))
                numbers = list(connection.scalars(sa.select(table.merge_id).where(*named)))
                theirs = (merged_rows.c.venture_id == venture_id, merged_rows.c.merge_id.in_(numbers))
                connection.execute(sa.delete(merged_rows).where(*theirs))
                gone += connection.execute(sa.delete(customer_merges).where(*named)).rowcount
        return gone


class _Merging:
    """One merge, in the caller's transaction."""

    def __init__(self, connection: Connection, venture_id: int, merge_id: int) -> None:
        self._connection, self._own, self._merge_id = connection, venture_id, merge_id

    def run(self, kept: str, duplicate: str, now_us: int) -> Counter[str]:
        moved: Counter[str] = Counter()
        # what waits first: afterwards it would be the kept customer's
        pulled = {"state": TouchState.withdrawn.value, "reason": f"merged: {_DUPLICATE}", "next_attempt_us": None}
        automated = (touches.c.customer_facing == 1, touches.c.by_person == 0, touches.c.state.in_(_WAITING))
        moved["touches_withdrawn"] = self._change(touches, [touches.c.customer_id == duplicate, *automated], {**pulled, "customer_id": kept})
        over = {"state": EnrollmentState.withdrawn.value, "is_running": None, "ended_us": now_us, "due_us": None, "reason": f"merged: {_DUPLICATE}"}
        moved["enrollments_ended"] = self._change(
            enrollments, [enrollments.c.customer_id == duplicate, enrollments.c.state.in_(_GOING)], over
        )
        ended = {"state": ExecutionState.terminated.value, "is_open": None, "terminated_us": now_us, "next_check_us": None}
        open_chains = [recursion_executions.c.subject == duplicate, recursion_executions.c.is_open == 1]
        moved["chains_ended"] = self._change(recursion_executions, open_chains, {**ended, "reason": EndReason.merged.value})
        refused = {"state": IntentState.refused.value, "done_us": now_us, "note": _DUPLICATE}
        moved["intents_refused"] = self._change(
            intents, [intents.c.customer_id == duplicate, intents.c.state == IntentState.pending.value], refused
        )
        firing = pending_firings.c
        self._connection.execute(sa.delete(pending_firings).where(firing.venture_id == self._own, firing.subject == duplicate))
        if self._is_assigned(kept, now_us):  # whoever looks after the kept customer goes on
            theirs = [stand_ins.c.customer_id == duplicate, stand_ins.c.ended_us.is_(None)]
            moved["assignments_ended"] = self._change(stand_ins, theirs, {"customer_id": kept, "ended_us": now_us})
        for table in _FOLLOW:
            moved[table.name] = self._change(table, [table.c.customer_id == duplicate], {"customer_id": kept})
        return moved

    def _is_assigned(self, customer_id: str, now_us: int) -> bool:
        """Whether somebody's word says who looks after the customer."""
        row = stand_ins.c
        goes_on = (row.ended_us.is_(None), sa.or_(row.until_us.is_(None), row.until_us > now_us))
        query = sa.select(row.stand_in_id).where(row.venture_id == self._own, row.customer_id == customer_id, *goes_on)
        return self._connection.execute(query.limit(1)).first() is not None

    def _change(self, table: sa.Table, conditions: Sequence[sa.ColumnElement[bool]], values: Values) -> int:
        """Change these rows, what stood there noted; returns how many."""
        (key,) = table.primary_key.columns
        mine = (table.c.venture_id == self._own, *conditions)
        rows = self._connection.execute(sa.select(key, *(table.c[name] for name in values)).where(*mine)).all()
        notes = [
            {
                "venture_id": self._own, "merge_id": self._merge_id, "table_name": table.name, "row_id": row[0],
                "before": dict(zip(values, row[1:], strict=True)),
            }
            for row in rows
        ]  # fmt: skip
        for notes_now, chunk in zip(in_chunks(notes, _CHUNK), in_chunks([row[0] for row in rows], _CHUNK), strict=True):
            self._connection.execute(sa.insert(merged_rows), list(notes_now))
            self._connection.execute(sa.update(table).where(table.c.venture_id == self._own, key.in_(chunk)).values(**values))
        return len(rows)

    def put_back(self, kept: str) -> None:
        """What ended runs on only where nothing new took its place; what somebody moved on meanwhile stays there."""
        by_name = {table.name: table for table in (*_FOLLOW, enrollments, recursion_executions, intents)}
        note = merged_rows.c
        noted = sa.select(merged_rows).where(note.venture_id == self._own, note.merge_id == self._merge_id)
        for row in self._connection.execute(noted.order_by(note.table_name, note.row_id)).all():
            table = by_name[row.table_name]
            (key,) = table.primary_key.columns
            mine = [table.c.venture_id == self._own, key == row.row_id]
            if table in _FOLLOW:
                mine.append(table.c.customer_id == kept)
            elif table is enrollments:
                mine += [table.c.state == EnrollmentState.withdrawn.value, *self._free(row.row_id, "customer_id", "is_running", enrollments)]
            elif table is recursion_executions:
                mine += [table.c.reason == EndReason.merged.value, *self._free(row.row_id, "subject", "is_open", table)]
            self._connection.execute(sa.update(table).where(*mine).values(**row.before))

    def _free(self, row_id: int, subject: str, going: str, table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
        """Nothing new of the same customer (and trigger) goes on."""
        other, (key,) = table.alias(), table.primary_key.columns
        same = [other.c.venture_id == self._own, other.c[subject] == table.c[subject], other.c[going] == 1, other.c[key.name] != row_id]
        same += [other.c.trigger_id == table.c.trigger_id] if "trigger_id" in table.c else []
        return (~sa.exists().where(*same),)


def _all(venture_id: int) -> sa.Select[Any]:
    return sa.select(customer_merges).where(customer_merges.c.venture_id == venture_id).order_by(customer_merges.c.merge_id)


def _standing(connection: Connection, venture_id: int) -> list[Merge]:
    query = _all(venture_id).where(customer_merges.c.undone_us.is_(None))
    return [from_row(row, Merge) for row in connection.execute(query)]


def _refuse_tangles(standing: Sequence[Merge], kept: str, duplicate: str) -> None:
    """A customer is merged away once, and only into one that is there."""
    if kept == duplicate:
        raise Refused("A customer cannot be merged into itself.", "Name the one to keep, then its duplicate.")
    away = {one.duplicate for one in standing}
    if kept in away or duplicate in away:
        raise Refused("One of them was merged away before.", "`tenure customers merges` shows into whom.")


def _audit(connection: Connection, venture_id: int, number: int, by: str, why: str, now_us: int, after: Values) -> None:
    audit(connection, venture_id, who=by, subject="merge", name=str(number), before=None, after=dict(after), why=why, now_us=now_us)
