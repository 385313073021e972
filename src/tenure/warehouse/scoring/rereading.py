"""Inputs of last scores as they were: kept ones, and those that late facts or windows make it necessary to read again.

Most scores are told from what was kept. Where only events are new, and that is nearly always, late ones are added to
what was kept where inputs can be added to; else the events of all such customers are read once, each customer's cut
at the time of its own last score. Whatever else is new to a customer can have changed whose its facts are: those few
are read through a view of the time of their last score.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial

import ibis.expr.types as ir

from tenure.clock import DAY_US, day_of
from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.engine import Engine
from tenure.warehouse.event_tables import EventTables
from tenure.warehouse.extract import Extract
from tenure.warehouse.schema import FACTS
from tenure.warehouse.scoring import tables
from tenure.warehouse.scoring.inputs import (
    EVENT_ROLES,
    WINDOWED_ROLES,
    columns_in,
    first_day,
    input_columns,
    read_event_inputs,
    read_inputs,
)
from tenure.warehouse.scoring.late_events import ADDED_ROLES, with_late
from tenure.warehouse.scoring.scratch import Scratch
from tenure.warehouse.scoring.sources import Views
from tenure.warehouse.settling import resolved
from tenure.warehouse.writer import picking

_READ = {
    name: FACTS["events"][name]
    for name in (
        "batch",
        "at_us",
        "own_key",
        "user_key",
        "anonymous",
        "name_key",
        "feature_key",
        "mapping_key",
        "properties",
    )
}
_RESOLVED = ("batch", "customer_key", "who_key", "name_key", "feature_key", "mapping_key", "at_us", "properties")


@dataclass(frozen=True)
class Present:
    """The run being computed. `scores` has the inputs and totals of all its customers."""

    now_us: int
    known_batch: int
    config: ScoringConfig
    connected: frozenset[str]
    scores: ir.Table
    pulses: ir.Table | None


@dataclass(frozen=True)
class Then:
    """What last scores were computed with that share a configuration.

    `inputs`: customer_key, ..., `as_of_us`, `known_batch`, the kept inputs, and how each row is to be read again: `is_late`, and
    `is_plain` (nothing but events of its present spell is new).
    """

    inputs: ir.Table
    config: ScoringConfig
    connected: frozenset[str]

    @property
    def windowed(self) -> tuple[str, ...]:
        return columns_in(self.config, WINDOWED_ROLES)


class Rereader:
    """Reads inputs again for some rows of last scores.

    Args:
        old: every last score that may be asked for; their facts are copied out at once.
    """

    def __init__(self, engine: Engine, scratch: Scratch, views: Views, now: Present, old: ir.Table) -> None:
        self._engine, self._scratch, self._views, self._now, self._old = engine, scratch, views, now, old

    def late(self, then: Then) -> ir.Table:
        """The inputs of then as known today."""
        events = self._late_events(then, self._picked(then.inputs, "is_late AND is_plain"))
        others = self._through_views(then, self._picked(then.inputs, "is_late AND NOT is_plain"), None)
        return self._instead(then.inputs, [*events, *others], "then")

    def later(self, then: Then, late: ir.Table) -> ir.Table:
        """The same facts seen from now; `late` is what the other question answered."""
        if not then.windowed:
            return late
        is_same = then.config.digest == self._now.config.digest
        moved = self._moved_windows(then, self._picked(late, "is_plain")) if is_same else []
        rows = self._picked(then.inputs, "NOT is_plain" if is_same else "true")
        return self._instead(late, [*moved, *self._through_views(then, rows, self._now.now_us)], "later")

    def _picked(self, table: ir.Table, condition: str) -> ir.Table:
        return self._scratch.where(table, table.columns, condition, "picked")

    def _instead(self, base: ir.Table, found: Iterable[ir.Table], prefix: str) -> ir.Table:
        """The rows of `base`, those found in their place."""
        names = [table.get_name() for table in found]
        return self._scratch.selected(tables.instead(base.get_name(), names), prefix) if names else base

    # --- from events ---------------------------------------------------------------------------------------------------

    def _late_events(self, then: Then, rows: ir.Table) -> list[ir.Table]:
        """Rows of customers with late events, cut at their last scores; windows end on the day of each."""
        names = columns_in(then.config, EVENT_ROLES)
        if not names or self._scratch.is_empty(rows):
            return []
        if self._can_be_added_to(then):
            return self._added_to(then, rows)
        events = self._events_until(rows, 0)
        days = f"SELECT DISTINCT as_of_us // {DAY_US} FROM {rows.get_name()} ORDER BY 1"
        return [self._of_day(then, rows, events, int(day)) for (day,) in self._engine.run(days)]

    def _can_be_added_to(self, then: Then) -> bool:
        """Whether late events change the inputs by what they are, whatever was there before them."""
        roles = {column.role for column in input_columns(then.config)} & EVENT_ROLES
        knows_features = "first_value_us" not in roles or "features" in then.connected
        return roles <= ADDED_ROLES and knows_features and then.config.mapping == self._now.config.mapping

    def _added_to(self, then: Then, rows: ir.Table) -> list[ir.Table]:
        """Rows with their late events added, windows ending on the day of each."""
        known = self._engine.number(f"SELECT min(known_batch) FROM {rows.get_name()}")
        events = self._events_until(rows, 0, after_batch=known)
        days = f"SELECT DISTINCT as_of_us // {DAY_US} FROM {rows.get_name()} ORDER BY 1"
        found = []
        for (day,) in self._engine.run(days) if then.windowed else [(None,)]:
            mine = rows if day is None else self._picked(rows, f"as_of_us // {DAY_US} = {day}")
            at_us = self._engine.number(f"SELECT max(as_of_us) FROM {mine.get_name()}")
            given = {
                "rows": mine,
                "late": self._read_events(then, mine, events, at_us),
                "adopted": self._engine.table("feature_totals"),
                "features": self._engine.table("feature_names"),
            }
            key = ("late added", then.config.digest)
            found.append(self._scratch.templated(key, partial(with_late, then.config), given, 0, "added"))
        return found

    def _of_day(self, then: Then, rows: ir.Table, events: str, day: int) -> ir.Table:
        mine = self._picked(rows, f"as_of_us // {DAY_US} = {day}")
        at_us = self._engine.number(f"SELECT max(as_of_us) FROM {mine.get_name()}")
        return self._with_events(then, mine, events, at_us, columns_in(then.config, EVENT_ROLES))

    def _moved_windows(self, then: Then, rows: ir.Table) -> list[ir.Table]:
        """Rows of customers to whom nothing but events is new, their windows ending now."""
        now = self._now
        others = columns_in(then.config, WINDOWED_ROLES - EVENT_ROLES)
        found = self._scratch.selected(
            tables.with_columns_of(rows.get_name(), now.scores.get_name(), others), "windows"
        )
        names = columns_in(then.config, EVENT_ROLES & WINDOWED_ROLES)
        if not names or self._scratch.is_empty(found):
            return [found]
        events = self._events_until(found, first_day(then.config, day_of(now.now_us)) * DAY_US)
        return [self._with_events(then, found, events, now.now_us, names)]

    def _with_events(
        self, then: Then, rows: ir.Table, events: str, at_us: int, names: tuple[str, ...]
    ) -> ir.Table:
        """The rows with these inputs read from the events, windows ending at a time."""
        read = self._read_events(then, rows, events, at_us)
        return self._scratch.selected(tables.with_columns_of(rows.get_name(), read.get_name(), names), "read")

    def _read_events(self, then: Then, rows: ir.Table, events: str, at_us: int) -> ir.Table:
        """customer_key and the inputs from events of every row, windows ending at a time."""
        view = EventTables.of_resolved(self._engine, events, at_us, then.config.mapping)

        def build(view: EventTables, rows: ir.Table) -> ir.Table:
            return read_event_inputs(view, then.config, then.connected, rows, view.now_us)

        keys = self._scratch.where(rows, ("customer_key",), "true", "keys")
        what = ("event inputs", then.config.digest, then.connected)
        return self._scratch.through(what, view, build, {"rows": keys}, "reread")

    def _events_until(self, rows: ir.Table, from_us: int, after_batch: int = -1) -> str:
        """Events of the customers in these rows, from a time until the last score of each; whose they are is as now.

        Args:
            after_batch: leave out what was known by this batch, and what was known to each customer's last score.
        """
        name = rows.get_name()
        keys = self._scratch.where(rows, ("customer_key",), "true", "keys").get_name()
        users = self._scratch.selected(picking.users_of(keys), "users").get_name()
        has_properties = self._engine.number("SELECT count(*) FROM mappings") > 1
        select = picking.events_of(
            keys, users, has_properties=has_properties, from_us=from_us, after_batch=after_batch, columns=_READ
        )
        near = self._scratch.selected(select, "near")
        theirs = resolved(self._engine, near.get_name(), _READ, _RESOLVED)
        cut = f"SELECT e.* FROM ({theirs}) e JOIN {name} r USING (customer_key) WHERE e.at_us < r.as_of_us"
        cut += " AND e.batch > r.known_batch" if after_batch >= 0 else ""
        return str(self._scratch.selected(cut, "events").get_name())

    # --- through views -------------------------------------------------------------------------------------------------

    def _through_views(self, then: Then, rows: ir.Table, at_us: int | None) -> list[ir.Table]:
        """Rows read through views of the times of their last scores; windows end there too, or at another time."""
        times = f"SELECT DISTINCT as_of_us FROM {rows.get_name()} ORDER BY 1"
        return [
            self._through_view(then, rows, int(as_of_us), at_us) for (as_of_us,) in self._engine.run(times)
        ]

    def _through_view(self, then: Then, rows: ir.Table, as_of_us: int, at_us: int | None) -> ir.Table:
        now = self._now
        mine = self._picked(rows, f"as_of_us = {as_of_us}")
        view = self._views.full(
            as_of_us, now.known_batch, then.config.mapping, mine.select("customer_key"), self._extract
        )
        self._scratch.closing(view)
        inputs = read_inputs(view, then.config, then.connected, at_us=at_us, pulses=now.pulses)
        read = self._scratch.keep(inputs, "reread")
        names = tuple(name for name in read.columns if name != "customer_key")
        return self._scratch.selected(tables.with_columns_of(mine.get_name(), read.get_name(), names), "read")

    @cached_property
    def _extract(self) -> Extract:
        keys = self._scratch.where(self._old, ("customer_key",), "true", "keys").get_name()
        found = Extract(self._engine, keys)
        self._scratch.closing(found)
        return found
