"""Who left: customer and revenue churn by month, voluntary and involuntary apart (Day one, 9)."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.stats.proportions import rate
from tenure.stats.result import Outcome, Rate
from tenure.stats.revenue import MoneyRate
from tenure.warehouse.metrics.calendar import month_of_us
from tenure.warehouse.metrics.members import external_customers, rows
from tenure.warehouse.metrics.revenue import Period, month_period, revenue_members, revenue_of
from tenure.warehouse.view import FactsView

INVOLUNTARY_WINDOW_DAYS = 45


@dataclass(frozen=True, slots=True)
class ChurnMonth:
    """Churn of one month: of the customers at its start, how many left; and the money they took."""

    month: str
    customers: Outcome[Rate]
    involuntary: int
    revenue: Outcome[MoneyRate]


@dataclass(frozen=True, slots=True)
class ChurnResult:
    """The churn page, newest month last."""

    months: tuple[ChurnMonth, ...]


def churn_members(view: FactsView, period: Period) -> ir.Table:
    """Customers at the start of the period: customer_id, is_churned, is_involuntary, and the segments.

    Trials are not customers yet (P3); where there are revenue facts a customer counts from its first payment.
    Involuntary: a failed or past-due invoice in the 45 days before the end, and not asked to cancel.
    """
    customers = external_customers(view)
    spells = view.first_spells()
    joined = customers.inner_join(spells, "customer_key")
    paying = "revenue" in view.connected()
    started = joined.first_paid_us if paying else joined.first_started_us
    counted = started.notnull() & (started < period.from_us)
    if not paying:
        counted = counted & (joined.status != "trial")
    here = joined.filter(counted & (joined.first_ended_us.isnull() | (joined.first_ended_us >= period.from_us)))
    failures = _failed_payments(view)
    with_failures = here.left_join(failures, "customer_key")
    is_churned = ibis.coalesce(with_failures.first_ended_us < period.to_us, False)
    recent_failure = with_failures.failed_us >= with_failures.first_ended_us - INVOLUNTARY_WINDOW_DAYS * DAY_US
    return with_failures.select(
        customer_id=with_failures.customer_id,
        is_churned=is_churned,
        is_involuntary=is_churned & ibis.coalesce(recent_failure, False) & with_failures.cancel_requested_us.isnull(),
        plan=with_failures.plan,
        stage=with_failures.stage,
        owner=with_failures.owner,
        industry=with_failures.industry,
        size=with_failures.size,
    )


def _failed_payments(view: FactsView) -> ir.Table:
    movements = view.movements()
    failed = movements.filter(movements.invoice_state.isin(["failed", "past_due"]))
    return failed.group_by("customer_key").agg(failed_us=failed.occurred_us.max())


def churn_of(view: FactsView, period: Period) -> ChurnMonth:
    """Both churn rates of one period."""
    members = churn_members(view, period)
    row = rows(
        members.agg(
            customers=members.count(),
            churned=members.is_churned.cast("int64").sum(),
            involuntary=members.is_involuntary.cast("int64").sum(),
        )
    )[0]
    money = revenue_of(revenue_members(view, period), period)
    return ChurnMonth(
        month=period.name,
        customers=rate(int(row["churned"] or 0), row["customers"], of="customers at the start of the month"),
        involuntary=int(row["involuntary"] or 0),
        revenue=money.retention.map(lambda found: found.revenue_churn),
    )


def churn(view: FactsView, months: int = 12) -> ChurnResult:
    """The last closed months that had customers."""
    now_month = month_of_us(view.now_us)
    first = rows(external_customers(view).agg(first=ibis._.created_us.min()))[0]["first"]
    since = now_month if first is None else max(month_of_us(int(first)), now_month - months)
    return ChurnResult(tuple(churn_of(view, month_period(month)) for month in range(since, now_month)))
