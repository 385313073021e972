"""The facts at any time and as far as any batch, derived from the fact tables alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import ibis.expr.types as ir

from tenure.model.mapping import FactMapping
from tenure.warehouse.derivation import DerivedStates, Facts, only
from tenure.warehouse.engine import Engine
from tenure.warehouse.event_tables import EventTables
from tenure.warehouse.extract import Extract
from tenure.warehouse.presenting import customers_at, first_spells_at, named, tickets_at, users_at
from tenure.warehouse.reading import answers_of, connected_kinds, movements_of
from tenure.warehouse.silence import breaks, customers_with, first_spells_with, silence_of


class FullView:
    """A `FactsView` from facts. Temporary tables it makes live until `close` or the end of the connection.

    Args:
        engine: of an open warehouse.
        now_us: only facts dated before this exist.
        known_batch: only facts of this batch or an earlier one exist; None means all.
        mapping: what event names mean.
        customer_keys: a table with one column of customer keys: only these customers exist (and only their facts
            are read). None means everybody.
        extract: their facts, copied out before (of these customers or more); without it this view copies its own.
    """

    def __init__(
        self,
        engine: Engine,
        now_us: int,
        known_batch: int | None,
        mapping: FactMapping,
        customer_keys: ir.Table | None = None,
        extract: Extract | None = None,
    ) -> None:
        self.now_us = now_us
        self.known_batch = engine.number("SELECT max(batch) FROM batches") if known_batch is None else known_batch
        self.mapping = mapping
        self._engine = engine
        keys = None if customer_keys is None else engine.keep(_distinct_keys(customer_keys), "only_customers")
        self._keys = keys
        self._own_extract = None if keys is None or extract is not None else Extract(engine, keys.get_name())
        found = extract or self._own_extract
        copies = None if found is None else found.tables
        self._facts, self._everything = Facts(engine, known_batch, copies), Facts(engine, known_batch)
        self._states = DerivedStates(engine, now_us, known_batch, None if keys is None else keys.get_name(), copies)

    @cached_property
    def _ids(self) -> ir.Table:
        return self._engine.table("ids")

    @cached_property
    def _customers(self) -> ir.Table:
        found = customers_at(self._states.customer_states, self._ids, self.now_us)
        return self._engine.keep(named(found, self._ids, "customer_key", "customer_id"), "customers_at")

    @cached_property
    def _breaks(self) -> ir.Table | None:
        """Who fell silent for too long; None where silence is not churn."""
        silence = silence_of(self._everything, self.now_us, self.mapping)
        if silence is None:
            return None
        logins = self.activity(self.mapping.login_names)
        return self._engine.keep(breaks(self._customers, logins, silence, self.now_us), "silence")

    def customers(self) -> ir.Table:
        return self._customers if self._breaks is None else customers_with(self._customers, self._breaks)

    def nameless_customers(self) -> ir.Table:
        return self.customers().drop("customer_id")

    def first_spells(self) -> ir.Table:
        found = first_spells_at(self._states.customer_states, self._customers, self.now_us)
        return found if self._breaks is None else first_spells_with(found, self._breaks)

    @cached_property
    def _events(self) -> EventTables:
        return EventTables(self._states.events, self.now_us, self.mapping)

    def activity(self, names: Sequence[str] | None = None, from_day: int | None = None) -> ir.Table:
        return self._events.activity(names, from_day)

    def last_seen(self, names: Sequence[str] | None = None) -> ir.Table:
        return self._events.last_seen(names)

    def user_days(self, from_day: int) -> ir.Table:
        return self._events.user_days(from_day)

    def features(self) -> ir.Table:
        return self._events.features()

    def tickets(self) -> ir.Table:
        theirs = self._states.users.resolved(self._states.ticket_states)
        return only(tickets_at(theirs, self.now_us), "customer_key", self._keys)

    def movements(self) -> ir.Table:
        return movements_of(self._states.ledger)

    def answers(self) -> ir.Table:
        return answers_of(self._states.users.theirs(self._facts.before("answers", self.now_us), self._keys))

    def names(self) -> ir.Table:
        return self._engine.table("names")

    def users(self) -> ir.Table:
        found = users_at(self._states.user_states, self._states.users.table, self._ids, self.now_us)
        return only(found, "customer_key", self._keys)

    def close(self) -> None:
        """Drop the temporary tables; nothing read through this view works afterwards."""
        self._states.forget()
        if self._own_extract is not None:
            self._own_extract.close()
        made = (self._keys, self.__dict__.get("_customers"), self.__dict__.get("_breaks"))
        mine = [table for table in made if table is not None]
        self._engine.forget(table.get_name() for table in mine)

    def connected(self) -> frozenset[str]:
        return connected_kinds(self._everything, self.now_us)


def _distinct_keys(keys: ir.Table) -> ir.Table:
    return keys.select(customer_key=keys[keys.columns[0]].cast("int32")).distinct()
