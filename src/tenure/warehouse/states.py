"""Customers, users and tickets at a time: what was said of them folded together, with spells and money."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure.warehouse.identity import canonical
from tenure.warehouse.ledger import ledger_marks, money
from tenure.warehouse.lifecycle import spells, statement_marks, yes
from tenure.warehouse.schema import CUSTOMER_FIELDS, STATES, TICKET_FIELDS, USER_FIELDS
from tenure.warehouse.statements import effective, folded
from tenure.warehouse.words import latest, merged_traits

_ON = ["active", "trial"]
_TICKET_OPEN = ["open", "pending"]


def _folded_traits(counted: ir.Table, subject: str) -> ir.Table:
    """Traits of all statements merged key by key."""
    told = counted.filter(counted.traits.notnull())
    return told.group_by(subject).agg(traits=merged_traits(told.traits.collect(order_by=told.n)))


def user_states(statements: ir.Table, who: ir.Table, now_us: int) -> ir.Table:
    """One row per person stated: the columns of the table `user_states`."""
    theirs = canonical(statements, "user_key", who)
    counted = effective(theirs.drop("user_key").rename(user_key="canonical_key"), "user_key", now_us)
    fields = [name for name in USER_FIELDS if name != "traits"]
    fold = counted.group_by("user_key").agg(first_stated_us=counted.at_us.min(), **folded(counted, fields))
    return _with_traits(fold, counted, "user_key").select(*STATES["user_states"])


def _with_traits(fold: ir.Table, counted: ir.Table, subject: str) -> ir.Table:
    traits = _folded_traits(counted, subject).rename(traits_of=subject)
    return fold.left_join(traits, fold[subject] == traits.traits_of).drop("traits_of")


def ticket_states(statements: ir.Table, now_us: int) -> ir.Table:
    """One row per ticket: the columns of the table `ticket_states`. Open or not is decided when read (M4)."""
    counted = effective(statements, "ticket_key", now_us)
    is_open = counted.status.isin(_TICKET_OPEN)
    is_closed = counted.status.isin(["solved", "closed"])
    fold = counted.group_by("ticket_key").agg(
        own_key=latest(counted.own_key, counted.n),
        user_key=latest(counted.user_key, counted.n),
        first_stated_us=counted.at_us.min(),
        open_word=latest(ibis.ifelse(is_open, counted.status, ibis.null("string")), counted.n),
        end_word=latest(ibis.ifelse(is_closed, counted.status, ibis.null("string")), counted.n),
        **folded(counted, TICKET_FIELDS),
    )
    told = counted.select(
        "ticket_key",
        "n",
        "at_us",
        is_ended=counted.status.isin(["solved", "closed"]),
        is_strong=yes(counted.status.isin(_TICKET_OPEN)),
        end_us=counted.resolved_us,
    )
    ending = spells(statement_marks(told, "ticket_key"), "ticket_key").rename(spell_of="ticket_key")
    joined = fold.left_join(ending, fold.ticket_key == ending.spell_of)
    return joined.select(*STATES["ticket_states"])


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
    counted = effective(statements, "customer_key", now_us)
    fields = [name for name in CUSTOMER_FIELDS if name != "traits"]
    fold = counted.group_by("customer_key").agg(first_stated_us=counted.at_us.min(), **folded(counted, fields))
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
        fold.rename(of_statements="customer_key"),
        _folded_traits(counted, "customer_key").rename(of_traits="customer_key"),
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
