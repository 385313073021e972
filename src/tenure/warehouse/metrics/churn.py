"""Who left: customer and revenue churn by month, voluntary and involuntary apart (Day one, 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.metric_results import ChurnMonth, ChurnResult, Period, RevenuePeriod
from tenure.stats.proportions import rate
from tenure.stats.result import NoAnswer, not_measured
from tenure.warehouse.metrics.calendar import closed_months, month_of_us, month_period
from tenure.warehouse.metrics.members import (
    Population,
    how_many,
    is_true,
    last_logins,
    rows,
    segments_of,
    stacked,
)
from tenure.warehouse.metrics.revenue import NO_REVENUE, revenue_periods
from tenure.warehouse.metrics.spells import spells


def churn_members(population: Population, periods: Sequence[Period]) -> ir.Table:
    """Customers at the start of each period: period, customer_id, segment, is_churned, is_involuntary.

    Cancelling customers are still customers until their end (P2).
    """
    found = spells(population)
    return stacked([_of_period(found, period) for period in periods])


def _of_period(found: ir.Table, period: Period) -> ir.Table:
    here = found.filter((found.started_us < period.from_us) & ibis.coalesce(found.ended_us >= period.from_us, True))
    is_churned = is_true(here.ended_us < period.to_us)
    return here.select(
        "customer_id",
        "segment",
        period=ibis.literal(period.name),
        is_churned=is_churned,
        is_involuntary=is_churned & here.is_involuntary,
    )


def standing_members(population: Population) -> ir.Table:
    """Customers at now who are not gone: customer_id, segment, is_dormant (P1), is_cancelling (P2)."""
    customers = population.customers()
    logins = last_logins(population.view)
    joined = customers.filter(~customers.status.isin(["churned", "trial"])).left_join(logins, "customer_key")
    silent_before = population.view.now_us - population.settings.win_back_inactive_days * DAY_US
    since = ibis.coalesce(joined.last_us, joined.spell_started_us)
    return joined.select(
        "customer_id",
        "segment",
        is_dormant=since <= silent_before,
        is_cancelling=joined.status == "cancelling",
    )


def churn_counts(population: Population, periods: Sequence[Period]) -> dict[str, dict[str, dict[str, Any]]]:
    """By segment and period: customers, churned, involuntary."""
    if not periods:
        return {}
    members = churn_members(population, periods)
    grouped = members.group_by(["segment", "period"]).agg(
        customers=members.count(),
        churned=how_many(members.is_churned),
        involuntary=how_many(members.is_involuntary),
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows(grouped):
        found.setdefault(row["segment"], {})[row["period"]] = row
    return found


def churn(population: Population, months: int = 12) -> dict[str, ChurnResult]:
    """By segment: the last closed months that had customers."""
    periods = churn_periods(population, months)
    counts = churn_counts(population, periods)
    money = revenue_periods(population, periods)
    standing = _standing_counts(population)
    names = segments_of(counts.keys() | standing.keys(), population)
    return {
        name: ChurnResult(
            months=tuple(
                _month(one, counts.get(name, {}).get(one.name), money.get(name, {}).get(one.name)) for one in periods
            ),
            dormant=standing.get(name, (0, 0))[0],
            cancelling=standing.get(name, (0, 0))[1],
        )
        for name in names
    }


def churn_periods(population: Population, months: int = 12) -> list[Period]:
    """The closed months since the first customer."""
    customers = population.customers()
    first = rows(customers.agg(first=customers.created_us.min()))[0]["first"]
    return [month_period(month) for month in closed_months(population.view.now_us, months, _month_or_none(first))]


def _month_or_none(moment_us: int | None) -> int | None:
    return None if moment_us is None else month_of_us(int(moment_us))


def _month(period: Period, row: dict[str, Any] | None, money: RevenuePeriod | None) -> ChurnMonth:
    customers, churned, involuntary = (int(row[key]) if row else 0 for key in ("customers", "churned", "involuntary"))
    lost = not_measured(NO_REVENUE) if money is None else money.retention
    return ChurnMonth(
        month=period.name,
        customers=rate(churned, customers, of="the number of customers at the start of the month"),
        voluntary=churned - involuntary,
        involuntary=involuntary,
        revenue=lost if isinstance(lost, NoAnswer) else lost.map(lambda found: found.revenue_churn),
    )


def _standing_counts(population: Population) -> dict[str, tuple[int, int]]:
    members = standing_members(population)
    grouped = members.group_by("segment").agg(
        dormant=how_many(members.is_dormant), cancelling=how_many(members.is_cancelling)
    )
    return {row["segment"]: (int(row["dormant"]), int(row["cancelling"])) for row in rows(grouped)}


def churn_cell(population: Population, parts: Sequence[str]) -> ir.Table | None:
    """MONTH/customers|kept|churned|voluntary|involuntary, dormant, cancelling."""
    match list(parts):
        case ["dormant"]:
            members = standing_members(population)
            return members.filter(members.is_dormant)
        case ["cancelling"]:
            members = standing_members(population)
            return members.filter(members.is_cancelling)
        case [month, cell]:
            period = next((one for one in churn_periods(population) if one.name == month), None)
            return None if period is None else _period_cell(churn_members(population, [period]), cell)
    return None


def _period_cell(members: ir.Table, cell: str) -> ir.Table | None:
    wanted = {
        "customers": ibis.literal(True),
        "kept": ~members.is_churned,
        "churned": members.is_churned,
        "voluntary": members.is_churned & ~members.is_involuntary,
        "involuntary": members.is_involuntary,
    }.get(cell)
    return None if wanted is None else members.filter(wanted)


