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

from tenure.ports.metric_results import ChurnSplit, Period, RevenuePeriod, RevenueResult, Unconverted
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
from tenure.warehouse.metrics.spells import NO_PAYMENTS, knows_payments, spells

TRAILING_MONTHS = 12
TRAILING = "trailing_year"
NOW = "now"
BARS = ("new", "expansion", "contraction", "churn", "reactivation", "unchanged")
CAUSES = ("churn_voluntary", "churn_involuntary")
NO_REVENUE = "No revenue facts have arrived: import `revenue` to measure this."
_STARTERS = ("expansion", "contraction", "churn", "unchanged")


def trailing_period(month: int, months: int = TRAILING_MONTHS) -> Period:
    """The twelve months up to the start of `month`."""
    return Period(TRAILING, month_start_us(month - months), month_start_us(month))


def now_period(population: Population) -> Period:
    """Nothing but the present: its end is everything before now."""
    return Period(NOW, population.view.now_us, population.view.now_us)


def revenue_members(population: Population, period: Period) -> ir.Table:
    """One row per customer with money at the start or the end of the period.

    customer_id, segment, bar, start_cents, end_cents, is_negative (a balance below zero, counted as zero),
    unconverted (a currency without a rate, else null).
    """
    return _members(_amounts(population, [period]), 1)


def _members(amounts: ir.Table, periods: int) -> ir.Table:
    """The members of every period in one table, `place` saying which: one expression to compile, not one per period."""
    each = stacked([_of_period(amounts, place) for place in range(periods)])
    members = each.select(
        "customer_id",
        "segment",
        "place",
        "unconverted",
        paid_before=ibis.coalesce(each.first_paid <= each.from_us, False),
        start_cents=ibis.greatest(each.start, 0),
        end_cents=ibis.greatest(each.end, 0),
        is_negative=(each.start < 0) | (each.end < 0),
    )
    kept = (members.start_cents > 0) | (members.end_cents > 0) | members.is_negative | members.unconverted.notnull()
    return members.mutate(bar=_bar(members)).filter(kept)


def _of_period(amounts: ir.Table, place: int) -> ir.Table:
    table: ir.Table = amounts.select(
        "customer_id",
        "segment",
        "first_paid",
        place=ibis.literal(place, "int64"),
        from_us=amounts[f"from_{place}"],
        start=amounts[f"start_{place}"],
        end=amounts[f"end_{place}"],
        unconverted=amounts[f"unconverted_{place}"],
    )
    return table


def _amounts(population: Population, periods: Sequence[Period]) -> ir.Table:
    """One row per customer: customer_id, segment, first_paid and, per period, start and end in the venture's currency.

    Signed as the ledger has them. `from_N` repeats the period's start; `unconverted_N` names a currency left out.
    """
    name = f"amounts {[(one.from_us, one.to_us) for one in periods]}"
    return population.kept(name, lambda: _amounts_of(population, periods))


def _amounts_of(population: Population, periods: Sequence[Period]) -> ir.Table:
    edges = sorted({edge for one in periods for edge in (one.from_us, one.to_us)})
    balances = population.shared(f"balances {edges}", lambda: _balances(population, edges))
    found = [row["currency"] for row in rows(balances.select("currency").distinct())]
    converted = _unchanged if found in ([], [population.currencies.venture.upper()]) else _converted
    columns: dict[str, Any] = {}
    for place, one in enumerate(periods):
        start, end = (balances[f"at_{edges.index(edge)}"] for edge in (one.from_us, one.to_us))
        rate = rate_of(balances.currency, population.currencies, one.to_us)
        columns |= converted(balances.currency, start, end, rate, place)
        columns[f"from_{place}"] = ibis.literal(one.from_us, "int64")
    customers = population.customers().select("customer_key", "customer_id", "segment")
    if converted is _unchanged:
        mine = balances.select("customer_key", "first_paid", **columns)
    else:
        fixed = {name: columns.pop(name) for name in list(columns) if name.startswith("from_")}
        mine = balances.group_by("customer_key").agg(first_paid=balances.first_paid.min(), **columns).mutate(**fixed)
    return customers.inner_join(mine, "customer_key").drop("customer_key")


def _unchanged(currency: Any, start: Any, end: Any, rate: Any, place: int) -> dict[str, Any]:
    """All money is the venture's own: one row per customer already, nothing to convert."""
    return {f"start_{place}": start, f"end_{place}": end, f"unconverted_{place}": ibis.null("string")}


def _converted(currency: Any, start: Any, end: Any, rate: Any, place: int) -> dict[str, Any]:
    """Sums over a customer's currencies, both ends at the rate of the end."""
    left_out = rate.isnull() & ((start != 0) | (end != 0))
    return {
        f"start_{place}": ibis.coalesce(times_rate(start, rate).sum(), 0).cast("int64"),
        f"end_{place}": ibis.coalesce(times_rate(end, rate).sum(), 0).cast("int64"),
        f"unconverted_{place}": currency.max(where=left_out),
    }


def _balances(population: Population, edges: Sequence[int]) -> ir.Table:
    """customer_key, currency, first_paid, and the balance at each edge (`at_N`): one pass over the ledger."""
    moved = population.movements()
    sums = {
        f"at_{place}": ibis.coalesce(moved.delta_cents.sum(where=moved.occurred_us <= edge), 0).cast("int64")
        for place, edge in enumerate(edges)
    }
    table: ir.Table = moved.group_by(["customer_key", "currency"]).agg(
        first_paid=moved.occurred_us.min(where=moved.delta_cents > 0), **sums
    )
    return table


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
    name = f"revenue {[(one.name, one.from_us, one.to_us) for one in periods]}"
    return population.once(name, lambda: _revenue_periods(population, periods))


def _revenue_periods(population: Population, periods: Sequence[Period]) -> dict[str, dict[str, RevenuePeriod]]:
    amounts = _amounts(population, periods)
    bars = _by_cell(rows(_sums(amounts, len(periods))), periods)
    ledgers = {row["segment"]: row for row in rows(_ledgers(amounts, len(periods)))}
    unconverted = _unconverted(amounts, periods)
    is_known = knows_payments(population)
    churned = _churn_splits(population, amounts, periods) if is_known else {}
    nobody: Outcome[ChurnSplit] = Answer(NO_CHURN) if is_known else not_measured(NO_PAYMENTS)
    return {
        segment: {
            one.name: _period(
                one,
                found.get(one.name, {}),
                int(ledgers[segment][f"end_{place}"]),
                unconverted.get((segment, one.name), ()),
                churned.get((segment, one.name), nobody),
            )
            for place, one in enumerate(periods)
        }
        for segment, found in bars.items()
    }


def _ledgers(amounts: ir.Table, periods: int) -> ir.Table:
    """segment, end_N: what the ledger itself says at the end of each period, whoever is in which bar."""
    sums = {f"end_{place}": ibis.coalesce(amounts[f"end_{place}"].sum(), 0) for place in range(periods)}
    table: ir.Table = amounts.group_by("segment").agg(**sums)
    return table


def _unconverted(amounts: ir.Table, periods: Sequence[Period]) -> dict[tuple[str, str], tuple[Unconverted, ...]]:
    each = stacked([_of_period(amounts, place) for place in range(len(periods))])
    missing = each.filter(each.unconverted.notnull())
    counted = missing.group_by(["segment", "place", missing.unconverted.name("currency")]).agg(customers=missing.count())
    found: dict[tuple[str, str], tuple[Unconverted, ...]] = {}
    for row in rows(counted.order_by(["segment", "place", "currency"])):
        cell = (row["segment"], periods[row["place"]].name)
        found[cell] = (*found.get(cell, ()), Unconverted(row["currency"], int(row["customers"])))
    return found


def _sums(amounts: ir.Table, periods: int) -> ir.Table:
    members = _members(amounts, periods)
    kept = ibis.least(members.start_cents, members.end_cents)
    start, end, least = (cents.cast("decimal(38, 0)") for cents in (members.start_cents, members.end_cents, kept))
    table: ir.Table = members.group_by(["segment", "place", "bar"]).agg(
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


def _by_cell(found: list[dict[str, Any]], periods: Sequence[Period]) -> dict[str, dict[str, Bars]]:
    nested: dict[str, dict[str, Bars]] = {}
    for row in found:
        nested.setdefault(row["segment"], {}).setdefault(periods[row["place"]].name, {})[row["bar"]] = row
    return nested


def _churn_splits(
    population: Population, amounts: ir.Table, periods: Sequence[Period]
) -> dict[tuple[str, str], Outcome[ChurnSplit]]:
    """Where nobody was lost, nobody stands."""
    members = _members(amounts, len(periods))
    left = _with_cause(population, members.filter(members.bar == "churn"), periods)
    grouped = left.group_by(["segment", "place"]).agg(
        voluntary=how_many(~left.is_involuntary),
        involuntary=how_many(left.is_involuntary),
        voluntary_cents=ibis.coalesce(left.start_cents.sum(where=~left.is_involuntary), 0),
        involuntary_cents=ibis.coalesce(left.start_cents.sum(where=left.is_involuntary), 0),
    )
    return {
        (row["segment"], periods[row["place"]].name): Answer(ChurnSplit(*(int(row[name]) for name in ChurnSplit.__slots__)))
        for row in rows(grouped)
    }


def _with_cause(population: Population, left: ir.Table, periods: Sequence[Period]) -> ir.Table:
    """Who left involuntarily in the period of its `place`: a spell ended in it with a failed payment (Day one, 9)."""
    found = spells(population).filter(ibis._.is_involuntary)
    ends = stacked(
        [
            found.filter((found.ended_us > one.from_us) & (found.ended_us <= one.to_us)).select(
                "customer_id", "segment", place=ibis.literal(place, "int64")
            )
            for place, one in enumerate(periods)
        ]
    ).distinct()
    marked = ends.mutate(is_involuntary=ibis.literal(True))
    joined = left.left_join(marked, ["customer_id", "segment", "place"])
    is_involuntary = joined.is_involuntary.fill_null(False) if knows_payments(population) else ibis.null("boolean")
    return joined.select(*left.columns, is_involuntary=is_involuntary)


NO_CHURN = ChurnSplit(0, 0, 0, 0)


def _period(
    period: Period, found: Bars, ledger_cents: int, unconverted: tuple[Unconverted, ...], churned: Outcome[ChurnSplit]
) -> RevenuePeriod:
    waterfall = _waterfall(found)
    return RevenuePeriod(
        period=period,
        waterfall=waterfall,
        customers={bar: int(found[bar]["customers"]) if bar in found else 0 for bar in BARS},
        churned=churned,
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
    customers = population.customers()
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
    """PERIOD/BAR, PERIOD/churn_voluntary|churn_involuntary|start|end|kept|negative|unconverted, paying, arr_known, arr_unknown."""
    match list(parts):
        case ["arr_known"]:
            return arr_members(population).filter(ibis._.arr_cents.notnull())
        case ["arr_unknown"]:
            return arr_members(population).filter(ibis._.arr_cents.isnull())
        case ["paying"]:
            return revenue_members(population, now_period(population)).filter(ibis._.start_cents > 0)
        case [name, cell]:
            period = next((one for one in revenue_calendar(population) if one.name == name), None)
            if period is None:
                return None
            members = revenue_members(population, period)
            return _cause_cell(population, members, period, cell) if cell in CAUSES else _bar_cell(members, cell)
    return None


def _cause_cell(population: Population, members: ir.Table, period: Period, cell: str) -> ir.Table:
    left = _with_cause(population, members.filter(members.bar == "churn"), [period])
    return left.filter(left.is_involuntary if cell == "churn_involuntary" else ~left.is_involuntary)


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
