"""States and rollups derived from facts, as they stood: the one place both views and every recomputation go through."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import ibis
import ibis.expr.types as ir

from tenure.model.mapping import FactMapping
from tenure.warehouse import identity, rollups, states
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_key, reread_features
from tenure.warehouse.ledger import ledger


class Facts:
    """The fact tables as known at a batch: every row of that batch or an earlier one."""

    def __init__(self, engine: Engine, known_batch: int | None = None) -> None:
        self.engine = engine
        self._known_batch = known_batch

    def table(self, name: str) -> ir.Table:
        found = self.engine.table(name)
        return found if self._known_batch is None else found.filter(found.batch <= self._known_batch)

    def before(self, name: str, now_us: int) -> ir.Table:
        """Those dated before now."""
        found = self.table(name)
        return found.filter(found.at_us < now_us)


def only(table: ir.Table, column: str, keys: ir.Table | None) -> ir.Table:
    """The rows whose column is among the keys (a table of one column); None means all."""
    if keys is None:
        return table
    return table.semi_join(keys, table[column] == keys[keys.columns[0]])


def is_empty(engine: Engine, table: ir.Table) -> bool:
    return engine.number(engine.sql(table.limit(1).count().as_table())) == 0


class UserMap:
    """Who is who at a time, computed once. `table` is None while everybody is simply themselves."""

    def __init__(self, engine: Engine, table: ir.Table) -> None:
        self._engine = engine
        self.kept = table
        self.table = None if is_empty(engine, table) else table

    def resolved(self, facts: ir.Table) -> ir.Table:
        return identity.resolved(facts, self.table)

    def of_customers(self, customers: ir.Table | None) -> ir.Table | None:
        """user_key of everybody who may belong to these customers."""
        if customers is None:
            return None
        themselves = customers.select(user_key=customers[customers.columns[0]])
        if self.table is None:
            return themselves
        theirs = self.table.mutate(holder=ibis.coalesce(self.table.mapped_key, self.table.canonical_key))
        return ibis.union(only(theirs, "holder", customers).select("user_key"), themselves, distinct=True)

    def theirs(self, facts: ir.Table, customers: ir.Table | None) -> ir.Table:
        """Resolved facts of these customers (None: of every customer)."""
        if customers is None:
            found = self.resolved(facts)
            return found.filter(found.customer_key.notnull())
        own = only(facts.filter(facts.own_key.notnull()), "own_key", customers)
        users = self.of_customers(customers)
        by_user = only(facts.filter(facts.own_key.isnull()), "user_key", users)
        return only(self.resolved(ibis.union(own, by_user, distinct=False)), "customer_key", customers)


class EventRollups:
    """Rollups of resolved events before now, of some customers or all."""

    def __init__(self, facts: Facts, users: UserMap, now_us: int, customers: ir.Table | None = None) -> None:
        self._facts, self._users, self._now_us, self._customers = facts, users, now_us, customers

    def events(self, names: Sequence[str] | None = None, from_us: int | None = None) -> ir.Table:
        """customer_key, who_key, name_key, at_us, feature_key, mapping_key, properties."""
        found = self._facts.before("events", self._now_us)
        if from_us is not None:
            found = found.filter(found.at_us >= from_us)
        return self._users.theirs(only(found, "name_key", name_keys(self._facts.engine, names)), self._customers)

    def features(self, mapping: FactMapping) -> ir.Table:
        """customer_key, feature, first_us, last_us, n under this mapping, whatever the door's mapping was."""
        engine = self._facts.engine
        found = self._facts.before("events", self._now_us)
        number = mapping_key(engine, mapping)
        as_pulled = found.filter(found.feature_key.notnull() & (found.mapping_key == ibis.literal(number, "int32")))
        pulled = self._users.theirs(as_pulled, self._customers)
        totals = rollups.feature_totals(pulled).inner_join(engine.table("feature_names"), "feature_key").drop("feature_key")
        others = found if number is None else found.filter(found.mapping_key != number)
        if is_empty(engine, others):
            return totals.select("customer_key", "feature", "first_us", "last_us", "n")
        read = self._users.theirs(reread_features(others, engine.table("names"), mapping), self._customers)
        again = read.group_by(["customer_key", "feature"]).agg(
            first_us=read.at_us.min(), last_us=read.at_us.max(), n=read.count()
        )
        both = ibis.union(totals.select(*again.columns), again, distinct=False)
        return rollups.added_up(both, ["customer_key", "feature"])


def name_keys(engine: Engine, names: Sequence[str] | None) -> ir.Table | None:
    """The keys of these event names; None for every name."""
    if names is None:
        return None
    table = engine.table("names")
    return table.filter(table.name.isin(sorted(set(names)))).select("name_key")


class SubjectStates:
    """Users, tickets, ledger and customers derived from their facts, of some subjects or all."""

    def __init__(self, facts: Facts, now_us: int, users: UserMap) -> None:
        self._facts, self._now_us, self._users = facts, now_us, users

    def user_states(self, links: ir.Table, users: ir.Table | None = None) -> ir.Table:
        """`users` are all members of the people to compute, not only the canonical ones."""
        return states.user_states(only(self._facts.table("user_statements"), "user_key", users), links, self._now_us)

    def ticket_states(self, tickets: ir.Table | None = None) -> ir.Table:
        return states.ticket_states(only(self._facts.table("ticket_statements"), "ticket_key", tickets), self._now_us)

    def ledger(self, customers: ir.Table | None = None) -> ir.Table:
        return ledger(only(self._facts.before("movements", self._now_us), "customer_key", customers))

    def customer_states(
        self,
        entries: ir.Table,
        tickets: ir.Table,
        users: ir.Table,
        first_events: ir.Table,
        customers: ir.Table | None = None,
    ) -> ir.Table:
        """From ledger, ticket states, user states and first events, which must cover these customers."""
        mine = only(self._facts.table("customer_statements"), "customer_key", customers)
        theirs = only(entries, "customer_key", customers)
        others = self._first_others(theirs, tickets, users, customers)
        return states.customer_states(mine, theirs, first_events, others, self._now_us)

    def _first_others(
        self, entries: ir.Table, tickets: ir.Table, users: ir.Table, customers: ir.Table | None
    ) -> ir.Table:
        """customer_key, first_other_us: the first fact besides events and own statements."""
        answers = self._facts.before("answers", self._now_us)
        kinds = (
            answers.select("own_key", "user_key", "at_us"),
            tickets.select("own_key", "user_key", at_us=ibis.coalesce(tickets.created_us, tickets.first_stated_us)),
            users.select(
                own_key=ibis.null("int32"),
                user_key=users.user_key,
                at_us=ibis.coalesce(users.created_us, users.first_stated_us),
            ),
        )
        resolved = (self._users.theirs(kind, customers).select("customer_key", "at_us") for kind in kinds)
        moved = entries.select("customer_key", at_us=entries.occurred_us)
        everything = ibis.union(moved, *resolved, distinct=False)
        return everything.group_by("customer_key").agg(first_other_us=everything.at_us.min())


def people(engine: Engine, facts: Facts, now_us: int, users: ir.Table | None = None) -> tuple[ir.Table, UserMap]:
    """Who stands for whom and where everybody belongs: (links, user map), kept in temporary tables.

    `users` limits it to a set closed under aliases.
    """
    links = engine.keep(identity.canonical_users(engine, only(facts.table("aliases"), "previous_key", users), now_us), "who")
    found = identity.user_map(only(facts.table("user_statements"), "user_key", users), links, now_us)
    return links, UserMap(engine, engine.keep(found, "user_map_at"))


class DerivedStates:
    """All states of a view at once, each computed when first asked for."""

    def __init__(self, facts: Facts, now_us: int, customers: ir.Table | None = None) -> None:
        self._facts, self._now_us, self._customers = facts, now_us, customers
        self._engine = facts.engine

    @cached_property
    def _people(self) -> tuple[ir.Table, UserMap]:
        return people(self._engine, self._facts, self._now_us)

    @property
    def users(self) -> UserMap:
        return self._people[1]

    @cached_property
    def _subjects(self) -> SubjectStates:
        return SubjectStates(self._facts, self._now_us, self.users)

    @cached_property
    def events(self) -> EventRollups:
        return EventRollups(self._facts, self.users, self._now_us, self._customers)

    @cached_property
    def user_states(self) -> ir.Table:
        return self._engine.keep(self._subjects.user_states(self._people[0]), "user_states_at")

    @cached_property
    def ticket_states(self) -> ir.Table:
        return self._engine.keep(self._subjects.ticket_states(), "ticket_states_at")

    @cached_property
    def ledger(self) -> ir.Table:
        return self._engine.keep(self._subjects.ledger(self._customers), "ledger_at")

    @cached_property
    def customer_states(self) -> ir.Table:
        events = self.events.events()
        firsts = events.group_by("customer_key").agg(first_event_us=events.at_us.min())
        found = self._subjects.customer_states(
            self.ledger, self.ticket_states, self.user_states, firsts, self._customers
        )
        return self._engine.keep(found, "customer_states_at")
