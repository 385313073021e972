"""From when to when somebody was a customer: first spells and later ones (P1-P4)."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.stats.result import Answer, Outcome, not_measured
from tenure.warehouse.metrics.members import Population, is_true, rows, stacked
from tenure.warehouse.payments import failed_before, payments

NO_PAYMENTS = (
    "No payment facts have arrived, so it is not known who left by choice and who by a failed payment: "
    "import `invoice_state` with `revenue`, or payment events."
)


def spells(population: Population) -> ir.Table:
    """customer_key, customer_id, segment, started_us, ended_us?, is_first, is_involuntary?.

    Where the venture has revenue facts the first spell counts from the first payment, and a spell that ended unpaid
    was a trial not converted (P3); elsewhere from its start, and present trials are left out. A later spell is the
    current one of a customer who came back. Why a spell ended is null without payment facts.
    """
    return population.kept("spells", lambda: _spells(population))


def _spells(population: Population) -> ir.Table:
    customers = population.customers()
    joined = customers.inner_join(population.view.first_spells(), "customer_key")
    has_revenue = "revenue" in population.view.connected()
    found = stacked([_first(joined, has_revenue), _later(joined)])
    return _with_cause(population, found)


def by_cause(population: Population, count: int) -> Outcome[int]:
    """A count (or cents) of who left for one cause; not measured without payment facts (Day one, 9)."""
    return Answer(count) if knows_payments(population) else not_measured(NO_PAYMENTS)


def knows_payments(population: Population) -> bool:
    """Whether anything was ever said of a payment that went through or failed."""
    return population.once("knows payments", lambda: bool(rows(payments(population.view).limit(1))))


def _first(joined: ir.Table, has_revenue: bool) -> ir.Table:
    if has_revenue:
        started = joined.first_paid_us
        counted = started.notnull() & ibis.coalesce(started <= joined.first_ended_us, True)
    else:
        started = joined.first_started_us
        counted = joined.status != "trial"
    return _spell(joined.filter(counted), started, joined.first_ended_us, is_first=True)


def _later(joined: ir.Table) -> ir.Table:
    came_back = joined.first_ended_us.notnull() & (joined.spell_started_us >= joined.first_ended_us)
    return _spell(joined.filter(came_back), joined.spell_started_us, joined.churned_us, is_first=False)


def _spell(kept: ir.Table, started: Any, ended: Any, is_first: bool) -> ir.Table:
    return kept.select(
        "customer_key",
        "customer_id",
        "segment",
        "cancel_requested_us",
        started_us=started.cast("int64"),
        ended_us=ended.cast("int64"),
        is_first=ibis.literal(is_first),
    )


def _with_cause(population: Population, found: ir.Table) -> ir.Table:
    """Involuntary: the last payment of the 45 days before the end failed, and nobody asked to cancel."""
    ended = found.filter(found.ended_us.notnull()).select("customer_key", "ended_us").distinct()
    failures = failed_before(population.view, ended)
    joined = found.left_join(
        failures, [found.customer_key == failures.customer_key, found.ended_us == failures.failed_end_us]
    )
    asked = is_true((joined.cancel_requested_us >= joined.started_us) & (joined.cancel_requested_us <= joined.ended_us))
    return joined.select(
        "customer_key",
        "customer_id",
        "segment",
        "started_us",
        "ended_us",
        "is_first",
        is_involuntary=joined.failed_end_us.notnull() & ~asked if knows_payments(population) else ibis.null("boolean"),
    )
