"""States as the tables of a view: what is true at now, by one set of rules for both views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.warehouse.lifecycle import yes

_MONTHS_A_YEAR = 12


def earliest(*times: Any) -> Any:
    """The smallest of the times that are known; null when none is."""
    known = times[0]
    for other in times[1:]:
        known = ibis.coalesce(ibis.ifelse(other < known, other, known), known, other)
    return known


def named(table: ir.Table, ids: ir.Table, key: str, name: str) -> ir.Table:
    """The table with the ids its keys stand for. Among millions they take longer to find than most questions take."""
    texts = ids.select(named_key="id_key", **{name: "id"})
    return table.inner_join(texts, table[key] == texts.named_key).drop("named_key")


def customers_at(states: ir.Table, ids: ir.Table, now_us: int, beside: Sequence[str] = ()) -> ir.Table:
    """The table `nameless_customers()` of a view; `tenure.rules.customer_state` says the same for one customer.

    `beside`: further columns of the states, given as they are.
    """
    erased = ids.filter(yes(ids.is_erased)).select(erased_key="id_key")
    marked = states.left_join(erased, states.customer_key == erased.erased_key)
    dated = marked.mutate(
        created_us=ibis.coalesce(
            marked.created_us, earliest(marked.first_stated_us, marked.first_event_us, marked.first_other_us)
        ),
        is_churned=yes(marked.last_ended_us < now_us),
    )
    here = dated.filter(dated.created_us < now_us)
    here = here.mutate(spell_started_us=ibis.coalesce(here.last_started_us, here.created_us))
    asked = here.cancelling_us < now_us
    this_spell = here.last_started_us.isnull() | (here.cancelling_us >= here.last_started_us)
    here = here.mutate(asked_us=ibis.ifelse(yes(asked & this_spell), here.cancelling_us, ibis.null("int64")))
    here = here.mutate(status=_status(here))
    twelve_months = here.monthly_cents * _MONTHS_A_YEAR
    return here.select(
        "customer_key",
        "created_us",
        "spell_started_us",
        "status",
        "first_paid_us",
        "onboarded_us",
        "renewal_us",
        "term_days",
        "name",
        "email",
        "plan",
        "currency",
        "industry",
        "owner",
        "timezone",
        "language",
        "phone",
        "primary_contact",
        "parent_id",
        "seats",
        "traits",
        "goals",
        *beside,
        churned_us=ibis.ifelse(here.is_churned, here.last_ended_us, ibis.null("int64")),
        cancel_requested_us=here.asked_us,
        arr_cents=ibis.coalesce(here.arr_cents, twelve_months),
        monthly_cents=ibis.coalesce(here.monthly_cents, 0),
        internal=yes(here.internal),
        implicit=here.first_stated_us.isnull(),
        is_scored=~yes(here.internal) & ~here.is_churned & here.erased_key.isnull(),
    )


def _status(here: ir.Table) -> Any:
    unpaid_trial = yes(here.status == "trial") & here.first_paid_us.isnull()
    return ibis.cases(
        (here.is_churned, "churned"),
        (unpaid_trial, "trial"),
        (here.asked_us.notnull(), "cancelling"),
        (yes(here.status == "paused"), "paused"),
        else_="active",
    )


def first_spells_at(states: ir.Table, customers: ir.Table, now_us: int) -> ir.Table:
    """The table `first_spells()`: from creation to the first end that has come."""
    ends = states.select("customer_key", "first_ended_us")
    joined = customers.select("customer_key", first_started_us=customers.created_us).left_join(ends, "customer_key")
    has_come = joined.first_ended_us < now_us
    return joined.select(
        "customer_key",
        "first_started_us",
        first_ended_us=ibis.ifelse(has_come, joined.first_ended_us, ibis.null("int64")),
    )


def tickets_at(resolved_tickets: ir.Table, now_us: int) -> ir.Table:
    """The table `tickets()`: open from creation until solved, open again from a reopening (M4)."""
    created_us = ibis.coalesce(resolved_tickets.created_us, resolved_tickets.first_stated_us)
    dated = resolved_tickets.mutate(created_us=created_us)
    here = dated.filter((dated.created_us < now_us) & dated.customer_key.notnull())
    is_over = yes(here.last_ended_us < now_us)
    open_state = ibis.coalesce(here.open_word, ibis.literal("open"))
    return here.select(
        "customer_key",
        "ticket_key",
        "created_us",
        "first_reply_us",
        "priority",
        "category",
        "subject",
        "satisfaction_hundredths",
        state=ibis.ifelse(is_over, ibis.coalesce(here.end_word, ibis.literal("solved")), open_state),
        resolved_us=ibis.ifelse(is_over, here.last_ended_us, ibis.null("int64")),
    )


def users_at(user_states: ir.Table, mapping: ir.Table | None, ids: ir.Table, now_us: int) -> ir.Table:
    """The table `users()`: everybody a statement was made about, aliases joined into one."""
    named = user_states.inner_join(ids, user_states.user_key == ids.id_key)
    here = named.filter(yes(named.created_us < now_us) | named.created_us.isnull())
    if mapping is None:
        here = here.mutate(customer_key=here.user_key)
    else:
        placed = mapping.select(placed_key=mapping.user_key, mapped_key=mapping.mapped_key)
        here = here.left_join(placed, here.user_key == placed.placed_key)
        here = here.mutate(customer_key=ibis.coalesce(here.mapped_key, here.user_key))
    gone = here.deactivated_us < now_us
    return here.select(
        "user_key",
        "customer_key",
        "role",
        "name",
        "email",
        "consent",
        "created_us",
        user_id=here.id,
        deactivated_us=ibis.ifelse(yes(gone), here.deactivated_us, ibis.null("int64")),
    )
