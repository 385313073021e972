"""How long customers stay: Kaplan-Meier curves of first spells, by segment, with a log-rank test between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.metric_results import Segmented, SurvivalResult, SurvivalSplit
from tenure.stats.logrank import LogRank, log_rank
from tenure.stats.result import Answer, NoAnswer, Outcome, not_enough_customers
from tenure.stats.survival import Lifetimes, SurvivalCurve, TenureCount, kaplan_meier
from tenure.warehouse.metrics.members import Population, how_many, rows
from tenure.warehouse.metrics.spells import by_cause, spells

MIN_SEGMENT = 30
FIRST_YEAR_DAYS = 365


def survival_members(population: Population) -> ir.Table:
    """customer_id, segment, is_first, duration_days, is_churned, is_involuntary?: one row per spell (P1-P4).

    Dormant and cancelling customers are still here; a spell that still runs is censored at now.
    """
    found = spells(population)
    ended = ibis.coalesce(found.ended_us, population.view.now_us)
    return found.select(
        "customer_id",
        "segment",
        "is_first",
        duration_days=ibis.greatest((ended - found.started_us) // DAY_US, 0),
        is_churned=found.ended_us.notnull(),
        is_involuntary=found.ended_us.notnull() & found.is_involuntary,
    )


@dataclass(frozen=True, slots=True)
class _Group:
    lifetimes: Lifetimes
    involuntary: int


def _groups(members: ir.Table) -> dict[str, _Group]:
    cells = ["segment", "duration_days"]
    grouped = members.group_by(cells).agg(
        customers=members.count(), churned=how_many(members.is_churned), involuntary=how_many(members.is_involuntary)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(grouped.order_by(cells)):
        found.setdefault(row["segment"], []).append(row)
    return {
        name: _Group(Lifetimes.of(map(_tenure_count, listed)), sum(int(row["involuntary"]) for row in listed))
        for name, listed in found.items()
    }


def _tenure_count(row: dict[str, Any]) -> TenureCount:
    churned = int(row["churned"])
    return TenureCount(float(row["duration_days"]), churned, int(row["customers"]) - churned)


def _result(population: Population, group: _Group | None, min_customers: int) -> SurvivalResult:
    if group is None:
        nobody = not_enough_customers(0, max(1, min_customers))
        return SurvivalResult(nobody, nobody, nobody, Answer(0), Answer(0))
    curve: Outcome[SurvivalCurve] = kaplan_meier(group.lifetimes, min_customers=min_customers)
    churned = sum(group.lifetimes.churned)
    voluntary = by_cause(population, churned - group.involuntary)
    involuntary = by_cause(population, group.involuntary)
    if isinstance(curve, NoAnswer):
        return SurvivalResult(curve, curve, curve, voluntary, involuntary)
    mean = curve.value.restricted_mean(FIRST_YEAR_DAYS)
    return SurvivalResult(curve, curve.value.median(), mean, voluntary, involuntary)


def survival(population: Population) -> SurvivalSplit:
    """The curves; split by a column also one per segment, and whether they differ."""
    whole = population.without_split()
    members = survival_members(whole)
    everybody = next(iter(_groups(members.filter(members.is_first)).values()), None)
    later = next(iter(_groups(members.filter(~members.is_first)).values()), None)
    is_split = population.by is not None and population.segment is None
    groups = _first_groups(population) if is_split else {}
    return SurvivalSplit(
        by=population.by,
        segment=population.segment,
        result=_result(whole, everybody, 1),
        segments=tuple(Segmented(name, _result(whole, groups[name], MIN_SEGMENT)) for name in sorted(groups)),
        later_spells=None if later is None else _result(whole, later, MIN_SEGMENT),
        log_rank=_test(groups) if is_split else None,
    )


def _first_groups(population: Population) -> dict[str, _Group]:
    members = survival_members(population)
    return _groups(members.filter(members.is_first))


def _test(groups: dict[str, _Group]) -> Outcome[LogRank]:
    return log_rank({name: groups[name].lifetimes for name in sorted(groups)})


def survival_cell(population: Population, parts: Sequence[str]) -> ir.Table | None:
    """customers, churned, censored, voluntary, involuntary, each also /DAYS; at_risk/DAYS; later_spells."""
    members = survival_members(population)
    first = members.filter(members.is_first)
    match list(parts):
        case ["later_spells"]:
            return members.filter(~members.is_first)
        case ["at_risk", days]:
            return first.filter(first.duration_days >= int(days))
        case [cell]:
            return _end_cell(first, cell)
        case [cell, days]:
            return _end_cell(first.filter(first.duration_days == int(days)), cell)
    return None


def _end_cell(members: ir.Table, cell: str) -> ir.Table | None:
    wanted = {
        "customers": ibis.literal(True),
        "churned": members.is_churned,
        "censored": ~members.is_churned,
        "voluntary": members.is_churned & ~members.is_involuntary,
        "involuntary": members.is_involuntary,
    }.get(cell)
    return None if wanted is None else members.filter(wanted)
