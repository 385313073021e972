"""Customers, users and tickets at a time: what was said of them folded together, with spells and money."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.warehouse.identity import canonical
from tenure.warehouse.ledger import ledger_marks, money
from tenure.warehouse.lifecycle import spells, statement_marks, yes
from tenure.warehouse.schema import CUSTOMER_FIELDS, STATES, TICKET_FIELDS, USER_FIELDS
from tenure.warehouse.statements import fold, narrow_effective
from tenure.warehouse.words import latest, merged_traits

_ON = ["active", "trial"]
_TICKET_OPEN = ["open", "pending"]
_TICKET_ENDED = ["solved", "closed"]


def _folded_traits(statements: ir.Table, subject: str, now_us: int) -> ir.Table:
    """Traits of all statements merged key by key."""
    counted = narrow_effective(statements, subject, ["traits"], now_us)
    told = counted.filter(counted.traits.notnull())
    return told.group_by(subject).agg(traits=merged_traits(told.traits.collect(order_by=told.n)))


def user_states(statements: ir.Table, who: ir.Table, now_us: int) -> ir.Table:
    """One row per person stated: the columns of the table `user_states`."""
    theirs = canonical(statements, "user_key", who).drop("user_key").rename(user_key="canonical_key")
    found = fold(theirs, "user_key", [name for name in USER_FIELDS if name != "traits"], now_us)
    traits = _folded_traits(theirs, "user_key", now_us).rename(traits_of="user_key")
    return found.left_join(traits, found.user_key == traits.traits_of).select(*STATES["user_states"])


def ticket_states(statements: ir.Table, now_us: int) -> ir.Table:
    """One row per ticket: the columns of the table `ticket_states`. Open or not is decided when read (M4).

    A resolution is a change of state at its own time, whenever it was told: dates of later statements count too.
    """
    found = fold(
        statements,
        "ticket_key",
        ["own_key", "user_key", *TICKET_FIELDS],
        now_us,
        open_word=lambda table, last: last(_if_among(table.status, _TICKET_OPEN)),
        end_word=lambda table, last: last(_if_among(table.status, _TICKET_ENDED)),
    )
    counted = narrow_effective(statements, "ticket_key", ["status", "resolved_us"], None)
    told = counted.select(
        "ticket_key",
        "n",
        "at_us",
        is_ended=counted.status.isin(_TICKET_ENDED),
        is_strong=yes(counted.status.isin(_TICKET_OPEN)),
        end_us=counted.resolved_us,
    )
    marks = statement_marks(told, "ticket_key")
    ending = spells(marks.filter(marks.is_end | (marks.at_us < now_us)), "ticket_key").rename(spell_of="ticket_key")
    joined = found.left_join(ending, found.ticket_key == ending.spell_of)
    return joined.select(*STATES["ticket_states"])


def _if_among(status: Any, words: list[str]) -> Any:
    return ibis.ifelse(status.isin(words), status, ibis.null("string"))


def customer_states(
    statements: ir.Table, entries: ir.Table, first_events: ir.Table, others: ir.Table, now_us: int
) -> ir.Table:
    """One row per customer known from any fact: the columns of the table `customer_states`.

    Args:
        statements: customer statements.
        entries: their ledger.
        first_events: customer_key, first_event_us.
        others: customer_key, first_other_us: of everything else that names or implies the customer.
        now_us: decides which statements count; everything else must lie before it already.
    """
    found = fold(statements, "customer_key", [name for name in CUSTOMER_FIELDS if name != "traits"], now_us)
    counted = narrow_effective(statements, "customer_key", ["status", "churned_us", "cancel_requested_us"], now_us)
    told = counted.select(
        "customer_key",
        "n",
        "at_us",
        is_ended=counted.status == "churned",
        is_strong=yes(counted.status.isin(_ON)),
        end_us=counted.churned_us,
    )
    marks = ibis.union(statement_marks(told, "customer_key"), ledger_marks(entries), distinct=False)
    pieces = (
        found.rename(of_statements="customer_key"),
        _folded_traits(statements, "customer_key", now_us).rename(of_traits="customer_key"),
        first_events.rename(of_events="customer_key"),
        others.rename(of_others="customer_key"),
        money(entries).rename(of_money="customer_key"),
        spells(marks, "customer_key").rename(of_spells="customer_key"),
        _cancelling(counted).rename(of_cancelling="customer_key"),
    )
    joined = ibis.union(
        statements.select("customer_key"),
        first_events.select("customer_key"),
        others.select("customer_key"),
        distinct=True,
    )
    for piece in pieces:
        joined = joined.left_join(piece, joined.customer_key == piece[piece.columns[0]])
    return joined.select(*STATES["customer_states"])


def _cancelling(counted: ir.Table) -> ir.Table:
    """customer_key, cancelling_us: the cancellation asked for, unless a later statement says plainly active again."""
    is_word = yes(counted.status == "cancelling")
    says = counted.cancel_requested_us.notnull() | is_word
    asked = counted.semi_join(counted.filter(says).select("customer_key").distinct(), "customer_key")
    is_plain = yes(asked.status.isin(_ON)) & asked.cancel_requested_us.isnull()
    told = asked.mutate(
        last_plain=asked.n.max(where=is_plain).over(ibis.window(group_by="customer_key")),
    )
    later = told.filter(yes(told.n > told.last_plain) | told.last_plain.isnull())
    grouped = later.group_by("customer_key").agg(
        date_us=latest(later.cancel_requested_us, later.n),
        said_us=later.at_us.min(where=later.status == "cancelling"),
    )
    asked_us = ibis.coalesce(grouped.date_us, grouped.said_us)
    return grouped.select("customer_key", cancelling_us=asked_us).filter(asked_us.notnull())
