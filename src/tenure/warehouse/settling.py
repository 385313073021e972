"""Customers computed anew from their facts, after anything that cannot simply be added."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure.warehouse import writer
from tenure.warehouse.derivation import Facts, SubjectStates, UserMap, only
from tenure.warehouse.engine import Engine


def settle_customers(engine: Engine, users: UserMap, now_us: int, customers: ir.Table) -> None:
    """Write the states of these customers (a temporary table of distinct keys) as their facts now say.

    Ledger, ticket states, user states and rollups must be right already.
    """
    totals = only(engine.table("name_totals"), "customer_key", customers)
    found = SubjectStates(Facts(engine), now_us, users).customer_states(
        engine.table("ledger"),
        engine.table("ticket_states"),
        engine.table("user_states"),
        totals.group_by("customer_key").agg(first_event_us=totals.first_us.min()),
        customers,
    )
    kept = engine.keep(found, "settled")
    engine.run(writer.replace("customer_states", "customer_key", customers.get_name()))
    engine.insert("customer_states", kept)
    engine.forget([kept])
