"""Whose a fact is: its own customer, else its user's customer, else the user as a customer of their own."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure.warehouse.statements import effective
from tenure.warehouse.words import latest

JUMPS = 6
"""Chains of aliases are followed 2^6 = 64 steps far; longer ones, and circles, end where that leads."""


def links(aliases: ir.Table, now_us: int) -> ir.Table:
    """previous_key -> user_key: the alias that counts of each previous id."""
    counted = effective(aliases.filter(aliases.previous_key != aliases.user_key), "previous_key", now_us)
    return counted.group_by("previous_key").agg(user_key=latest(counted.user_key, counted.n))


def are_chained(found: ir.Table) -> ir.Table:
    """Links whose end is itself linked further."""
    further = found.view()
    return found.semi_join(further, found.user_key == further.previous_key)


def jumped(found: ir.Table) -> ir.Table:
    """Links reaching twice as far."""
    further = found.view().rename(middle_key="previous_key", further_key="user_key")
    joined = found.left_join(further, found.user_key == further.middle_key)
    return joined.select("previous_key", user_key=ibis.coalesce(joined.further_key, joined.user_key))


def canonical(table: ir.Table, column: str, who: ir.Table) -> ir.Table:
    """The table with `canonical_key`: who the user in `column` is."""
    mine = who.filter(who.previous_key != who.user_key)
    renamed = mine.select(linked_key=mine.previous_key, link_key=mine.user_key)
    joined = table.left_join(renamed, table[column] == renamed.linked_key)
    return joined.mutate(canonical_key=ibis.coalesce(joined.link_key, joined[column])).drop("linked_key", "link_key")


def user_map(user_statements: ir.Table, who: ir.Table, now_us: int) -> ir.Table:
    """user_key, canonical_key, mapped_key?: everyone who is not simply themselves.

    `mapped_key` is the customer the latest statement with a customer put them with; the first one defines the past.
    """
    placed = canonical(user_statements.filter(user_statements.own_key.notnull()), "user_key", who)
    counted = effective(placed, "canonical_key", now_us)
    mapped = counted.group_by("canonical_key").agg(mapped_key=latest(counted.own_key, counted.n))
    linked = who.filter(who.previous_key != who.user_key)
    everyone = ibis.union(
        linked.select(user_key=linked.previous_key, canonical_key=linked.user_key),
        mapped.select(user_key=mapped.canonical_key, canonical_key=mapped.canonical_key),
        distinct=True,
    )
    theirs = mapped.rename(holder_key="canonical_key")
    joined = everyone.left_join(theirs, everyone.canonical_key == theirs.holder_key)
    return joined.select("user_key", "canonical_key", "mapped_key")


def resolved(facts: ir.Table, users: ir.Table | None) -> ir.Table:
    """Facts with `customer_key` (null: nobody's yet) and `who_key` (the canonical user).

    Args:
        facts: has own_key and user_key; `anonymous` where a user id may be a device.
        users: a `user_map`; None when it is empty, which saves the join.
    """
    itself = facts.user_key
    if "anonymous" in facts.columns:
        itself = ibis.ifelse(facts.anonymous, ibis.null("int32"), facts.user_key)
    if users is None:
        return facts.mutate(customer_key=ibis.coalesce(facts.own_key, itself), who_key=facts.user_key)
    renamed = users.select(mapped_user_key=users.user_key, canonical_key=users.canonical_key, mapped_key=users.mapped_key)
    joined = facts.mutate(itself_key=itself).left_join(renamed, facts.user_key == renamed.mapped_user_key)
    linked = ibis.ifelse(joined.canonical_key != joined.user_key, joined.canonical_key, ibis.null("int32"))
    known = joined.mutate(
        customer_key=ibis.coalesce(joined.own_key, joined.mapped_key, linked, joined.itself_key),
        who_key=ibis.coalesce(joined.canonical_key, joined.user_key),
    )
    return known.drop("itself_key", "mapped_user_key", "canonical_key", "mapped_key")
