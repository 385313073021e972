"""People, tickets, money and customers written anew from their facts, for those something new was said of."""

from __future__ import annotations

from typing import NamedTuple

import ibis.expr.types as ir

from tenure.warehouse import identity
from tenure.warehouse.derivation import Derivation
from tenure.warehouse.engine import Engine
from tenure.warehouse.recipes import filled, recipe, stand_in
from tenure.warehouse.schema import STATES, Columns
from tenure.warehouse.stopwatch import Stopwatch
from tenure.warehouse.writer import picking, tables, touching


class Span(NamedTuple):
    """What is new to a drain: facts of its batch, and older ones dated from `from_us` until before `now_us`."""

    batch: int
    from_us: int
    now_us: int


def settle(engine: Engine, span: Span, newest_id: int, watch: Stopwatch) -> None:
    """Everything but what events add up to; fills the tables of dirty and touched customers.

    `newest_id` is the last id known before this drain: users after it have no history to look at.
    """
    with watch.stage("people"):
        _settle_people(engine, span, newest_id)
    with watch.stage("tickets, money, answers"):
        _settle_tickets(engine, span)
        _settle_money(engine, span)
        _settle_answers(engine, span)


def user_map_or_none(engine: Engine) -> str | None:
    """The name of the maintained user map; None while it is empty."""
    return "user_map" if engine.number("SELECT count(*) FROM user_map") else None


def resolved(engine: Engine, source: str, columns: Columns, kept: tuple[str, ...]) -> str:
    """The select of a table's rows with their customers by the maintained user map (`identity.resolved`).

    Args:
        source: a table with own_key and user_key (and `anonymous`).
        columns: its columns.
        kept: which columns to give; customer_key and who_key can be among them.
    """
    users = user_map_or_none(engine)

    def build() -> ir.Table:
        mapping = None if users is None else stand_in("user_map", STATES["user_map"])
        return identity.resolved(stand_in("source", columns), mapping).select(*kept)

    key = ("resolved", str(users is None), *columns, "|", *kept)
    given = {"source": source} | ({} if users is None else {"user_map": users})
    return filled(recipe(engine, key, build), 0, None, given)


def _settle_people(engine: Engine, span: Span, newest_id: int) -> None:
    """Who is who and whose, anew for everybody something was said of."""
    for table, column in (("user_statements", "user_key"), ("aliases", "previous_key"), ("aliases", "user_key")):
        engine.run(tables.insert("dirty_users", touching.passing(table, column, *span)))
    if engine.number("SELECT count(*) FROM dirty_users") == 0:
        return
    if engine.number("SELECT count(*) FROM aliases") > 0:
        while engine.run(touching.spread_over_aliases())[0][0] > 0:
            pass
    derive = Derivation(engine, span.now_us)
    links = derive.links("dirty_users")
    users = derive.user_map(links, "dirty_users")
    people = derive.user_states(links, "dirty_users")
    for statement in (
        touching.find_moved_users(users),
        touching.find_moved_places(newest_id),
        touching.DIRTY_BY_MOVES,
        touching.DIRTY_HOLDERS,
        touching.TOUCHED_BY_MOVES,
        touching.touched_by_users(*span),
        *tables.replaced("user_map", "user_key", "dirty_users", users),
        *tables.replaced("user_states", "user_key", "dirty_users", people),
    ):
        engine.run(statement)
    engine.forget([links, users, people])


def _settle_tickets(engine: Engine, span: Span) -> None:
    engine.run(tables.insert("dirty_tickets", touching.passing("ticket_statements", "ticket_key", *span)))
    if engine.number("SELECT count(*) FROM dirty_tickets") == 0:
        return
    _touch_by_tickets(engine, span)
    found = Derivation(engine, span.now_us).ticket_states("dirty_tickets")
    for statement in tables.replaced("ticket_states", "ticket_key", "dirty_tickets", found):
        engine.run(statement)
    _touch_by_tickets(engine, span)
    engine.forget([found])


def _touch_by_tickets(engine: Engine, span: Span) -> None:
    """Customers of the dirty tickets, before and after; a ticket nobody knew of is as old as it says."""
    columns = {name: STATES["ticket_states"][name] for name in ("ticket_key", "own_key", "user_key", "created_us", "first_stated_us")}
    mine = engine.keep_sql(touching.states_of_dirty_tickets(tuple(columns)), "tickets")
    kept = ("ticket_key", "customer_key", "created_us", "first_stated_us")
    places = engine.keep_sql(resolved(engine, mine, columns, kept), "places")
    engine.run(touching.touched_by_tickets(places, *span))
    engine.run(tables.insert("dirty_customers", f"SELECT DISTINCT customer_key FROM {places}"))
    engine.forget([mine, places])


def _settle_money(engine: Engine, span: Span) -> None:
    engine.run(tables.insert("dirty_customers", touching.passing("customer_statements", "customer_key", *span)))
    engine.run(touching.touched_by_statements(*span))
    engine.run(tables.insert("dirty_ledgers", touching.passing("movements", "customer_key", *span)))
    if engine.number("SELECT count(*) FROM dirty_ledgers") == 0:
        return
    engine.run(tables.insert("dirty_customers", "SELECT customer_key FROM dirty_ledgers"))
    engine.run(touching.touched_by_movements(*span))
    found = Derivation(engine, span.now_us).ledger("dirty_ledgers")
    for statement in tables.replaced("ledger", "customer_key", "dirty_ledgers", found):
        engine.run(statement)
    engine.forget([found])


def _settle_answers(engine: Engine, span: Span) -> None:
    columns = {"own_key": "int32", "user_key": "int32", "at_us": "int64"}
    mine = engine.keep_sql(touching.new_answers(*span), "answered")
    if engine.number(f"SELECT count(*) FROM {mine}") > 0:
        places = engine.keep_sql(resolved(engine, mine, columns, ("customer_key", "at_us")), "places")
        engine.run(tables.insert("dirty_customers", f"SELECT DISTINCT customer_key FROM {places}"))
        engine.run(tables.insert("new_touched", f"SELECT customer_key, min(at_us), TRUE FROM {places} GROUP BY ALL"))
        engine.forget([places])
    engine.forget([mine])


def settle_customers(engine: Engine, now_us: int, customers: str) -> None:
    """Write the states of the customers in this temporary table (distinct keys) as their facts now say.

    Ledger, ticket states, user states and rollups must be right already.
    """
    firsts = engine.keep_sql(picking.first_events_of(customers), "first_events")
    found = Derivation(engine, now_us).customer_states(
        "ledger", "ticket_states", "user_states", user_map_or_none(engine), firsts, customers
    )
    for statement in tables.replaced("customer_states", "customer_key", customers, found):
        engine.run(statement)
    engine.forget([firsts, found])
