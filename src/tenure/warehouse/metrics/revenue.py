"""Revenue kept and lost: waterfall, GRR and NRR by month and over twelve months, to the cent.

A customer's bar compares its monthly amount at the start and at the end of the period, so every customer is in one
bar, and the bars sum to the ledger by construction; what the ledger itself says is checked against them. The amount
at a time includes what changes at that very instant: a subscription from the 1st on is paid at the start of the month
(as the published definitions behind the golden values have it, M20).

Money in other currencies is converted with the rates in force at the end of the period, at both ends: exchange
rates alone never look like expansion or contraction. What has no rate is left out, counted and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.ports.metric_results import Period, RevenuePeriod, RevenueResult, Unconverted
from tenure.stats.result import (
    Answer,
    Outcome,
    not_mature_yet,
    not_measured,
    nothing_to_divide,
)
from tenure.stats.revenue import MoneyMoments, Waterfall, revenue_retention, ties_to_ledger
from tenure.warehouse.metrics.calendar import (
    closed_months,
    month_of_us,
    month_period,
    month_start_us,
    month_text,
)
from tenure.warehouse.metrics.members import (
    Population,
    how_many,
    rate_of,
    rows,
    segments_of,
    stacked,
    times_rate,
)

TRAILING_MONTHS = 12
TRAILING = "trailing_year"
NOW = "now"
BARS = ("new", "expansion", "contraction", "churn", "reactivation", "unchanged")
NO_REVENUE = "No revenue facts have arrived: import `revenue` to measure this."
_STARTERS = ("expansion", "contraction", "churn", "unchanged")


def trailing_period(month: int, months: int = TRAILING_MONTHS) -> Period:
    """The twelve months up to the start of `month`."""
    return Period(TRAILING, month_start_us(month - months), month_start_us(month))


def now_period(population: Population) -> Period:
    """Nothing but the present: its end is everything before now."""
    return Period(NOW, population.view.now_us, population.view.now_us)


def balances(population: Population, periods: Sequence[Period]) -> ir.Table:
    """period, customer_key, currency, start, end (own currency, may be negative), paid_before: one pass over the ledger."""
    edges = sorted({edge for one in periods for edge in (one.from_us, one.to_us)})
    wide = population.kept(f"balances at {edges}", lambda: _balances_at(population, edges))
    return stacked(
        [
            wide.select(
                "customer_key",
                "currency",
                period=ibis.literal(one.name),
                start=wide[f"at_{edges.index(one.from_us)}"],
                end=wide[f"at_{edges.index(one.to_us)}"],
                paid_before=ibis.coalesce(wide.first_paid <= one.from_us, False),
                rate=rate_of(wide.currency, population.currencies, one.to_us),
            )
            for one in periods
        ]
    )


def _balances_at(population: Population, edges: Sequence[int]) -> ir.Table:
    moved = population.movements()
    sums = {
        f"at_{place}": ibis.coalesce(moved.delta_cents.sum(where=moved.occurred_us <= edge), 0).cast("int64")
        for place, edge in enumerate(edges)
    }
    table: ir.Table = moved.group_by(["customer_key", "currency"]).agg(
        first_paid=moved.occurred_us.min(where=moved.delta_cents > 0), **sums
    )
    return table


def revenue_members(population: Population, periods: Sequence[Period]) -> ir.Table:
    """One row per period and customer with money at its start or end.

    period, customer_id, segment, bar, start_cents, end_cents, start_ledger, end_ledger, is_negative (a balance below
    zero, counted as zero), unconverted (the currency without a rate, else null).
    """
    found = balances(population, periods)
    summed = found.group_by(["period", "customer_key"]).agg(
        start=ibis.coalesce(times_rate(found.start, found.rate).sum(), 0).cast("int64"),
        end=ibis.coalesce(times_rate(found.end, found.rate).sum(), 0).cast("int64"),
        paid_before=found.paid_before.any(),
        unconverted=found.currency.max(where=found.rate.isnull() & ((found.start != 0) | (found.end != 0))),
    )
    joined = population.customers().select("customer_key", "customer_id", "segment").inner_join(summed, "customer_key")
    members = joined.select(
        "period",
        "customer_id",
        "segment",
        "paid_before",
        "unconverted",
        start_cents=ibis.greatest(joined.start, 0),
        end_cents=ibis.greatest(joined.end, 0),
        start_ledger=joined.start,
        end_ledger=joined.end,
        is_negative=(joined.start < 0) | (joined.end < 0),
    )
    kept = (members.start_cents > 0) | (members.end_cents > 0) | members.is_negative | members.unconverted.notnull()
    return members.mutate(bar=_bar(members)).filter(kept)


def _bar(members: ir.Table) -> Any:
    start, end = members.start_cents, members.end_cents
    return ibis.cases(
        ((start == 0) & (end > 0) & members.paid_before, "reactivation"),
        ((start == 0) & (end > 0), "new"),
        ((start > 0) & (end == 0), "churn"),
        (end > start, "expansion"),
        (end < start, "contraction"),
        ((start == 0) & (end == 0), "nothing"),
        else_="unchanged",
    )


def revenue_periods(population: Population, periods: Sequence[Period]) -> dict[str, dict[str, RevenuePeriod]]:
    """By segment and period: waterfall, GRR and NRR. Empty without revenue facts."""
    if not periods or "revenue" not in population.view.connected():
        return {}
    members = revenue_members(population, periods)
    bars = _by_cell(rows(_sums(members)))
    ledgers = {(row["segment"], row["period"]): int(row["cents"]) for row in rows(ledger(population, periods))}
    unconverted = _unconverted(members)
    return {
        segment: {
            one.name: _period(
                one,
                found.get(one.name, {}),
                ledgers.get((segment, one.name), 0),
                unconverted.get((segment, one.name), ()),
            )
            for one in periods
        }
        for segment, found in bars.items()
    }


def ledger(population: Population, periods: Sequence[Period]) -> ir.Table:
    """segment, period, cents: what the ledger itself says at the end of each period, whoever is in which bar."""
    found = balances(population, periods)
    joined = population.customers().select("customer_key", "segment").inner_join(found, "customer_key")
    cents = ibis.coalesce(times_rate(joined.end, joined.rate).sum(), 0).cast("int64")
    table: ir.Table = joined.group_by(["segment", "period"]).agg(cents=cents)
    return table


def _unconverted(members: ir.Table) -> dict[tuple[str, str], tuple[Unconverted, ...]]:
    left_out = members.filter(members.unconverted.notnull())
    counted = left_out.group_by(["segment", "period", "unconverted"]).agg(customers=left_out.count())
    found: dict[tuple[str, str], tuple[Unconverted, ...]] = {}
    for row in rows(counted.order_by(["segment", "period", "unconverted"])):
        place = (row["segment"], row["period"])
        found[place] = (*found.get(place, ()), Unconverted(row["unconverted"], int(row["customers"])))
    return found


def _sums(members: ir.Table) -> ir.Table:
    kept = ibis.least(members.start_cents, members.end_cents)
    start, end, least = (
        cents.cast("decimal(38, 0)") for cents in (members.start_cents, members.end_cents, kept)
    )
    table: ir.Table = members.group_by(["segment", "period", "bar"]).agg(
        customers=members.count(),
        starters=how_many(members.start_cents > 0),
        negative=how_many(members.is_negative),
        start=members.start_cents.sum(),
        end=members.end_cents.sum(),
        kept=kept.sum(),
        start_squared=(start * start).sum(),
        start_times_end=(start * end).sum(),
        end_squared=(end * end).sum(),
        start_times_kept=(start * least).sum(),
        kept_squared=(least * least).sum(),
    )
    return table


Bars = dict[str, dict[str, Any]]


def _by_cell(found: list[dict[str, Any]]) -> dict[str, dict[str, Bars]]:
    nested: dict[str, dict[str, Bars]] = {}
    for row in found:
        nested.setdefault(row["segment"], {}).setdefault(row["period"], {})[row["bar"]] = row
    return nested


def _period(period: Period, found: Bars, ledger_cents: int, unconverted: tuple[Unconverted, ...]) -> RevenuePeriod:
    waterfall = _waterfall(found)
    return RevenuePeriod(
        period=period,
        waterfall=waterfall,
        customers={bar: int(found[bar]["customers"]) if bar in found else 0 for bar in BARS},
        ties=ties_to_ledger(waterfall, ledger_cents),
        retention=revenue_retention(
            waterfall, gross_moments=_moments(found, "kept"), net_moments=_moments(found, "end")
        ),
        negative_customers=sum(int(row["negative"]) for row in found.values()),
        unconverted=unconverted,
    )


def _waterfall(found: Bars) -> Waterfall:
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


def _moments(found: Bars, kept: str) -> MoneyMoments:
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


def revenue(population: Population, months: int = TRAILING_MONTHS) -> dict[str, RevenueResult]:
    """By segment: the last closed months, newest last, the twelve months before the current one, and the present."""
    periods = revenue_calendar(population, months)
    found = revenue_periods(population, periods)
    arr = _arr_by_segment(population)
    names = segments_of(found.keys() | arr.keys(), population)
    return {name: _result(population, periods, found.get(name, {}), arr.get(name)) for name in names}


def revenue_calendar(population: Population, months: int = TRAILING_MONTHS) -> list[Period]:
    """Closed months since the first movement, the trailing year when the ledger is that old, and now."""
    if "revenue" not in population.view.connected():
        return []
    now_month = month_of_us(population.view.now_us)
    first = _first_month(population)
    listed = [month_period(month) for month in closed_months(population.view.now_us, months, first)]
    if first is not None and first <= now_month - TRAILING_MONTHS:
        listed.append(trailing_period(now_month))
    return [*listed, now_period(population)]


def _first_month(population: Population) -> int | None:
    first = rows(population.view.movements().agg(first=ibis._.occurred_us.min()))[0]["first"]
    return None if first is None else month_of_us(int(first))


def _result(
    population: Population, periods: Sequence[Period], found: dict[str, RevenuePeriod], arr: dict[str, Any] | None
) -> RevenueResult:
    known = int(arr["known"]) if arr else 0
    present = found.get(NOW)
    return RevenueResult(
        mrr_cents=_mrr(population, present),
        paying_customers=0 if present is None else present.waterfall.start_customers,
        average_arr_cents=_average(int(arr["total"]), known) if arr and known else nothing_to_divide("the number of customers with a known ARR"),
        arr_known=known,
        arr_unknown=int(arr["unknown"]) if arr else 0,
        months=tuple(found[one.name] for one in periods if one.name in found and one.name not in (NOW, TRAILING)),
        trailing_year=_trailing(population, found.get(TRAILING)),
    )


def _mrr(population: Population, present: RevenuePeriod | None) -> Outcome[int]:
    if "revenue" not in population.view.connected():
        return not_measured(NO_REVENUE)
    return Answer(0 if present is None else present.waterfall.end_cents)


def _average(total: int, count: int) -> Outcome[int]:
    return Answer((2 * total + count) // (2 * count))


def _trailing(population: Population, found: RevenuePeriod | None) -> Outcome[RevenuePeriod]:
    if found is not None:
        return Answer(found)
    if "revenue" not in population.view.connected():
        return not_measured(NO_REVENUE)
    month = month_text(month_of_us(population.view.now_us) - TRAILING_MONTHS)
    return not_mature_yet(f"The ledger does not reach back to {month}, twelve months before this one.")


def arr_members(population: Population) -> ir.Table:
    """customer_id, segment, arr_cents (null: unknown, R5) of everybody who is a customer at now."""
    customers = population.customers_with_arr()
    return customers.filter(~customers.status.isin(["churned", "trial"])).select("customer_id", "segment", "arr_cents")


def _arr_by_segment(population: Population) -> dict[str, dict[str, Any]]:
    members = arr_members(population)
    grouped = members.group_by("segment").agg(
        total=ibis.coalesce(members.arr_cents.sum(), 0).cast("int64"),
        known=members.arr_cents.count(),
        unknown=how_many(members.arr_cents.isnull()),
    )
    return {row["segment"]: row for row in rows(grouped)}


def revenue_cell(population: Population, parts: Sequence[str]) -> ir.Table | None:
    """PERIOD/BAR, PERIOD/start|end|kept|negative|unconverted, paying, arr_known, arr_unknown."""
    match list(parts):
        case ["arr_known"]:
            return arr_members(population).filter(ibis._.arr_cents.notnull())
        case ["arr_unknown"]:
            return arr_members(population).filter(ibis._.arr_cents.isnull())
        case ["paying"]:
            return revenue_members(population, [now_period(population)]).filter(ibis._.start_cents > 0)
        case [name, cell]:
            period = next((one for one in revenue_calendar(population) if one.name == name), None)
            return None if period is None else _bar_cell(revenue_members(population, [period]), cell)
    return None


def _bar_cell(members: ir.Table, cell: str) -> ir.Table | None:
    if cell in BARS:
        return members.filter(members.bar == cell)
    wanted = {
        "start": members.start_cents > 0,
        "end": members.end_cents > 0,
        "kept": (members.start_cents > 0) & (members.end_cents > 0),
        "negative": members.is_negative,
        "unconverted": members.unconverted.notnull(),
    }.get(cell)
    return None if wanted is None else members.filter(wanted)
