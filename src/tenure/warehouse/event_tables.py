"""The tables of a view that come from events alone."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.model.mapping import FactMapping
from tenure.warehouse import rollups
from tenure.warehouse.derivation import EventRollups, Facts, Resolved
from tenure.warehouse.engine import Engine
from tenure.warehouse.recipes import NOW, Standing, schema_of


class EventTables:
    """A part of a `FactsView`, answered from events."""

    def __init__(self, events: EventRollups, now_us: int, mapping: FactMapping) -> None:
        self._events, self.now_us, self.mapping = events, now_us, mapping
        self._source: ir.Table | None = None

    @classmethod
    def of_resolved(cls, engine: Engine, table: str, now_us: int, mapping: FactMapping) -> EventTables:
        """From a table of events that say whose they are (customer_key, who_key)."""
        found = cls(EventRollups(Facts(engine, copies={"events": table}), Resolved(), now_us), now_us, mapping)
        found._source = engine.table(table)
        return found

    def standing(self) -> Standing:
        """These tables with stand-ins for their time and the events (`recipes`)."""
        if self._source is None:
            raise TypeError("only tables of resolved events stand for themselves")
        events, shape = self._events.standing(schema_of(self._source))
        twin = EventTables(events, NOW, self.mapping)
        return Standing(twin, ("events", *shape), self.now_us, None, {"events": self._source.get_name()})

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table:
        return rollups.activity(self._events.events(names, None if from_day is None else from_day * DAY_US))

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table:
        events = self._events.events(names)
        return events.group_by("customer_key").agg(
            first_us=events.at_us.min(), last_us=events.at_us.max(), n=events.count()
        )

    def user_days(self, from_day: int) -> ir.Table:
        return rollups.user_days(self._events.events(None, from_day * DAY_US))

    def features(self) -> ir.Table:
        return self._events.features(self.mapping)
