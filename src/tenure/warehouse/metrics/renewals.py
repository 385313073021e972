"""What is up for renewal in the next 120 days: amount, health, owner, forecast, summed by month (Day one, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US
from tenure.ports.metric_results import Renewal, RenewalMonth, RenewalsResult
from tenure.ports.metrics import RenewalMarks
from tenure.rules.renewals import DOUBTS, GRAVE, RISKS, Forecast, Proposal
from tenure.warehouse.conditions import falling_trend
from tenure.warehouse.loop.fields import FieldSettings, field_table
from tenure.warehouse.metrics.calendar import month_column, month_from_text, month_text
from tenure.warehouse.metrics.members import Population, how_many, is_true, rows, segments_of

FORECASTS = tuple(one.value for one in Forecast)
_TROUBLE = ("active_days_30", "active_days_30_before", "open_urgent_tickets", "unpaid_invoice")
_MARKS = pa.schema([("customer_id", pa.string()), ("chain_is_open", pa.bool_()), ("proposal", pa.string())])


def renewal_members(population: Population, scores: ir.Table, marks: RenewalMarks) -> ir.Table:
    """customer_id, segment, renewal_us, month, arr_cents, score_tenths, health_status, owner, forecast and the signs of
    `tenure.rules.renewals.RISKS` as columns: the twin of `forecast_of`.

    Args:
        marks: what the store knows of customers, at the view's time.
    """
    view = population.view
    customers = population.customers()
    horizon_us = view.now_us + population.settings.renewal_horizon_days * DAY_US
    due = customers.filter(
        (customers.renewal_us >= view.now_us) & (customers.renewal_us < horizon_us) & (customers.status != "churned")
    )
    known = due.left_join(scores.select("customer_id", "score_tenths", "health_status"), "customer_id")
    known = known.left_join(population.shared("renewal trouble", lambda: _trouble(population, scores)), "customer_key")
    known = known.left_join(_marked(marks), "customer_id")
    found = known.select(
        "customer_id",
        "segment",
        "renewal_us",
        "arr_cents",
        "score_tenths",
        "health_status",
        "owner",
        month=month_column(known.renewal_us),
        **_signs(known),
    )
    return found.mutate(forecast=_forecast(found))


def _trouble(population: Population, scores: ir.Table) -> ir.Table:
    """Use, urgent tickets and unpaid invoices, as conditions of the loop see them."""
    return field_table(population.view, scores, FieldSettings(), _TROUBLE)


def _marked(marks: RenewalMarks) -> ir.Table:
    names = sorted({*marks.open_chains, *marks.proposals})
    listed = [{"customer_id": name, "chain_is_open": name in marks.open_chains, "proposal": marks.proposals.get(name)} for name in names]
    found: ir.Table = ibis.memtable(pa.Table.from_pylist(listed, schema=_MARKS))
    return found


def _signs(known: ir.Table) -> dict[str, Any]:
    at_risk, agreed = is_true(known.health_status == "at_risk"), is_true(known.proposal == Proposal.agreed.value)
    return {
        "is_cancelling": is_true(known.status == "cancelling"),
        "is_unpaid": is_true(known.unpaid_invoice),
        "is_critical": is_true(known.health_status == "critical"),
        "chain_is_open": is_true(known.chain_is_open),
        "is_at_risk": at_risk & ~agreed,
        "is_at_risk_but_agreed": at_risk & agreed,
        "is_falling": is_true(falling_trend(known.active_days_30, known.active_days_30_before)),
        "is_urgent": is_true(known.open_urgent_tickets > 0),
        "decision_waits": is_true(known.proposal == Proposal.waits.value),
        "was_refused": is_true(known.proposal == Proposal.refused.value),
        "is_unscored": known.health_status.isnull(),
    }


def _forecast(found: ir.Table) -> Any:
    grave, doubt = (reduce(or_, (found[name] for name in names)) for names in (GRAVE, DOUBTS))
    return ibis.cases((grave, Forecast.at_risk.value), (doubt, Forecast.likely.value), else_=Forecast.committed.value)


def renewals(
    population: Population, scores: ir.Table, marks: RenewalMarks, limit: int | None = 200
) -> dict[str, RenewalsResult]:
    """By segment: months, and the soonest renewals (`limit` None: every one)."""
    members = renewal_members(population, scores, marks)
    months: dict[str, list[RenewalMonth]] = {}
    for row in rows(_by_month(members).order_by(["segment", "month"])):
        months.setdefault(row["segment"], []).append(_month(row))
    listed: dict[str, list[Renewal]] = {}
    soonest = ibis.window(group_by=members.segment, order_by=[members.renewal_us, members.customer_id])
    first = members.mutate(place=ibis.row_number().over(soonest))
    shown = first if limit is None else first.filter(first.place < limit)
    names = population.view.customers().select("customer_id", "name")
    for row in rows(shown.left_join(names, "customer_id").order_by(["segment", "place"])):
        listed.setdefault(row["segment"], []).append(_renewal(row))
    return {
        name: RenewalsResult(
            population.settings.renewal_horizon_days, tuple(months.get(name, ())), tuple(listed.get(name, ()))
        )
        for name in segments_of(months, population)
    }


def _by_month(members: ir.Table) -> ir.Table:
    cents = {
        f"{forecast}_cents": members.arr_cents.sum(where=members.forecast == forecast) for forecast in FORECASTS
    }
    table: ir.Table = members.group_by(["segment", "month"]).agg(
        customers=members.count(),
        unknown=how_many(members.arr_cents.isnull()),
        **{forecast: how_many(members.forecast == forecast) for forecast in FORECASTS},
        **cents,
    )
    return table


def _month(row: dict[str, Any]) -> RenewalMonth:
    counts = {name: int(row[name]) for name in ("customers", "unknown", *FORECASTS)}
    return RenewalMonth(
        month=month_text(int(row["month"])),
        committed_cents=_cents(row["committed_cents"], counts["committed"]),
        likely_cents=_cents(row["likely_cents"], counts["likely"]),
        at_risk_cents=_cents(row["at_risk_cents"], counts["at_risk"]),
        **counts,
    )


def _cents(found: int | None, customers: int) -> int | None:
    """Nobody's renewals are 0; renewals of which no amount is known are unknown (R5)."""
    return None if found is None and customers else int(found or 0)


def _renewal(row: dict[str, Any]) -> Renewal:
    return Renewal(
        customer_id=row["customer_id"],
        name=row["name"],
        renewal_us=int(row["renewal_us"]),
        arr_cents=row["arr_cents"],
        score=None if row["score_tenths"] is None else row["score_tenths"] / 10,
        health_status=row["health_status"],
        owner=row["owner"],
        forecast=row["forecast"],
        risks=tuple(words for name, words in RISKS.items() if row[name]),
    )


def renewals_cell(
    population: Population, scores: ir.Table, marks: RenewalMarks, parts: Sequence[str]
) -> ir.Table | None:
    """MONTH/customers|committed|likely|at_risk|unknown."""
    match list(parts):
        case [month, cell]:
            members = renewal_members(population, scores, marks)
            of_month = members.filter(members.month == month_from_text(month))
            return _cell(of_month, cell)
    return None


def _cell(members: ir.Table, cell: str) -> ir.Table | None:
    if cell in FORECASTS:
        return members.filter(members.forecast == cell)
    if cell == "unknown":
        return members.filter(members.arr_cents.isnull())
    return members if cell == "customers" else None
