"""Who left: customer and revenue churn by month, voluntary and involuntary apart (Day one, 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.metric_results import ChurnMonth, ChurnResult, ChurnSplit, Period, RevenuePeriod
from tenure.stats.proportions import rate
from tenure.stats.result import NoAnswer, Outcome, not_measured, nothing_to_divide
from tenure.warehouse.metrics.calendar import closed_months, month_of_us, month_period
from tenure.warehouse.metrics.members import (
    Population,
    how_many,
    is_true,
    last_logins,
    rows,
    segments_of,
)
from tenure.warehouse.metrics.revenue import NO_REVENUE, revenue_calendar, revenue_periods
from tenure.warehouse.metrics.spells import by_cause, spells

MONTHS_SHOWN = 12


def churn_members(population: Population, period: Period) -> ir.Table:
    """Customers at the start of the period: customer_id, segment, is_churned, is_involuntary?.

    Cancelling customers are still customers until their end (P2).
    """
    found = spells(population)
    is_churned = _has_ended(found, period)
    marked = found.mutate(is_churned=is_churned, is_involuntary=is_churned & found.is_involuntary)
    return marked.filter(_is_here(found, period)).select("customer_id", "segment", "is_churned", "is_involuntary")


def _is_here(found: ir.Table, period: Period) -> Any:
    """At the very instant the period begins, what starts or ends at it included, as in the ledger."""
    return (found.started_us <= period.from_us) & ibis.coalesce(found.ended_us > period.from_us, True)


def _has_ended(found: ir.Table, period: Period) -> Any:
    return is_true(found.ended_us <= period.to_us)


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


@dataclass(frozen=True, slots=True)
class ChurnCount:
    """Customers at the start of a period, and how many of them had left at its end."""

    customers: int
    churned: int
    involuntary: int


def churn_counts(population: Population, periods: Sequence[Period]) -> dict[str, dict[str, ChurnCount]]:
    """By segment and period, from one pass. The last months are counted together, whoever asks for some of them."""
    if not periods:
        return {}
    now_month = month_of_us(population.view.now_us)
    usual = [month_period(month) for month in range(now_month - MONTHS_SHOWN, now_month)]
    counted = usual if {one.name for one in periods} <= {one.name for one in usual} else list(periods)
    name = f"churn {[(one.name, one.from_us, one.to_us) for one in counted]}"
    found = population.once(name, lambda: _counted(population, counted))
    return {segment: {one.name: counts[one.name] for one in periods} for segment, counts in found.items()}


def _counted(population: Population, periods: Sequence[Period]) -> dict[str, dict[str, ChurnCount]]:
    found = spells(population)
    sums = {}
    for place, period in enumerate(periods):
        here = _is_here(found, period)
        churned = here & _has_ended(found, period)
        sums[f"customers_{place}"] = how_many(here)
        sums[f"churned_{place}"] = how_many(churned)
        sums[f"involuntary_{place}"] = how_many(churned & found.is_involuntary)
    return {
        row["segment"]: {one.name: _count(row, place) for place, one in enumerate(periods)}
        for row in rows(found.group_by("segment").agg(**sums))
    }


def _count(row: dict[str, Any], place: int) -> ChurnCount:
    return ChurnCount(*(int(row[f"{name}_{place}"]) for name in ChurnCount.__slots__))


def churn(population: Population, months: int = MONTHS_SHOWN) -> dict[str, ChurnResult]:
    """By segment: the last closed months that had customers."""
    periods = churn_periods(population, months)
    counts = churn_counts(population, periods)
    # all periods of the revenue page: then both pages read the same amounts
    money = revenue_periods(population, revenue_calendar(population))
    standing = _standing_counts(population)
    has_revenue = "revenue" in population.view.connected()
    unpaid = nothing_to_divide("the monthly amount at the start") if has_revenue else not_measured(NO_REVENUE)
    names = segments_of(counts.keys() | standing.keys(), population)
    return {
        name: ChurnResult(
            months=tuple(
                _month(population, one, counts.get(name, {}).get(one.name, NOBODY), money.get(name, {}).get(one.name), unpaid)
                for one in periods
            ),
            dormant=standing.get(name, (0, 0))[0],
            cancelling=standing.get(name, (0, 0))[1],
        )
        for name in names
    }


def churn_periods(population: Population, months: int = MONTHS_SHOWN) -> list[Period]:
    """The closed months since the first customer."""
    customers = population.customers()
    first = rows(customers.agg(first=customers.created_us.min()))[0]["first"]
    return [month_period(month) for month in closed_months(population.view.now_us, months, _month_or_none(first))]


def _month_or_none(moment_us: int | None) -> int | None:
    return None if moment_us is None else month_of_us(int(moment_us))


NOBODY = ChurnCount(0, 0, 0)


def _month(
    population: Population, period: Period, count: ChurnCount, money: RevenuePeriod | None, unpaid: NoAnswer
) -> ChurnMonth:
    lost = unpaid if money is None else money.retention
    cents: Outcome[ChurnSplit] = unpaid if money is None else money.churned
    return ChurnMonth(
        month=period.name,
        customers=rate(count.churned, count.customers, of="the number of customers at the start of the month"),
        voluntary=by_cause(population, count.churned - count.involuntary),
        involuntary=by_cause(population, count.involuntary),
        voluntary_cents=cents.map(lambda split: split.voluntary_cents),
        involuntary_cents=cents.map(lambda split: split.involuntary_cents),
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
            return None if period is None else _period_cell(churn_members(population, period), cell)
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


