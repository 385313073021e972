"""From accepted facts to the warehouse: one transaction that stores, accumulates and moves the mark."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pyarrow as pa

from tenure.clock import Clock
from tenure.model.facts import FactKind
from tenure.model.mapping import FactMapping
from tenure.ports.warehouse import DrainResult
from tenure.warehouse.accumulators import Accumulators
from tenure.warehouse.compaction import compact
from tenure.warehouse.deliveries import note_deliveries
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_digest
from tenure.warehouse.following import follow_aliases, follow_merges
from tenure.warehouse.schema import MARK, STATEMENT_TABLES
from tenure.warehouse.settling import Span, settle
from tenure.warehouse.stopwatch import Stopwatch
from tenure.warehouse.writer import adding, staging, tables, touching

KEPT_TOUCHED_BATCHES = 2_000
"""Older notes of who was touched are dropped: every score has been computed since."""

_STATEMENTS = {
    FactKind.customer: ("customer_statements", "customer_key", adding.add_customer_statements),
    FactKind.user: ("user_statements", "user_key", adding.add_user_statements),
    FactKind.ticket: ("ticket_statements", "ticket_key", adding.add_ticket_statements),
}
_HAPPENINGS = {
    FactKind.movement: ("movements", adding.add_movements),
    FactKind.answer: ("answers", adding.add_answers),
    FactKind.alias: ("aliases", adding.add_aliases),
}


class Drain:
    """One drain. `run` does it; the caller holds the transaction."""

    def __init__(self, engine: Engine, mapping: FactMapping, now_us: int, clock: Clock) -> None:
        self._engine, self._mapping = engine, mapping
        self._watch = Stopwatch(clock)
        self._handed_us = now_us
        self._after_seq = engine.mark(MARK.seq)
        self._last_batch = engine.number("SELECT max(batch) FROM batches")
        from_us = engine.mark(MARK.accumulated_to_us)
        self._span = Span(batch=self._last_batch + 1, from_us=from_us, now_us=max(now_us, from_us))
        self._accumulators = Accumulators(engine, mapping, self._span, self._watch)
        self._added: dict[str, int] = {kind.plural: 0 for kind in FactKind}
        self._kinds: set[FactKind] = set()

    def run(self, batches: Iterator[pa.RecordBatch], through_seq: int) -> DrainResult:
        """Everything but begin and commit."""
        with self._watch.stage("stage"):
            staged = self._stage(batches, through_seq)
        is_remapped = self._is_remapped()
        has_work = staged > 0 or is_remapped or self._somebody_waited()
        if has_work:
            self._move(is_remapped)
            self._record(through_seq, staged)
        self._set_marks(through_seq)
        return self._result(through_seq, staged, has_work)

    def _move(self, is_remapped: bool) -> None:
        run, watch = self._engine.run, self._watch
        newest_id = self._engine.number("SELECT max(id_key) FROM ids")
        mapping_key = self._use_mapping()
        for statement in touching.CREATE_WORK:
            run(statement)
        with watch.stage("intern"):
            self._intern()
        with watch.stage("statements"):
            self._add_all_but_events()
        with watch.stage("de-duplicate events"):
            self._add_events(mapping_key, is_remapped)
        follow_merges(self._engine, self._span.batch)
        settle(self._engine, self._span, newest_id, watch)
        if follow_aliases(self._engine):
            settle(self._engine, self._span, newest_id, watch)
        self._accumulators.accumulate(self._added["events"] > 0, is_remapped)
        with watch.stage("customers"):
            self._accumulators.settle_customers()
        with watch.stage("compact"):
            compact(self._engine, self._span.now_us)
        with watch.stage("clean up"):
            run(touching.record_touched(self._span.batch))
            run(touching.forget_touched(self._span.batch - KEPT_TOUCHED_BATCHES))
            for statement in tables.unstage(touching.WORK_TABLES):
                run(statement)

    # --- in --------------------------------------------------------------------------------------------------------

    def _stage(self, batches: Iterator[pa.RecordBatch], through_seq: int) -> int:
        first = next(batches, None)
        if first is None:
            return 0
        reader = pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
        self._engine.connection.register("inbox_rows", reader)
        try:
            self._engine.run(staging.stage("inbox_rows", self._after_seq, through_seq))
        finally:
            self._engine.connection.unregister("inbox_rows")
        newest = self._engine.run("SELECT kind, max(received_us), count(*) FROM stage GROUP BY kind")
        for kind, received_us, _ in newest:
            name = f"received_{FactKind(kind).plural}"
            self._engine.set_mark(name, max(int(received_us), self._engine.mark(name)))
        note_deliveries(self._engine)
        self._kinds = {FactKind(kind) for kind, *_ in newest}
        return sum(int(count) for *_, count in newest)

    def _somebody_waited(self) -> bool:
        """Is there a fact from before whose time has come?"""
        due = f"at_us >= {self._span.from_us} AND at_us < {self._span.now_us}"
        counts = " + ".join(f"(SELECT count(*) FROM {table} WHERE {due})" for table in STATEMENT_TABLES)
        return self._engine.number(f"SELECT (SELECT count(*) FROM pending_events WHERE {due}) + {counts}") > 0

    def _is_remapped(self) -> bool:
        found = self._engine.mark(MARK.mapping_key)
        if found == 0:
            return False
        digest = self._engine.run("SELECT digest FROM mappings WHERE mapping_key = ?", [found])[0][0]
        return bool(digest != mapping_digest(self._mapping))

    def _use_mapping(self) -> int:
        digest = mapping_digest(self._mapping)
        self._engine.run(staging.intern("mappings", "mapping_key", "digest", f"SELECT '{digest}' AS word, 0 AS seq"))
        key = self._engine.number(f"SELECT mapping_key FROM mappings WHERE digest = '{digest}'")
        self._engine.set_mark(MARK.mapping_key, key)
        return key

    def _intern(self) -> None:
        if not self._kinds:
            return
        run = self._engine.run
        for statement in (staging.PLACE, *staging.number_new_ids(self._kinds), staging.KEYED):
            run(statement)
        run(staging.intern("sources", "source_key", "source", staging.STAGED_SOURCES))
        if FactKind.event in self._kinds:
            run(staging.intern("names", "name_key", "name", staging.STAGED_NAMES))
            run(staging.intern("feature_names", "feature_key", "feature", staging.STAGED_FEATURES))

    def _add_all_but_events(self) -> None:
        for kind, (table, subject, add) in _STATEMENTS.items():
            if kind in self._kinds:
                self._leave_out_known(kind, table)
                self._engine.run(add(self._span.batch))
                for statement in adding.add_what_is_new(table, subject, self._span.batch):
                    self._engine.run(statement)
                self._append(kind, table)
                self._added[kind.plural] -= self._engine.number(adding.COUNT_REVIVED)
                self._engine.run(f"DROP TABLE temp.said_{table}")
        for kind, (table, add) in _HAPPENINGS.items():
            if kind in self._kinds:
                self._leave_out_known(kind, table)
                self._engine.run(add(self._span.batch))
                self._append(kind, table)

    def _leave_out_known(self, kind: FactKind, table: str) -> None:
        for statement in staging.without_known(int(kind), table):
            self._engine.run(statement)

    def _append(self, kind: FactKind, table: str) -> None:
        self._added[kind.plural] = int(self._engine.run(tables.append(table))[0][0])
        self._engine.run(f"DROP TABLE temp.added_{table}")

    def _add_events(self, mapping_key: int, is_remapped: bool) -> None:
        """New events into `added_events`; they enter `events` after history was looked at for moved users."""
        if FactKind.event not in self._kinds:
            self._engine.run("CREATE OR REPLACE TEMP TABLE added_events AS SELECT * FROM events LIMIT 0")
            return
        self._leave_out_known(FactKind.event, "events")
        self._engine.run(adding.add_events(self._span.batch, mapping_key))
        if is_remapped:
            self._accumulators.reread_added()
        self._added["events"] = self._engine.number("SELECT count(*) FROM added_events")

    # --- done ------------------------------------------------------------------------------------------------------

    def _record(self, through_seq: int, staged: int) -> None:
        added = sum(self._added.values())
        self._engine.run(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)",
            [self._span.batch, self._handed_us, self._after_seq + 1, through_seq, added, staged - added],
        )

    def _set_marks(self, through_seq: int) -> None:
        if through_seq > self._after_seq:
            self._engine.set_mark(MARK.seq, through_seq)
        self._engine.set_mark(MARK.accumulated_to_us, self._span.now_us)

    def _result(self, through_seq: int, staged: int, has_work: bool) -> DrainResult:
        engine = self._engine
        touched = f"FROM touched WHERE batch = {self._span.batch}"
        return DrainResult(
            batch=self._span.batch if has_work else self._last_batch,
            through_seq=max(through_seq, self._after_seq),
            added=self._added,
            duplicates=staged - sum(self._added.values()),
            pending=engine.number(touching.count_pending(self._span.now_us)),
            touched_customers=engine.number(f"SELECT count(*) {touched}"),
            late_customers=engine.number(f"SELECT count(*) {touched} AND earliest_us < {self._span.from_us}"),
            timings=self._watch.seconds,
        )
