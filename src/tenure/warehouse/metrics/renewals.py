"""What is up for renewal in the next 120 days: amount, health, owner, forecast, summed by month (Day one, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenure.clock import DAY_US
from tenure.ports.metric_results import Renewal, RenewalMonth, RenewalsResult
from tenure.ports.metrics import RenewalMarks
from tenure.rules.renewals import DOUBTS, GRAVE, PAST_DUE_DAYS, RISKS, Forecast, Proposal
from tenure.rules.working_time import local, zone_of
from tenure.warehouse.conditions import falling_trend
from tenure.warehouse.loop.fields import FieldSettings, field_table
from tenure.warehouse.metrics.calendar import month_column, month_from_text, month_text
from tenure.warehouse.metrics.members import Population, how_many, is_true, rows, segments_of

FORECASTS = tuple(one.value for one in Forecast)
_EPOCH = date(1970, 1, 1).toordinal()
_TROUBLE = ("active_days_30", "active_days_30_before", "open_urgent_tickets", "unpaid_invoice")
_MARKS = pa.schema([("customer_id", pa.string()), ("chain_is_open", pa.bool_()), ("proposal", pa.string())])


def renewal_members(population: Population, scores: ir.Table, marks: RenewalMarks) -> ir.Table:
    """customer_id, segment, renewal_us, month, arr_cents, score_tenths, health_status, owner, is_past_due, forecast and the signs of
    `tenure.rules.renewals.RISKS` as columns: the twin of `forecast_of`.

    Args:
        marks: what the store knows of customers, at the view's time.
    """
    due = _due(population)
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
        "is_past_due",
        month=month_column(known.renewal_us),
        **_signs(known),
    )
    return found.mutate(forecast=_forecast(found))


def _due(population: Population) -> ir.Table:
    """Customers whose renewal is ahead or was due lately, with is_past_due: its day counts until it is over where they are."""
    view, customers = population.view, population.customers()
    horizon_us = view.now_us + population.settings.renewal_horizon_days * DAY_US
    earliest_us = view.now_us - (PAST_DUE_DAYS + 1) * DAY_US
    near = customers.filter(
        (customers.renewal_us >= earliest_us) & (customers.renewal_us < horizon_us) & (customers.status != "churned")
    )
    placed = near.left_join(view.customers().select("customer_key", "timezone"), "customer_key")
    days_left = placed.renewal_us // DAY_US - _today(placed, view.now_us, population.settings.venture_timezone)
    return placed.mutate(is_past_due=days_left < 0).filter(days_left >= -PAST_DUE_DAYS)


def _today(placed: ir.Table, now_us: int, venture_timezone: str) -> Any:
    """The day it is in each customer's zone, else in the venture's: yesterday, today or tomorrow of UTC."""
    named: dict[int, list[str]] = {}
    for row in rows(placed.filter(placed.timezone.notnull()).select("timezone").distinct()):
        named.setdefault(_day_in(row["timezone"], venture_timezone, now_us), []).append(row["timezone"])
    elsewhere = _day_in(None, venture_timezone, now_us)
    cases = [(placed.timezone.isin(names), day) for day, names in named.items()]
    return ibis.cases(*cases, else_=elsewhere) if cases else ibis.literal(elsewhere)


def _day_in(zone: str | None, venture_timezone: str, now_us: int) -> int:
    return local(now_us, zone_of(zone, venture_timezone)).date().toordinal() - _EPOCH


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
    late = {row["segment"]: row for row in rows(_past_due(members))}
    for row in rows(_by_month(members.filter(~members.is_past_due)).order_by(["segment", "month"])):
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
            population.settings.renewal_horizon_days,
            tuple(months.get(name, ())),
            *_late(late.get(name)),
            tuple(listed.get(name, ())),
        )
        for name in segments_of(months.keys() | late.keys(), population)
    }


def _past_due(members: ir.Table) -> ir.Table:
    late = members.filter(members.is_past_due)
    table: ir.Table = late.group_by("segment").agg(customers=late.count(), cents=late.arr_cents.sum())
    return table


def _late(row: dict[str, Any] | None) -> tuple[int, int | None]:
    return (0, 0) if row is None else (int(row["customers"]), _cents(row["cents"], int(row["customers"])))


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
        is_past_due=bool(row["is_past_due"]),
    )


def renewals_cell(
    population: Population, scores: ir.Table, marks: RenewalMarks, parts: Sequence[str]
) -> ir.Table | None:
    """MONTH/customers|committed|likely|at_risk|unknown, past_due."""
    members = renewal_members(population, scores, marks)
    match list(parts):
        case ["past_due"]:
            return members.filter(members.is_past_due)
        case [month, cell]:
            return _cell(members.filter((members.month == month_from_text(month)) & ~members.is_past_due), cell)
    return None


def _cell(members: ir.Table, cell: str) -> ir.Table | None:
    if cell in FORECASTS:
        return members.filter(members.forecast == cell)
    if cell == "unknown":
        return members.filter(members.arr_cents.isnull())
    return members if cell == "customers" else None
