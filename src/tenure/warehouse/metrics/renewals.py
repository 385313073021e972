"""What is up for renewal in the next 120 days: amount, health, owner, forecast, summed by month (Day one, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.warehouse.metrics.calendar import month_of_us, month_text
from tenure.warehouse.metrics.members import external_customers, rows
from tenure.warehouse.view import FactsView

HORIZON_DAYS = 120
FORECASTS = ("committed", "likely", "at risk")


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal; the amount is the ARR, None when unknown."""

    customer_id: str
    renewal_us: int
    arr_cents: int | None
    score: float | None
    owner: str
    forecast: str


@dataclass(frozen=True, slots=True)
class RenewalMonth:
    """One month of renewals by forecast, in cents; `unknown` counts customers without ARR."""

    month: str
    customers: int
    committed_cents: int
    likely_cents: int
    at_risk_cents: int
    unknown: int


@dataclass(frozen=True, slots=True)
class RenewalsResult:
    """The renewals page: months, and the customers soonest first."""

    months: tuple[RenewalMonth, ...]
    renewals: tuple[Renewal, ...]


def renewal_members(view: FactsView, scores: ir.Table, horizon_days: int = HORIZON_DAYS) -> ir.Table:
    """customer_id, renewal_us, month, arr_cents, score, owner, forecast of every renewal within the horizon.

    Forecast: at risk when cancelling, critical or at risk; committed when healthy; likely when not scored yet.
    """
    customers = external_customers(view)
    due = customers.filter(
        (customers.renewal_us >= view.now_us)
        & (customers.renewal_us < view.now_us + horizon_days * DAY_US)
        & (customers.status != "churned")
    )
    joined = due.left_join(scores.select("customer_key", "score", "health_status"), "customer_key")
    at_risk = (joined.status == "cancelling") | joined.health_status.isin(["critical", "at_risk"])
    return joined.select(
        "customer_id",
        "renewal_us",
        "arr_cents",
        "score",
        "owner",
        month=month_of_us(joined.renewal_us),
        forecast=ibis.cases(
            (ibis.coalesce(at_risk, False), "at risk"), (joined.health_status == "healthy", "committed"), else_="likely"
        ),
    )


def renewals(view: FactsView, scores: ir.Table, limit: int = 200) -> RenewalsResult:
    """Months and the soonest renewals."""
    members = renewal_members(view, scores)

    def cents(forecast: str) -> Any:
        return ibis.coalesce(members.arr_cents.sum(where=members.forecast == forecast), 0)

    months = members.group_by("month").agg(
        customers=members.count(),
        committed_cents=cents("committed"),
        likely_cents=cents("likely"),
        at_risk_cents=cents("at risk"),
        unknown=members.arr_cents.isnull().cast("int64").sum(),
    )
    listed = members.order_by(["renewal_us", "customer_id"]).limit(limit).drop("month")
    return RenewalsResult(
        months=tuple(RenewalMonth(**{**row, "month": month_text(row["month"])}) for row in rows(months.order_by("month"))),
        renewals=tuple(Renewal(**row) for row in rows(listed)),
    )
