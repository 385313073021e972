"""Revenue kept and lost: waterfall, GRR and NRR by month and over twelve months, to the cent.

A customer's bar compares its monthly amount at the start and at the end of the period, so every customer is in one
bar, and the bars sum to the ledger by construction; what the ledger itself says is checked against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.stats.result import Outcome
from tenure.stats.revenue import MoneyMoments, RevenueRetention, Waterfall, revenue_retention, ties_to_ledger
from tenure.warehouse.metrics.calendar import month_of_us, month_start_us, month_text
from tenure.warehouse.metrics.members import external_customers, rows
from tenure.warehouse.view import FactsView

TRAILING_MONTHS = 12
BARS = ("new", "expansion", "contraction", "churn", "reactivation", "unchanged")


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open period and its name."""

    name: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class RevenuePeriod:
    """Waterfall and retention of one period; `ties` says whether the bars sum to the ledger to the cent."""

    period: Period
    waterfall: Waterfall
    ties: Outcome[Waterfall]
    retention: Outcome[RevenueRetention]
    negative_customers: int


@dataclass(frozen=True, slots=True)
class RevenueResult:
    """The revenue page; `mrr_cents` is the ledger's monthly amount at now."""

    currency: str
    mrr_cents: int
    months: tuple[RevenuePeriod, ...]
    trailing_year: RevenuePeriod | None
    unconverted_movements: int


def month_period(month: int) -> Period:
    """One calendar month."""
    return Period(month_text(month), month_start_us(month), month_start_us(month + 1))


def trailing_period(month: int, months: int = TRAILING_MONTHS) -> Period:
    """The twelve months up to the start of `month`."""
    return Period(f"{month_text(month - months)}..{month_text(month)}", month_start_us(month - months), month_start_us(month))


def revenue_members(view: FactsView, period: Period) -> ir.Table:
    """One row per customer with money at the start or the end: customer_id, bar, start_cents, end_cents.

    A balance below zero (a broken ledger) counts as zero and is flagged in `is_negative`.
    """
    movements = view.movements()
    until = movements.filter(movements.occurred_us < period.to_us)
    balances = until.group_by("customer_key").agg(
        start=ibis.coalesce(until.delta_cents.sum(where=until.occurred_us < period.from_us), 0).cast("int64"),
        end=ibis.coalesce(until.delta_cents.sum(), 0).cast("int64"),
        paid_before=ibis.coalesce(until.delta_cents.max(where=until.occurred_us < period.from_us), 0) > 0,
    )
    joined = external_customers(view).inner_join(balances, "customer_key")
    members = joined.select(
        customer_id=joined.customer_id,
        start_cents=ibis.greatest(joined.start, 0),
        end_cents=ibis.greatest(joined.end, 0),
        is_negative=(joined.start < 0) | (joined.end < 0),
        paid_before=joined.paid_before,
        plan=joined.plan,
        stage=joined.stage,
        owner=joined.owner,
        industry=joined.industry,
        size=joined.size,
    )
    return members.mutate(bar=_bar(members)).filter((ibis._.start_cents > 0) | (ibis._.end_cents > 0) | ibis._.is_negative)


def _bar(members: ir.Table) -> Any:
    start, end = members.start_cents, members.end_cents
    return ibis.cases(
        ((start == 0) & (end > 0) & members.paid_before, "reactivation"),
        ((start == 0) & (end > 0), "new"),
        ((start > 0) & (end == 0), "churn"),
        (end > start, "expansion"),
        (end < start, "contraction"),
        else_="unchanged",
    )


def revenue_of(members: ir.Table, period: Period, ledger_end_cents: int | None = None) -> RevenuePeriod:
    """Waterfall, GRR and NRR of the members of one period."""
    found = {row["bar"]: row for row in rows(_sums(members))}
    waterfall = _waterfall(found)
    ledger = waterfall.end_cents if ledger_end_cents is None else ledger_end_cents
    return RevenuePeriod(
        period=period,
        waterfall=waterfall,
        ties=ties_to_ledger(waterfall, ledger),
        retention=revenue_retention(waterfall, gross_moments=_moments(found, "kept"), net_moments=_moments(found, "end")),
        negative_customers=sum(int(row["negative"]) for row in found.values()),
    )


def _sums(members: ir.Table) -> ir.Table:
    kept = ibis.least(members.start_cents, members.end_cents)
    wide = {name: cents.cast("decimal(38, 0)") for name, cents in _amounts(members, kept).items()}
    return members.group_by("bar").agg(
        starters=(members.start_cents > 0).cast("int64").sum(),
        negative=members.is_negative.cast("int64").sum(),
        start=members.start_cents.sum(),
        end=members.end_cents.sum(),
        kept=kept.sum(),
        start_squared=(wide["start"] * wide["start"]).sum(),
        start_times_end=(wide["start"] * wide["end"]).sum(),
        end_squared=(wide["end"] * wide["end"]).sum(),
        start_times_kept=(wide["start"] * wide["kept"]).sum(),
        kept_squared=(wide["kept"] * wide["kept"]).sum(),
    )


def _amounts(members: ir.Table, kept: Any) -> dict[str, Any]:
    return {"start": members.start_cents, "end": members.end_cents, "kept": kept}


def _waterfall(found: dict[str, dict[str, Any]]) -> Waterfall:
    def gap(bar: str) -> int:
        row = found.get(bar)
        return abs(int(row["end"]) - int(row["start"])) if row else 0

    return Waterfall(
        start_cents=sum(int(row["start"]) for row in found.values()),
        new_cents=gap("new"),
        expansion_cents=gap("expansion"),
        contraction_cents=gap("contraction"),
        churn_cents=gap("churn"),
        reactivation_cents=gap("reactivation"),
        start_customers=sum(int(row["starters"]) for row in found.values()),
        churned_customers=int(found["churn"]["starters"]) if "churn" in found else 0,
    )


_STARTERS = ("expansion", "contraction", "churn", "unchanged")


def _moments(found: dict[str, dict[str, Any]], kept: str) -> MoneyMoments:
    """Sums over the customers of the start; `kept` is `kept` (GRR) or `end` (NRR)."""
    starters = [found[bar] for bar in _STARTERS if bar in found]

    def total(name: str) -> int:
        return sum(int(row[name]) for row in starters)

    return MoneyMoments(
        customers=total("starters"),
        start_cents=total("start"),
        kept_cents=total(kept),
        start_squared=total("start_squared"),
        start_times_kept=total(f"start_times_{kept}"),
        kept_squared=total(f"{kept}_squared"),
    )


def revenue(view: FactsView, currency: str, months: int = TRAILING_MONTHS) -> RevenueResult:
    """The last closed months, newest last, and the twelve months before the current one."""
    now_month = month_of_us(view.now_us)
    first = _first_month(view)
    closed = [] if first is None else [m for m in range(now_month - months, now_month) if m >= first]
    trailing = trailing_period(now_month) if first is not None and first <= now_month - TRAILING_MONTHS else None
    return RevenueResult(
        currency=currency,
        mrr_cents=ledger_cents(view, view.now_us),
        months=tuple(_period(view, month_period(month)) for month in closed),
        trailing_year=None if trailing is None else _period(view, trailing),
        unconverted_movements=0,
    )


def _period(view: FactsView, period: Period) -> RevenuePeriod:
    return revenue_of(revenue_members(view, period), period, ledger_cents(view, period.to_us))


def ledger_cents(view: FactsView, until_us: int) -> int:
    """The ledger itself: the sum of all movements of external customers before a time."""
    movements = view.movements()
    mine = movements.semi_join(external_customers(view), "customer_key")
    row = rows(mine.filter(mine.occurred_us < until_us).agg(total=ibis._.delta_cents.sum()))[0]
    return int(row["total"] or 0)


def _first_month(view: FactsView) -> int | None:
    first = rows(view.movements().agg(first=ibis._.occurred_us.min()))[0]["first"]
    return None if first is None else month_of_us(int(first))
