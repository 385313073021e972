"""What both views read the same way: the ledger, answers, and which kinds are connected."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure.warehouse.derivation import Facts, is_empty

_DATED = {"events": "events", "revenue": "movements", "answers": "answers"}
_STATED = {"customers": "customer_statements", "users": "user_statements", "tickets": "ticket_statements"}


def movements_of(entries: ir.Table) -> ir.Table:
    """The table `movements()`."""
    return entries.select(
        "customer_key", "occurred_us", "kind", "delta_cents", "plan", "invoice_state", "currency", "seq"
    )


def answers_of(resolved_answers: ir.Table) -> ir.Table:
    """The table `answers()`."""
    return resolved_answers.select(
        "customer_key",
        "survey",
        "score",
        "comment",
        user_key=resolved_answers.who_key,
        answered_us=resolved_answers.at_us,
    )


def first_of_kinds(facts: Facts) -> dict[str, int]:
    """By kind of which there is any fact, the time after which it is connected: always, where statements tell it."""
    dated = {kind: facts.engine.run(facts.engine.sql(facts.table(table).at_us.min().as_table()))[0][0] for kind, table in _DATED.items()}
    stated = {kind: 0 for kind, table in _STATED.items() if not is_empty(facts.engine, facts.table(table))}
    return {kind: int(first_us) for kind, first_us in dated.items() if first_us is not None} | stated


def connected_kinds(facts: Facts, now_us: int) -> frozenset[str]:
    """Kinds of which at least one fact exists; statements describe the past too and always count."""
    dated = {kind for kind, table in _DATED.items() if not is_empty(facts.engine, facts.before(table, now_us))}
    stated = {kind for kind, table in _STATED.items() if not is_empty(facts.engine, facts.table(table))}
    return frozenset(dated | stated)
