"""Movements of monthly revenue as signed changes, in order."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def ledger(movements: ir.Table) -> ir.Table:
    """customer_key, seq, occurred_us, kind, delta_cents, left_cents (the running balance), plan, invoice_state, currency.

    A churn without amount takes all that was left: the balance is 0 after it, so each of them closes a section, and
    its own change is minus the sum of its section.
    """
    is_total = (movements.kind == "churn") & movements.monthly_cents.isnull()
    adds = movements.kind.isin(["new", "expansion", "reactivation"])
    size = ibis.coalesce(movements.monthly_cents, 0)
    signed = movements.mutate(is_total=is_total, signed_cents=ibis.ifelse(adds, size, -size))
    earlier = ibis.window(group_by="customer_key", order_by=["at_us", "seq"], preceding=(None, 1))
    sections = signed.mutate(section=ibis.coalesce(signed.is_total.cast("int64").sum().over(earlier), 0))
    within = ibis.window(
        group_by=["customer_key", "section"], order_by=["at_us", "seq"], preceding=None, following=0
    )
    running = sections.mutate(sum_cents=sections.signed_cents.sum().over(within).cast("int64"))
    return running.select(
        customer_key=running.customer_key,
        seq=running.seq,
        occurred_us=running.at_us,
        kind=running.kind,
        delta_cents=ibis.ifelse(running.is_total, -running.sum_cents, running.signed_cents),
        left_cents=ibis.ifelse(running.is_total, 0, running.sum_cents),
        plan=running.plan,
        invoice_state=running.invoice_state,
        currency=running.currency,
    )


def ledger_marks(entries: ir.Table) -> ir.Table:
    """Marks (customer_key, at_us, is_end, is_first): a churn that leaves nothing ends a spell, new or returning money starts one."""
    ends = (entries.kind == "churn") & (entries.left_cents <= 0)
    starts = entries.kind.isin(["new", "reactivation"])
    place = ibis.row_number().over(ibis.window(group_by="customer_key", order_by=["occurred_us", "seq"]))
    told = entries.mutate(is_first=starts & (place == 0)).filter(ends | starts)
    return told.select("customer_key", at_us=told.occurred_us, is_end=told.kind == "churn", is_first=told.is_first)


def money(entries: ir.Table) -> ir.Table:
    """monthly_cents, first_paid_us, first_moved_us per customer."""
    return entries.group_by("customer_key").agg(
        monthly_cents=entries.delta_cents.sum().cast("int64"),
        first_paid_us=entries.occurred_us.min(where=entries.delta_cents > 0),
        first_moved_us=entries.occurred_us.min(),
    )
