"""What is up for renewal in the next 120 days: amount, health, owner, forecast, summed by month (Day one, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.metric_results import Renewal, RenewalMonth, RenewalsResult
from tenure.warehouse.metrics.calendar import month_column, month_from_text, month_text
from tenure.warehouse.metrics.members import Population, how_many, is_true, rows, segments_of
from tenure.warehouse.metrics.spells import FAILED_INVOICES, INVOLUNTARY_WINDOW_DAYS

FORECASTS = ("committed", "likely", "at_risk")
RISKS = {
    "is_cancelling": "cancellation requested",
    "is_critical": "critical health",
    "is_at_risk": "health at risk",
    "is_unpaid": "failed payment in the last 45 days",
}


def renewal_members(population: Population, scores: ir.Table) -> ir.Table:
    """customer_id, segment, renewal_us, month, arr_cents, score_tenths, health_status, owner, forecast and risks.

    Forecast: at risk when cancelling, unpaid, critical or at risk; committed when healthy; likely when not scored.
    """
    view = population.view
    customers = population.customers()
    horizon_us = view.now_us + population.settings.renewal_horizon_days * DAY_US
    due = customers.filter(
        (customers.renewal_us >= view.now_us) & (customers.renewal_us < horizon_us) & (customers.status != "churned")
    )
    scored = due.left_join(scores.select("customer_id", "score_tenths", "health_status"), "customer_id")
    joined = scored.left_join(_unpaid(population), "customer_key")
    found = joined.select(
        "customer_id",
        "segment",
        "renewal_us",
        "arr_cents",
        "score_tenths",
        "health_status",
        "owner",
        month=month_column(joined.renewal_us),
        is_cancelling=is_true(joined.status == "cancelling"),
        is_critical=is_true(joined.health_status == "critical"),
        is_at_risk=is_true(joined.health_status == "at_risk"),
        is_unpaid=is_true(joined.is_unpaid),
    )
    return found.mutate(forecast=_forecast(found))


def _forecast(found: ir.Table) -> Any:
    at_risk = found.is_cancelling | found.is_critical | found.is_at_risk | found.is_unpaid
    return ibis.cases((at_risk, "at_risk"), (is_true(found.health_status == "healthy"), "committed"), else_="likely")


def _unpaid(population: Population) -> ir.Table:
    movements = population.view.movements()
    since = population.view.now_us - INVOLUNTARY_WINDOW_DAYS * DAY_US
    failed = movements.filter(movements.invoice_state.isin(FAILED_INVOICES) & (movements.occurred_us >= since))
    return failed.select("customer_key").distinct().mutate(is_unpaid=ibis.literal(True))


def renewals(population: Population, scores: ir.Table, limit: int = 200) -> dict[str, RenewalsResult]:
    """By segment: months, and the soonest renewals."""
    members = renewal_members(population, scores)
    months: dict[str, list[RenewalMonth]] = {}
    for row in rows(_by_month(members).order_by(["segment", "month"])):
        months.setdefault(row["segment"], []).append(_month(row))
    listed: dict[str, list[Renewal]] = {}
    soonest = ibis.window(group_by=members.segment, order_by=[members.renewal_us, members.customer_id])
    first = members.mutate(place=ibis.row_number().over(soonest))
    for row in rows(first.filter(first.place < limit).order_by(["segment", "place"])):
        listed.setdefault(row["segment"], []).append(_renewal(row))
    return {
        name: RenewalsResult(
            population.settings.renewal_horizon_days, tuple(months.get(name, ())), tuple(listed.get(name, ()))
        )
        for name in segments_of(months, population)
    }


def _by_month(members: ir.Table) -> ir.Table:
    cents = {
        f"{forecast}_cents": ibis.coalesce(members.arr_cents.sum(where=members.forecast == forecast), 0)
        for forecast in FORECASTS
    }
    table: ir.Table = members.group_by(["segment", "month"]).agg(
        customers=members.count(),
        unknown=how_many(members.arr_cents.isnull()),
        **{forecast: how_many(members.forecast == forecast) for forecast in FORECASTS},
        **cents,
    )
    return table


def _month(row: dict[str, Any]) -> RenewalMonth:
    counts = {name: int(row[name]) for name in RenewalMonth.__slots__ if name != "month"}
    return RenewalMonth(month=month_text(int(row["month"])), **counts)


def _renewal(row: dict[str, Any]) -> Renewal:
    return Renewal(
        customer_id=row["customer_id"],
        renewal_us=int(row["renewal_us"]),
        arr_cents=row["arr_cents"],
        score=None if row["score_tenths"] is None else row["score_tenths"] / 10,
        health_status=row["health_status"],
        owner=row["owner"],
        forecast=row["forecast"],
        risks=tuple(words for name, words in RISKS.items() if row[name]),
    )


def renewals_cell(population: Population, scores: ir.Table, parts: Sequence[str]) -> ir.Table | None:
    """MONTH/customers|committed|likely|at_risk|unknown."""
    match list(parts):
        case [month, cell]:
            members = renewal_members(population, scores)
            of_month = members.filter(members.month == month_from_text(month))
            return _cell(of_month, cell)
    return None


def _cell(members: ir.Table, cell: str) -> ir.Table | None:
    if cell in FORECASTS:
        return members.filter(members.forecast == cell)
    if cell == "unknown":
        return members.filter(members.arr_cents.isnull())
    return members if cell == "customers" else None
