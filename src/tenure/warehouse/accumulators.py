"""What events add up to: parts are added for new events; what cannot be un-added is computed from facts again."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from tenure.model.mapping import FactMapping
from tenure.warehouse import rollups
from tenure.warehouse.derivation import EventRollups, Facts, UserMap
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import reread_features
from tenure.warehouse.recipes import filled, recipe, stand_in
from tenure.warehouse.schema import EXPLICIT, ROLLUPS, WAITING
from tenure.warehouse.settling import Span, resolved, settle_customers
from tenure.warehouse.stopwatch import Stopwatch
from tenure.warehouse.writer import arriving, staging, tables

_ROLLUPS: dict[str, Callable[[ir.Table], ir.Table]] = {
    "activity": rollups.activity,
    "name_totals": rollups.name_totals,
    "feature_totals": rollups.feature_totals,
    "user_days": rollups.user_days,
}


def add_parts(engine: Engine, table: str, events: str) -> None:
    """Add what these events (a table with the columns `rollups.ROLLED`) add up to to one of `schema.ROLLUPS`."""
    text = recipe(engine, ("rollup", table), lambda: _ROLLUPS[table](stand_in("events", rollups.ROLLED)))
    parts = filled(text, 0, None, {"events": events})
    is_merged = table == "feature_totals"
    engine.run(arriving.add_features(parts) if is_merged else tables.insert_select_by_name(table, parts))


class Accumulators:
    """The rollups of one drain."""

    def __init__(self, engine: Engine, mapping: FactMapping, span: Span, watch: Stopwatch) -> None:
        self._engine, self._mapping, self._span, self._watch = engine, mapping, span, watch

    def accumulate(self, has_events: bool, is_remapped: bool) -> None:
        """Keep the new events for ever and add those whose time has come to the rollups of their customers."""
        engine, run = self._engine, self._engine.run
        with self._watch.stage("facts"):
            fresh = self._choose()
            if has_events:
                run(tables.append("events"))
            for statement in arriving.wait_for_their_time(self._span.now_us):
                run(statement)
        with self._watch.stage("accumulate"):
            if engine.number(f"SELECT count(*) FROM {fresh}") > 0:
                self._add(fresh)
        with self._watch.stage("recompute"):
            if engine.number("SELECT count(*) FROM dirty_activity") > 0:
                self._recompute()
            if is_remapped:
                self._recompute_features()
        engine.forget([fresh])

    def _choose(self) -> str:
        """Events to add, with whose they are."""
        chosen = self._engine.keep_sql(arriving.choose_fresh_events(self._span.now_us), "chosen")
        columns = {name: kind for name, kind in WAITING.items() if name != "seq"}
        theirs = resolved(self._engine, chosen, columns, tuple(rollups.ROLLED))
        fresh = self._engine.keep_sql(f"SELECT * FROM ({theirs}) WHERE customer_key IS NOT NULL", "fresh")
        self._engine.forget([chosen])
        return fresh

    def _add(self, fresh: str) -> None:
        firsts = self._engine.keep_sql(arriving.first_of(fresh), "firsts")
        self._engine.run(arriving.dirty_by_fresh_events(firsts))
        self._engine.run(arriving.touched_by_fresh_events(firsts))
        self._engine.forget([firsts])
        self._engine.run(arriving.without_dirty(fresh))
        for table in ROLLUPS:
            self._insert(table, fresh)

    def _insert(self, table: str, events: str) -> None:
        add_parts(self._engine, table, events)

    def _users(self) -> UserMap:
        return UserMap.named(self._engine, "user_map")

    def _recompute(self) -> None:
        """What cannot be un-added: everything of these customers from facts."""
        engine = self._engine
        dirty = engine.table("dirty_activity").distinct()
        for table in ROLLUPS:
            engine.run(tables.replace(table, "customer_key", "dirty_activity"))
        theirs = EventRollups(Facts(engine), self._users(), self._span.now_us, dirty)
        events = engine.keep(theirs.events().select(*rollups.ROLLED), "recomputed").get_name()
        for table in ("activity", "name_totals", "user_days"):
            self._insert(table, events)
        self._insert_features(theirs.features(self._mapping))
        engine.forget([events])

    def _recompute_features(self) -> None:
        """The mapping changed: features of everybody, read again from what events said."""
        engine = self._engine
        engine.run("DELETE FROM feature_totals")
        self._insert_features(EventRollups(Facts(engine), self._users(), self._span.now_us).features(self._mapping))
        events = engine.table("events")
        self._reread("pending_events", events.semi_join(engine.table("pending_events"), "seq"))

    def reread_added(self) -> None:
        """Features of the events of this drain: the door may have used the mapping before."""
        self._reread("added_events", self._engine.table("added_events"))

    def _reread(self, table: str, events: ir.Table) -> None:
        """Set the features in a table of events by the present mapping; `events` has their properties."""
        engine = self._engine
        by_rules = events.filter(events.mapping_key != EXPLICIT).drop("feature_key")
        found = reread_features(by_rules, engine.table("names"), self._mapping).select("seq", "feature")
        explicit = events.filter(events.mapping_key == EXPLICIT).inner_join(engine.table("feature_names"), "feature_key")
        read = engine.keep(ibis.union(found, explicit.select("seq", "feature"), distinct=False), "reread").get_name()
        engine.run(staging.intern("feature_names", "feature_key", "feature", f"SELECT feature AS word, seq FROM {read}"))
        engine.run(arriving.use_features(table, read))
        engine.forget([read])

    def _insert_features(self, features: ir.Table) -> None:
        engine = self._engine
        found = engine.keep(features, "features").get_name()
        engine.run(staging.intern("feature_names", "feature_key", "feature", f"SELECT feature AS word, 0 AS seq FROM {found}"))
        engine.run(arriving.insert_features(found))
        engine.forget([found])

    def settle_customers(self) -> None:
        """The states of every customer found dirty on the way."""
        engine = self._engine
        dirty = engine.keep_sql("SELECT DISTINCT customer_key FROM dirty_customers WHERE customer_key IS NOT NULL", "dirty")
        if engine.number(f"SELECT count(*) FROM {dirty}") > 0:
            settle_customers(engine, self._span.now_us, dirty)
        engine.forget([dirty])
