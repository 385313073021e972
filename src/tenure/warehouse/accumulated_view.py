"""The facts at the present, read from what drains maintained."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property

import ibis.expr.types as ir

from tenure.errors import Refused
from tenure.model.mapping import FactMapping
from tenure.warehouse import rollups
from tenure.warehouse.derivation import Facts, UserMap, name_keys, only
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_key
from tenure.warehouse.presenting import customers_at, first_spells_at, named, tickets_at, users_at
from tenure.warehouse.reading import answers_of, connected_kinds, movements_of
from tenure.warehouse.recipes import NOW, Standing, schema_of, stand_in
from tenure.warehouse.schema import MARK, STATEMENT_TABLES
from tenure.warehouse.silence import breaks, customers_with, first_spells_with, keep_of_batch, silence_of


class AccumulatedView:
    """A `FactsView` of now and of everything known, equal to `FullView` at the same time.

    Args:
        engine: of an open warehouse whose last drain was handed this `now_us` (or nothing waits in between).
        now_us: not before the last drain's.
        mapping: what event names mean; its feature rules must be those of the last drain.
        customer_keys: a table with one column of customer keys: only these customers exist. None means everybody.

    Raises:
        Refused: the accumulators do not describe this time or this mapping; drain first, or use `FullView`.
    """

    def __init__(
        self, engine: Engine, now_us: int, mapping: FactMapping, customer_keys: ir.Table | None = None
    ) -> None:
        self.now_us = now_us
        self.known_batch = engine.number("SELECT max(batch) FROM batches")
        self.mapping = mapping
        self._engine = engine
        self._facts = Facts(engine)
        self._keys = customer_keys
        self._check()

    def _check(self) -> None:
        since_us = self._engine.mark(MARK.accumulated_to_us)
        if self.now_us < since_us:
            raise Refused("What was accumulated is newer than the time asked for.", "Compute from facts instead.")
        if since_us and self.known_batch and mapping_key(self._engine, self.mapping) != self._engine.mark(MARK.mapping_key):
            raise Refused("The feature rules changed since the last drain.", "Drain with the present mapping first.")
        due = f"WHERE at_us >= {since_us} AND at_us < {self.now_us}"
        counts = (f"(SELECT count(*) FROM {table} {due})" for table in ("pending_events", *STATEMENT_TABLES))
        if self._engine.number(f"SELECT {' + '.join(counts)}"):
            raise Refused("Facts that waited for their time are due.", "Drain at this time first.")

    def of(self, customer_keys: ir.Table) -> AccumulatedView:
        """The same of some customers; what was found out about its time needs no second look."""
        twin = copy(self)
        twin._keys = customer_keys
        if twin.__dict__.get("_breaks") is not None:
            del twin.__dict__["_breaks"]
        return twin

    def _mine(self, table: ir.Table) -> ir.Table:
        return only(table, "customer_key", self._keys)

    @cached_property
    def _ids(self) -> ir.Table:
        return self._engine.table("ids")

    @cached_property
    def _users(self) -> UserMap:
        return UserMap.named(self._engine, "user_map")

    def _customers(self) -> ir.Table:
        return customers_at(self._mine(self._engine.table("customer_states")), self._ids, self.now_us)

    @cached_property
    def _breaks(self) -> ir.Table | None:
        """Who fell silent for too long; None where silence is not churn."""
        silence = silence_of(self._facts, self.now_us, self.mapping)
        if silence is None:
            return None
        found = breaks(self._customers(), self.activity(self.mapping.login_names), silence, self.now_us)
        return keep_of_batch(self._engine, found, self.known_batch)

    def customers(self) -> ir.Table:
        return named(self.nameless_customers(), self._ids, "customer_key", "customer_id")

    def nameless_customers(self) -> ir.Table:
        return self._customers() if self._breaks is None else customers_with(self._customers(), self._breaks)

    def first_spells(self) -> ir.Table:
        found = first_spells_at(self._engine.table("customer_states"), self._customers(), self.now_us)
        return found if self._breaks is None else first_spells_with(found, self._breaks)

    def _parts(self, table: str, names: Sequence[str] | None) -> ir.Table:
        return only(self._mine(self._engine.table(table)), "name_key", name_keys(self._engine, names))

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table:
        parts = self._parts("activity", names)
        if from_day is not None:
            parts = parts.filter(parts.day >= from_day)
        return rollups.added_up(parts, ["customer_key", "name_key", "day"]).select(
            "customer_key", "name_key", "day", "n", "last_us"
        )

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table:
        return rollups.added_up(self._parts("name_totals", names), ["customer_key"])

    def user_days(self, from_day: int) -> ir.Table:
        days = self._mine(self._engine.table("user_days"))
        return days.filter(days.day >= from_day).distinct()

    def features(self) -> ir.Table:
        named = self._mine(self._engine.table("feature_totals")).inner_join(self._engine.table("feature_names"), "feature_key")
        return named.select("customer_key", "feature", "first_us", "last_us", "n")

    def tickets(self) -> ir.Table:
        return tickets_at(self._users.theirs(self._engine.table("ticket_states"), self._keys), self.now_us)

    def movements(self) -> ir.Table:
        return movements_of(self._mine(self._engine.table("ledger")))

    def answers(self) -> ir.Table:
        return answers_of(self._users.theirs(self._facts.before("answers", self.now_us), self._keys))

    def names(self) -> ir.Table:
        return self._engine.table("names")

    def users(self) -> ir.Table:
        found = users_at(self._engine.table("user_states"), self._users.table, self._ids, self.now_us)
        return self._mine(found)

    def standing(self) -> Standing:
        """This view with stand-ins for its time and its temporary tables (`recipes`)."""
        tables = {} if self._breaks is None else {"breaks": self._breaks.get_name()}
        twin = copy(self)  # with what was found out about breaks
        twin.now_us = NOW
        if self._keys is not None:
            twin._keys = stand_in("keys", schema_of(self._keys))
            tables["keys"] = self._keys.get_name()
        if self._breaks is not None:
            twin.__dict__["_breaks"] = stand_in("breaks", schema_of(self._breaks))
        shape = ("accumulated", *sorted(tables), twin._users.table is None)
        return Standing(twin, shape, self.now_us, None, tables)

    def connected(self) -> frozenset[str]:
        return connected_kinds(self._facts, self.now_us)

