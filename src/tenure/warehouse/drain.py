"""From accepted facts to the warehouse: one transaction that stores, accumulates and moves the mark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import Clock
from tenure.model.facts import FactKind
from tenure.model.mapping import FactMapping
from tenure.ports.warehouse import DrainResult
from tenure.warehouse import rollups, writer
from tenure.warehouse.derivation import EventRollups, Facts, SubjectStates, UserMap, only, people
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_digest, reread_features
from tenure.warehouse.schema import MARK, PARTS
from tenure.warehouse.settling import settle_customers

KEPT_TOUCHED_BATCHES = 2_000
"""Older notes of who was touched are dropped: every score has been computed since."""

_STATEMENTS = {
    FactKind.customer: ("customer_statements", "customer_key", writer.add_customer_statements),
    FactKind.user: ("user_statements", "user_key", writer.add_user_statements),
    FactKind.ticket: ("ticket_statements", "ticket_key", writer.add_ticket_statements),
}
_HAPPENINGS = {
    FactKind.movement: ("movements", writer.add_movements),
    FactKind.answer: ("answers", writer.add_answers),
    FactKind.alias: ("aliases", writer.add_aliases),
}


class Stopwatch:
    """Seconds per stage, added up by name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = self._clock.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + self._clock.monotonic() - started


class Drain:
    """One drain. `run` does it; the caller holds the transaction."""

    def __init__(self, engine: Engine, mapping: FactMapping, now_us: int, clock: Clock) -> None:
        self._engine, self._mapping = engine, mapping
        self._watch = Stopwatch(clock)
        self._from_us = engine.mark(MARK.accumulated_to_us)
        self._now_us = max(now_us, self._from_us)
        self._handed_us = now_us
        self._after_seq = engine.mark(MARK.seq)
        self._last_batch = engine.number("SELECT max(batch) FROM batches")
        self._batch = self._last_batch + 1
        self._newest_id = engine.number("SELECT max(id_key) FROM ids")
        self._facts = Facts(engine)
        self._added: dict[str, int] = {kind.plural: 0 for kind in FactKind}
        self._kept: list[ir.Table] = []
        self._kinds: set[FactKind] = set()

    # --- the whole of it ---------------------------------------------------------------------------------------------

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
        mapping_key = self._use_mapping()
        for statement in writer.CREATE_WORK:
            self._engine.run(statement)
        with self._watch.stage("intern"):
            self._intern()
        with self._watch.stage("statements"):
            self._add_statements()
        with self._watch.stage("de-duplicate events"):
            has_events = self._add_events(mapping_key, is_remapped)
        with self._watch.stage("people"):
            users = self._settle_people()
        with self._watch.stage("tickets, money, answers"):
            self._settle_tickets(users)
            self._settle_money(users)
            self._settle_answers(users)
        with self._watch.stage("accumulate"):
            self._accumulate(users, has_events, is_remapped)
        with self._watch.stage("customers"):
            self._settle_customers(users)
            self._engine.run(writer.record_touched(self._batch))
            self._engine.run(writer.forget_touched(self._batch - KEPT_TOUCHED_BATCHES))
        with self._watch.stage("clean up"):
            self._engine.forget(self._kept)
            for statement in writer.unstage([*writer.WORK_TABLES, "added_events"]):
                self._engine.run(statement)

    # --- in --------------------------------------------------------------------------------------------------------

    def _stage(self, batches: Iterator[pa.RecordBatch], through_seq: int) -> int:
        first = next(batches, None)
        if first is None:
            return 0
        reader = pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
        self._engine.connection.register("inbox_rows", reader)
        try:
            self._engine.run(writer.stage("inbox_rows", self._after_seq, through_seq))
        finally:
            self._engine.connection.unregister("inbox_rows")
        newest = self._engine.run("SELECT kind, max(received_us) FROM stage GROUP BY kind")
        for kind, received_us in newest:
            name = f"received_{FactKind(kind).plural}"
            self._engine.set_mark(name, max(int(received_us), self._engine.mark(name)))
        self._kinds = {FactKind(kind) for kind, _ in newest}
        return self._engine.number("SELECT count(*) FROM stage")

    def _somebody_waited(self) -> bool:
        """Is there a fact from before whose time has come?"""
        span = f"at_us >= {self._from_us} AND at_us < {self._now_us}"
        tables = ("pending_events", *(name for name, *_ in (*_STATEMENTS.values(), *_HAPPENINGS.values())))
        return any(self._engine.number(f"SELECT count(*) FROM {table} WHERE {span}") for table in tables)

    def _is_remapped(self) -> bool:
        found = self._engine.mark(MARK.mapping_key)
        if found == 0:
            return False
        digest = self._engine.run("SELECT digest FROM mappings WHERE mapping_key = ?", [found])[0][0]
        return bool(digest != mapping_digest(self._mapping))

    def _use_mapping(self) -> int:
        digest = mapping_digest(self._mapping)
        self._engine.run(writer.intern("mappings", "mapping_key", "digest", f"SELECT '{digest}' AS word, 0 AS seq"))
        key = self._engine.number(f"SELECT mapping_key FROM mappings WHERE digest = '{digest}'")
        self._engine.set_mark(MARK.mapping_key, key)
        return key

    def _intern(self) -> None:
        if not self._kinds:
            return
        run = self._engine.run
        run(writer.intern("ids", "id_key", "id", writer.STAGED_IDS))
        run(writer.intern("sources", "source_key", "source", writer.STAGED_SOURCES))
        if FactKind.event in self._kinds:
            run(writer.intern("names", "name_key", "name", writer.STAGED_NAMES))
            run(writer.intern("feature_names", "feature_key", "feature", writer.STAGED_FEATURES))

    def _add_statements(self) -> None:
        """Everything but events: few, and each may change what is known of its subject."""
        kinds = self._kinds
        for kind, (table, subject, add) in _STATEMENTS.items():
            if kind in kinds:
                self._engine.run(writer.novel(int(kind), table, "novel"))
                self._engine.run(add(self._batch))
                self._engine.run(writer.add_what_is_new(table, subject))
                self._append(kind, table)
                self._engine.run(f"DROP TABLE temp.said_{table}")
        for kind, (table, add) in _HAPPENINGS.items():
            if kind in kinds:
                self._engine.run(writer.novel(int(kind), table, "novel"))
                self._engine.run(add(self._batch))
                self._append(kind, table)

    def _append(self, kind: FactKind, table: str) -> None:
        self._engine.run(writer.append(table))
        self._added[kind.plural] = self._engine.number(f"SELECT count(*) FROM added_{table}")
        self._engine.run(f"DROP TABLE temp.added_{table}")

    def _add_events(self, mapping_key: int, is_remapped: bool) -> bool:
        """New events into `added_events`; they enter `events` after history was looked at for moved users."""
        if FactKind.event not in self._kinds:
            self._engine.run("CREATE OR REPLACE TEMP TABLE added_events AS SELECT * FROM events LIMIT 0")
            return False
        self._engine.run(writer.novel(int(FactKind.event), "events", "novel"))
        self._engine.run(writer.add_events(self._batch, mapping_key))
        if is_remapped:
            self._reread("added_events", self._engine.ibis.table("added_events"))
        self._added["events"] = self._engine.number("SELECT count(*) FROM added_events")
        return self._added["events"] > 0

    def _reread(self, table: str, events: ir.Table) -> None:
        """Set the features in a table of events by the present mapping; `events` has their properties."""
        found = reread_features(events.drop("feature_key"), self._engine.table("names"), self._mapping)
        read = self._engine.keep(found.select("seq", "feature"), "reread")
        name = read.get_name()
        self._engine.run(writer.intern("feature_names", "feature_key", "feature", f"SELECT feature AS word, seq FROM {name}"))
        self._engine.run(writer.use_features(table, name))
        self._kept.append(read)

    # --- whose -----------------------------------------------------------------------------------------------------

    def _span(self) -> tuple[int, int, int]:
        return self._batch, self._from_us, self._now_us

    def _settle_people(self) -> UserMap:
        """Who is who and whose, anew for everybody something was said of; returns the present user map."""
        engine, run = self._engine, self._engine.run
        run(writer.insert("dirty_users", writer.passing("user_statements", "user_key", *self._span())))
        run(writer.insert("dirty_users", writer.passing("aliases", "previous_key", *self._span())))
        run(writer.insert("dirty_users", writer.passing("aliases", "user_key", *self._span())))
        if engine.number("SELECT count(*) FROM dirty_users") > 0:
            self._replace_people()
        return UserMap(engine, engine.table("user_map"))

    def _replace_people(self) -> None:
        engine, run = self._engine, self._engine.run
        if engine.number("SELECT count(*) FROM aliases") > 0:
            while run(writer.spread_over_aliases())[0][0] > 0:
                pass
        everyone = engine.ibis.table("dirty_users").distinct()
        links, users = people(engine, self._facts, self._now_us, everyone)
        self._kept += [links, users.kept]
        run(writer.find_moved_users(users.kept.get_name()))
        run(writer.find_moved_places(self._newest_id))
        run(writer.DIRTY_BY_MOVES)
        run(writer.DIRTY_HOLDERS)
        run(writer.TOUCHED_BY_MOVES)
        run(writer.touched_by_users(*self._span()))
        run(writer.replace("user_map", "user_key", "dirty_users"))
        run(f"INSERT INTO user_map BY NAME SELECT * FROM {users.kept.get_name()}")
        run(writer.replace("user_states", "user_key", "dirty_users"))
        engine.insert("user_states", self._subjects(users).user_states(links, everyone))

    # --- what ------------------------------------------------------------------------------------------------------

    def _subjects(self, users: UserMap) -> SubjectStates:
        return SubjectStates(self._facts, self._now_us, users)

    def _settle_tickets(self, users: UserMap) -> None:
        engine, run = self._engine, self._engine.run
        run(writer.insert("dirty_tickets", writer.passing("ticket_statements", "ticket_key", *self._span())))
        if engine.number("SELECT count(*) FROM dirty_tickets") == 0:
            return
        self._touch_by_tickets(users, "before")
        run(writer.replace("ticket_states", "ticket_key", "dirty_tickets"))
        engine.insert("ticket_states", self._subjects(users).ticket_states(engine.ibis.table("dirty_tickets")))
        self._touch_by_tickets(users, "after")

    def _touch_by_tickets(self, users: UserMap, when: str) -> None:
        """Customers of the dirty tickets; a ticket nobody knew of is as old as it says."""
        engine = self._engine
        mine = only(engine.table("ticket_states"), "ticket_key", engine.ibis.table("dirty_tickets"))
        places = engine.keep(
            users.resolved(mine).select("ticket_key", "customer_key", "created_us", "first_stated_us"), f"tickets_{when}"
        )
        self._kept.append(places)
        engine.run(writer.touched_by_tickets(places.get_name(), *self._span()))
        engine.run(f"INSERT INTO dirty_customers SELECT DISTINCT customer_key FROM {places.get_name()}")

    def _settle_money(self, users: UserMap) -> None:
        engine, run = self._engine, self._engine.run
        run(writer.insert("dirty_customers", writer.passing("customer_statements", "customer_key", *self._span())))
        run(writer.touched_by_statements(*self._span()))
        run(writer.insert("dirty_ledgers", writer.passing("movements", "customer_key", *self._span())))
        if engine.number("SELECT count(*) FROM dirty_ledgers") == 0:
            return
        run(writer.insert("dirty_customers", "SELECT customer_key FROM dirty_ledgers"))
        run(writer.touched_by_movements(*self._span()))
        dirty = engine.ibis.table("dirty_ledgers")
        run(writer.replace("ledger", "customer_key", "dirty_ledgers"))
        engine.insert("ledger", self._subjects(users).ledger(dirty))

    def _settle_answers(self, users: UserMap) -> None:
        batch, from_us, now_us = self._span()
        answers = self._engine.table("answers")
        new = answers.filter(
            ((answers.batch == batch) | (answers.at_us >= from_us)) & (answers.at_us < now_us)
        )
        places = self._engine.keep(users.resolved(new).select("customer_key", "at_us"), "answered")
        self._kept.append(places)
        name = places.get_name()
        self._engine.run(f"INSERT INTO dirty_customers SELECT DISTINCT customer_key FROM {name}")
        self._engine.run(f"INSERT INTO new_touched SELECT customer_key, min(at_us) FROM {name} GROUP BY ALL")

    # --- how much --------------------------------------------------------------------------------------------------

    def _accumulate(self, users: UserMap, has_events: bool, is_remapped: bool) -> None:
        engine, run = self._engine, self._engine.run
        chosen = engine.keep_sql(writer.choose_fresh_events(self._now_us), "chosen")
        fresh = engine.keep(users.theirs(chosen, None), "fresh")
        self._kept += [chosen, fresh]
        if has_events:
            run(writer.append("events"))
        for statement in writer.wait_for_their_time(self._now_us):
            run(statement)
        run(writer.fresh_events(fresh.get_name()))
        run(writer.DIRTY_BY_FRESH_EVENTS)
        run(writer.TOUCHED_BY_FRESH_EVENTS)
        self._add_parts(engine.ibis.table("fresh_events"))
        if engine.number("SELECT count(*) FROM dirty_activity") > 0:
            self._recompute_activity(users)
        if is_remapped:
            self._recompute_features(users)

    def _add_parts(self, events: ir.Table) -> None:
        engine = self._engine
        clean = events.anti_join(engine.ibis.table("dirty_activity"), "customer_key")
        engine.insert("activity", rollups.activity(clean))
        engine.insert("name_totals", rollups.name_totals(clean))
        engine.insert("feature_totals", rollups.feature_totals(clean))
        engine.insert("user_days", rollups.user_days(clean))

    def _recompute_activity(self, users: UserMap) -> None:
        """What cannot be un-added: everything of these customers from facts."""
        engine = self._engine
        dirty = engine.ibis.table("dirty_activity").distinct()
        for table in PARTS:
            engine.run(writer.replace(table, "customer_key", "dirty_activity"))
        theirs = EventRollups(self._facts, users, self._now_us, dirty)
        events = engine.keep(theirs.events().select("customer_key", "who_key", "name_key", "at_us"), "recomputed")
        self._kept.append(events)
        engine.insert("activity", rollups.activity(events))
        engine.insert("name_totals", rollups.name_totals(events))
        engine.insert("user_days", rollups.user_days(events))
        self._insert_features(theirs.features(self._mapping))

    def _recompute_features(self, users: UserMap) -> None:
        """The mapping changed: features of everybody, read again from what events said."""
        self._engine.run("DELETE FROM feature_totals")
        self._insert_features(EventRollups(self._facts, users, self._now_us).features(self._mapping))
        events = self._engine.table("events")
        self._reread("pending_events", events.semi_join(self._engine.table("pending_events"), "seq"))

    def _insert_features(self, features: ir.Table) -> None:
        engine = self._engine
        found = engine.keep(features, "features")
        self._kept.append(found)
        engine.run(
            writer.intern("feature_names", "feature_key", "feature", f"SELECT feature AS word, 0 AS seq FROM {found.get_name()}")
        )
        engine.insert("feature_totals", found.inner_join(engine.table("feature_names"), "feature").drop("feature"))

    def _settle_customers(self, users: UserMap) -> None:
        engine = self._engine
        dirty = engine.keep_sql(
            "SELECT DISTINCT customer_key FROM dirty_customers WHERE customer_key IS NOT NULL", "dirty"
        )
        self._kept.append(dirty)
        if engine.number(f"SELECT count(*) FROM {dirty.get_name()}") == 0:
            return
        settle_customers(engine, users, self._now_us, dirty)

    # --- done ------------------------------------------------------------------------------------------------------

    def _record(self, through_seq: int, staged: int) -> None:
        added = sum(self._added.values())
        self._engine.run(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)",
            [self._batch, self._handed_us, self._after_seq + 1, through_seq, added, staged - added],
        )

    def _set_marks(self, through_seq: int) -> None:
        if through_seq > self._after_seq:
            self._engine.set_mark(MARK.seq, through_seq)
        self._engine.set_mark(MARK.accumulated_to_us, self._now_us)

    def _result(self, through_seq: int, staged: int, has_work: bool) -> DrainResult:
        engine = self._engine
        touched = f"FROM touched WHERE batch = {self._batch}"
        return DrainResult(
            batch=self._batch if has_work else self._last_batch,
            through_seq=max(through_seq, self._after_seq),
            added=self._added,
            duplicates=staged - sum(self._added.values()),
            pending=engine.number(writer.count_pending(self._now_us)),
            touched_customers=engine.number(f"SELECT count(*) {touched}"),
            late_customers=engine.number(f"SELECT count(*) {touched} AND earliest_us < {self._from_us}"),
            timings=self._watch.seconds,
        )
