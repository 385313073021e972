"""States and rollups derived from facts, as they stood: the one place both views and every recomputation go through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial

import ibis
import ibis.expr.types as ir

from tenure.model.mapping import FactMapping
from tenure.warehouse import identity, rollups, states
from tenure.warehouse.engine import Engine
from tenure.warehouse.features import mapping_key, reread_features
from tenure.warehouse.ledger import ledger
from tenure.warehouse.recipes import KNOWN, NOW, filled, recipe, schema_of, stand_in
from tenure.warehouse.schema import EXPLICIT, FACTS, STATES, Columns

_LINKS = {"previous_key": "int32", "user_key": "int32"}
_FIRST_EVENTS = {"customer_key": "int32", "first_event_us": "int64"}


class Facts:
    """The fact tables as known at a batch: every row of that batch or an earlier one.

    Args:
        copies: tables to read instead of the fact tables (see `extract`).
    """

    def __init__(self, engine: Engine, known_batch: int | None = None, copies: Mapping[str, str] | None = None) -> None:
        self.engine = engine
        self.known_batch = known_batch
        self.copies = copies or {}

    def table(self, name: str) -> ir.Table:
        found = self._table(name)
        return found if self.known_batch is None else found.filter(found.batch <= self.known_batch)

    def _table(self, name: str) -> ir.Table:
        return self.engine.table(self.copies.get(name, name))

    def before(self, name: str, now_us: int) -> ir.Table:
        """Those dated before now."""
        found = self.table(name)
        return found.filter(found.at_us < now_us)


class _NamedLater(Facts):
    """The same for a recipe: which tables are read is said each time it is used."""

    def __init__(self, engine: Engine, known_batch: int | None, columns: Mapping[str, Columns] = FACTS) -> None:
        super().__init__(engine, known_batch)
        self._columns = columns

    def _table(self, name: str) -> ir.Table:
        return stand_in(name, self._columns[name])


def only(table: ir.Table, column: str, keys: ir.Table | None) -> ir.Table:
    """The rows whose column is among the keys (a table of one column); None means all."""
    if keys is None:
        return table
    return table.semi_join(keys, table[column] == keys[keys.columns[0]])


def is_empty(engine: Engine, table: ir.Table) -> bool:
    return engine.number(engine.sql(table.limit(1).count().as_table())) == 0


class UserMap:
    """Who is who at a time. `table` is None while everybody is simply themselves: that saves a join."""

    def __init__(self, table: ir.Table | None) -> None:
        self.table = table

    @classmethod
    def named(cls, engine: Engine, name: str) -> UserMap:
        """The user map in this table."""
        return cls(engine.table(name) if engine.number(f"SELECT count(*) FROM {name}") else None)

    def standing(self) -> UserMap:
        """The same of a stand-in."""
        return UserMap(None if self.table is None else stand_in("user_map", STATES["user_map"]))

    def resolved(self, facts: ir.Table) -> ir.Table:
        return identity.resolved(facts, self.table)

    def of_customers(self, customers: ir.Table) -> ir.Table:
        """user_key of everybody who may belong to these customers."""
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
        by_user = only(facts.filter(facts.own_key.isnull()), "user_key", self.of_customers(customers))
        return only(self.resolved(ibis.union(own, by_user, distinct=False)), "customer_key", customers)


class Resolved(UserMap):
    """For facts that have customer_key and who_key already."""

    def __init__(self) -> None:
        super().__init__(None)

    def standing(self) -> UserMap:
        return self

    def theirs(self, facts: ir.Table, customers: ir.Table | None) -> ir.Table:
        return only(facts, "customer_key", customers)


class EventRollups:
    """Resolved events before now, of some customers or all, and their features."""

    def __init__(self, facts: Facts, users: UserMap, now_us: int, customers: ir.Table | None = None) -> None:
        self._facts, self._users, self._now_us, self._customers = facts, users, now_us, customers

    def events(self, names: Sequence[str] | None = None, from_us: int | None = None) -> ir.Table:
        """Events with customer_key and who_key; names and times are filtered before anything else."""
        found = self._facts.before("events", self._now_us)
        if from_us is not None:
            found = found.filter(found.at_us >= from_us)
        return self._users.theirs(only(found, "name_key", name_keys(self._facts.engine, names)), self._customers)

    def features(self, mapping: FactMapping) -> ir.Table:
        """customer_key, feature, first_us, last_us, n under this mapping, whatever the door's mapping was."""
        engine = self._facts.engine
        found = self._facts.before("events", self._now_us)
        number = mapping_key(engine, mapping)
        is_pulled = (found.mapping_key == ibis.literal(number, "int32")) | (found.mapping_key == EXPLICIT)
        as_pulled = found.filter(found.feature_key.notnull() & is_pulled)
        pulled = self._users.theirs(as_pulled, self._customers)
        totals = rollups.feature_totals(pulled).inner_join(engine.table("feature_names"), "feature_key").drop("feature_key")
        if self._is_known_mapping_only(number):
            return totals.select("customer_key", "feature", "first_us", "last_us", "n")
        others = found.filter(found.mapping_key != EXPLICIT)
        others = others if number is None else others.filter(others.mapping_key != number)
        read = self._users.theirs(reread_features(others, engine.table("names"), mapping), self._customers)
        again = read.group_by(["customer_key", "feature"]).agg(
            first_us=read.at_us.min(), last_us=read.at_us.max(), n=read.count()
        )
        both = ibis.union(totals.select(*again.columns), again, distinct=False)
        return rollups.added_up(both, ["customer_key", "feature"])

    def standing(self, events: Columns) -> tuple[EventRollups, tuple[object, ...]]:
        """The same of a stand-in for the events, at a stand-in for now; and what its answers' texts depend on."""
        engine = self._facts.engine
        known = None if self._facts.known_batch is None else KNOWN
        customers = None if self._customers is None else stand_in("only", schema_of(self._customers))
        users = self._users.standing()
        mappings = engine.run("SELECT digest, mapping_key FROM mappings ORDER BY ALL")
        shape = (known, customers is None, users.table is None, tuple(mappings), tuple(events))
        return EventRollups(_NamedLater(engine, known, columns={"events": events}), users, NOW, customers), shape

    def _is_known_mapping_only(self, number: int | None) -> bool:
        """Whether every event was read by these feature rules at the door."""
        mappings = self._facts.engine.number("SELECT count(*) FROM mappings")
        return mappings == 0 or (mappings == 1 and number is not None)


def name_keys(engine: Engine, names: Sequence[str] | None) -> ir.Table | None:
    """The keys of these event names; None for every name."""
    if names is None:
        return None
    table = engine.table("names")
    return table.filter(table.name.isin(sorted(set(names)))).select("name_key")


class Derivation:
    """Computes states at a time into temporary tables, of some subjects or of all.

    Every method returns the name of the table. Subjects are given as the name of a table of one column of keys.
    `copies` are read instead of fact tables.
    """

    def __init__(
        self, engine: Engine, now_us: int, known_batch: int | None = None, copies: Mapping[str, str] | None = None
    ) -> None:
        self._engine, self._now_us, self._known_batch = engine, now_us, known_batch
        self._facts = _NamedLater(engine, None if known_batch is None else KNOWN)
        self._tables = {name: (copies or {}).get(name, name) for name in FACTS}

    def _keep(self, name: str, shape: str, build: Callable[[], ir.Table], tables: Mapping[str, str | None]) -> str:
        given = {role: table for role, table in tables.items() if table is not None}
        key = (name, shape, str(self._known_batch is None), *sorted(given))
        text = filled(recipe(self._engine, key, build), self._now_us, self._known_batch, {**self._tables, **given})
        return self._engine.keep_sql(text, name)

    def links(self, users: str | None = None) -> str:
        """Who stands for whom, chains followed: previous_key, user_key. `users` must be closed under aliases."""
        facts = self._facts

        def build() -> ir.Table:
            return identity.links(only(facts.table("aliases"), "previous_key", _keys("users", "user_key", users)), NOW)

        found = self._keep("links", "", build, {"users": users})
        given = {"links": found}
        chained = recipe(
            self._engine, ("chained",), lambda: identity.are_chained(_links()).count().name("n").as_table()
        )
        if self._engine.number(filled(chained, 0, None, given)) == 0:
            return found
        for _ in range(identity.JUMPS):
            found = self._keep("links", "jumped", lambda: identity.jumped(_links()), {"links": found})
        return found

    def user_map(self, links: str, users: str | None = None) -> str:
        """user_key, canonical_key, mapped_key of everybody who is not simply themselves."""
        facts = self._facts

        def build() -> ir.Table:
            mine = only(facts.table("user_statements"), "user_key", _keys("users", "user_key", users))
            return identity.user_map(mine, _links(), NOW)

        return self._keep("user_map_at", "", build, {"links": links, "users": users})

    def user_states(self, links: str, users: str | None = None) -> str:
        """`users` are all members of the people to compute, not only the canonical ones."""
        facts = self._facts

        def build() -> ir.Table:
            mine = only(facts.table("user_statements"), "user_key", _keys("users", "user_key", users))
            return states.user_states(mine, _links(), NOW)

        return self._keep("user_states_at", "", build, {"links": links, "users": users})

    def ticket_states(self, tickets: str | None = None) -> str:
        facts = self._facts

        def build() -> ir.Table:
            mine = only(facts.table("ticket_statements"), "ticket_key", _keys("tickets", "ticket_key", tickets))
            return states.ticket_states(mine, NOW)

        return self._keep("ticket_states_at", "", build, {"tickets": tickets})

    def ledger(self, customers: str | None = None) -> str:
        facts = self._facts

        def build() -> ir.Table:
            mine = _keys("customers", "customer_key", customers)
            return ledger(only(facts.before("movements", NOW), "customer_key", mine))

        return self._keep("ledger_at", "", build, {"customers": customers})

    def first_events(self, users: str | None, customers: str | None = None) -> str:
        """customer_key, first_event_us from all events; `users` names a user map, None where it is empty."""
        facts = self._facts

        def build() -> ir.Table:
            mine = _keys("customers", "customer_key", customers)
            events = facts.before("events", NOW)
            theirs = _users(users).theirs(_earliest(events) if mine is None else events, mine)
            return theirs.group_by("customer_key").agg(first_event_us=theirs.at_us.min())

        return self._keep("first_events", "", build, {"user_map": users, "customers": customers})

    def customer_states(
        self, entries: str, tickets: str, people: str, users: str | None, first_events: str, customers: str | None = None
    ) -> str:
        """From tables of ledger, ticket states, user states, the user map and first events."""
        given = {
            "ledger": entries,
            "tickets": tickets,
            "people": people,
            "user_map": users,
            "first_events": first_events,
            "customers": customers,
        }
        return self._keep(
            "customer_states_at", "", partial(_customer_states, self._facts, users is not None, customers), given
        )


def _keys(role: str, column: str, table: str | None) -> ir.Table | None:
    return None if table is None else stand_in(role, {column: "int32"})


def _earliest(events: ir.Table) -> ir.Table:
    """The first event of each customer named and of each user: far fewer rows to find the customers of."""
    named, others = events.filter(events.own_key.notnull()), events.filter(events.own_key.isnull())
    by_own = named.group_by("own_key").agg(at_us=named.at_us.min())
    by_user = others.group_by(["user_key", "anonymous"]).agg(at_us=others.at_us.min())
    columns = ("own_key", "user_key", "anonymous", "at_us")
    alone = by_own.mutate(user_key=ibis.null("int32"), anonymous=ibis.literal(False)).select(*columns)
    return ibis.union(alone, by_user.mutate(own_key=ibis.null("int32")).select(*columns), distinct=False)


def _links() -> ir.Table:
    return stand_in("links", _LINKS)


def _users(table: str | None) -> UserMap:
    return UserMap(None if table is None else stand_in("user_map", STATES["user_map"]))


def _customer_states(facts: Facts, has_map: bool, customers: str | None) -> ir.Table:
    mine = _keys("customers", "customer_key", customers)
    users = _users("user_map" if has_map else None)
    statements = only(facts.table("customer_statements"), "customer_key", mine)
    entries = only(stand_in("ledger", STATES["ledger"]), "customer_key", mine)
    first_events = stand_in("first_events", _FIRST_EVENTS)
    others = _first_others(facts, users, entries, mine)
    return states.customer_states(statements, entries, first_events, others, NOW)


def _first_others(facts: Facts, users: UserMap, entries: ir.Table, customers: ir.Table | None) -> ir.Table:
    """customer_key, first_other_us: the first fact besides events and own statements."""
    answers = facts.before("answers", NOW)
    tickets = stand_in("tickets", STATES["ticket_states"])
    people = stand_in("people", STATES["user_states"])
    kinds = (
        answers.select("own_key", "user_key", "at_us"),
        tickets.select("own_key", "user_key", at_us=ibis.coalesce(tickets.created_us, tickets.first_stated_us)),
        people.select(
            own_key=ibis.null("int32"), user_key=people.user_key, at_us=ibis.coalesce(people.created_us, people.first_stated_us)
        ),
    )
    theirs = [users.theirs(kind, customers).select("customer_key", "at_us") for kind in kinds]
    moved = entries.select("customer_key", at_us=entries.occurred_us)
    everything = ibis.union(moved, *theirs, distinct=False)
    return everything.group_by("customer_key").agg(first_other_us=everything.at_us.min())


class DerivedStates:
    """All states of a view, each computed when first asked for; `customers` names a table of their keys."""

    def __init__(
        self,
        engine: Engine,
        now_us: int,
        known_batch: int | None,
        customers: str | None = None,
        copies: Mapping[str, str] | None = None,
    ) -> None:
        self._engine, self._now_us, self._customers = engine, now_us, customers
        self._facts = Facts(engine, known_batch, copies)
        self._derive = Derivation(engine, now_us, known_batch, copies)
        self._kept: list[str] = []

    def _table(self, name: str) -> ir.Table:
        return self._engine.described(name)

    def _made(self, name: str) -> str:
        self._kept.append(name)
        return name

    @cached_property
    def _links(self) -> str:
        return self._made(self._derive.links())

    @cached_property
    def _map(self) -> str | None:
        found = self._made(self._derive.user_map(self._links))
        return found if self._engine.number(f"SELECT count(*) FROM {found}") else None

    @cached_property
    def users(self) -> UserMap:
        return UserMap(None if self._map is None else self._table(self._map))

    @cached_property
    def events(self) -> EventRollups:
        customers = None if self._customers is None else self._table(self._customers)
        return EventRollups(self._facts, self.users, self._now_us, customers)

    @cached_property
    def _user_states(self) -> str:
        return self._made(self._derive.user_states(self._links))

    @cached_property
    def _ticket_states(self) -> str:
        return self._made(self._derive.ticket_states())

    @cached_property
    def _ledger(self) -> str:
        return self._made(self._derive.ledger(self._customers))

    @property
    def user_states(self) -> ir.Table:
        return self._table(self._user_states)

    @property
    def ticket_states(self) -> ir.Table:
        return self._table(self._ticket_states)

    @property
    def ledger(self) -> ir.Table:
        return self._table(self._ledger)

    @cached_property
    def customer_states(self) -> ir.Table:
        firsts = self._made(self._derive.first_events(self._map, self._customers))
        found = self._derive.customer_states(
            self._ledger, self._ticket_states, self._user_states, self._map, firsts, self._customers
        )
        return self._table(self._made(found))

    def forget(self) -> None:
        """Drop the temporary tables; what was read from them is gone."""
        self._engine.forget(self._kept)
