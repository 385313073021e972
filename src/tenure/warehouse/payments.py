"""What is known of payments: invoice states of revenue movements and mapped events, and who left because one failed (Day one, 9)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.warehouse.view import FactsView

INVOLUNTARY_WINDOW_DAYS = 45
"""A failed payment this long before the end is taken for its cause."""
FAILED_INVOICES = ("failed", "past_due")


def payments(view: FactsView) -> ir.Table:
    """customer_key, occurred_us, seq, is_failed: every payment anything was said of, in order of (occurred_us, seq).

    Events are known by day: of several of one name on a day the last counts.
    """
    moves = view.movements()
    told = moves.filter(moves.invoice_state.notnull())
    stated = told.select(
        "customer_key",
        occurred_us=told.occurred_us.cast("int64"),
        seq=told.seq.cast("int64"),
        is_failed=told.invoice_state.isin(FAILED_INVOICES),
    )
    failed = view.mapping.failed_payment_names
    names = (*failed, *view.mapping.paid_names)
    if not names:
        return stated
    seen = view.activity(names).inner_join(view.names(), "name_key")
    events = seen.select(
        "customer_key",
        occurred_us=seen.last_us.cast("int64"),
        seq=ibis.literal(0, "int64"),
        is_failed=seen.name.isin(failed) if failed else ibis.literal(False),
    )
    return stated.union(events)


def unpaid(view: FactsView) -> ir.Table:
    """customer_key, unpaid_since_us: whose last payment failed, and the first failure since the last that went through."""
    told = payments(view)
    newest_first = ibis.cumulative_window(group_by="customer_key", order_by=[ibis.desc("occurred_us"), ibis.desc("seq")])
    marked = told.mutate(paid_since=(~told.is_failed).cast("int64").sum().over(newest_first))
    run = marked.filter(marked.paid_since == 0)
    return run.group_by("customer_key").agg(unpaid_since_us=run.occurred_us.min())


def failed_before(view: FactsView, ended: ir.Table) -> ir.Table:
    """customer_key, failed_end_us: of these ends (customer_key, ended_us) those whose last payment, in the days before, failed.

    What is told on the day of the end counts: the churn movement itself may state it.
    """
    near = ended.inner_join(payments(view), "customer_key").filter(
        (ibis._.occurred_us >= ibis._.ended_us - INVOLUNTARY_WINDOW_DAYS * DAY_US)
        & (ibis._.occurred_us < ibis._.ended_us + DAY_US)
    )
    newest = ibis.window(group_by=["customer_key", "ended_us"], order_by=[ibis.desc("occurred_us"), ibis.desc("seq")])
    last = near.mutate(place=ibis.row_number().over(newest)).filter(ibis._.place == 0)
    return last.filter(last.is_failed).select("customer_key", failed_end_us="ended_us")


def left_involuntarily(view: FactsView) -> ir.Table:
    """customer_key of everybody churned whose present spell ended with a failed payment and whom nobody asked to cancel."""
    customers = view.nameless_customers()
    gone = customers.filter((customers.status == "churned") & customers.churned_us.notnull())
    asked = (gone.cancel_requested_us >= gone.spell_started_us) & (gone.cancel_requested_us <= gone.churned_us)
    ended = gone.filter(~asked.fill_null(False)).select("customer_key", ended_us=gone.churned_us.cast("int64"))
    return failed_before(view, ended).select("customer_key").distinct()
