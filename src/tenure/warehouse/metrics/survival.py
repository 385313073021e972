"""How long customers stay: Kaplan-Meier curves of first spells, by segment, with a log-rank test between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.stats.logrank import LogRank, log_rank
from tenure.stats.result import Answer, NoAnswer, Outcome, not_enough_customers
from tenure.stats.survival import (
    Lifetimes,
    MedianTenure,
    RestrictedMean,
    SurvivalCurve,
    TenureCount,
    kaplan_meier,
)
from tenure.warehouse.metrics.members import external_customers, rows
from tenure.warehouse.view import FactsView

EVERYBODY = "all"
MIN_SEGMENT = 30


@dataclass(frozen=True, slots=True)
class SegmentSurvival:
    """The curve of one segment."""

    segment: str
    curve: Outcome[SurvivalCurve]
    median: Outcome[MedianTenure]
    mean_first_year: Outcome[RestrictedMean]


@dataclass(frozen=True, slots=True)
class SurvivalResult:
    """The survival page: everybody, and the segments of one column when asked."""

    by: str | None
    everybody: SegmentSurvival
    segments: tuple[SegmentSurvival, ...]
    log_rank: Outcome[LogRank]


def survival_members(view: FactsView) -> ir.Table:
    """One row per customer's first spell: customer_id, duration_days, is_churned, and the segment columns.

    Where the venture has revenue facts a customer enters with its first payment (P3: a trial that ends unpaid is
    "not converted", never churn); elsewhere with its creation, and trials are left out.
    """
    customers = external_customers(view)
    spells = view.first_spells()
    joined = customers.inner_join(spells, "customer_key")
    if "revenue" in view.connected():
        started, counted = joined.first_paid_us, joined.first_paid_us.notnull()
    else:
        started, counted = joined.first_started_us, joined.status != "trial"
    ended = ibis.coalesce(joined.first_ended_us, view.now_us)
    return (
        joined.filter(counted)
        .select(
            customer_id=joined.customer_id,
            duration_days=ibis.greatest((ended - started) // DAY_US, 0),
            is_churned=joined.first_ended_us.notnull(),
            plan=joined.plan,
            stage=joined.stage,
            owner=joined.owner,
            industry=joined.industry,
            size=joined.size,
        )
    )


def _lifetimes(members: ir.Table, by: str | None) -> dict[str, Lifetimes]:
    cells = ["duration_days"] if by is None else [by, "duration_days"]
    churned = members.is_churned.cast("int64").sum()
    found = rows(members.group_by(cells).agg(churned=churned, customers=members.count()).order_by(cells))
    grouped: dict[str, list[TenureCount]] = {}
    for row in found:
        grouped.setdefault(EVERYBODY if by is None else row[by], []).append(_tenure_count(row))
    return {name: Lifetimes.of(counts) for name, counts in grouped.items()}


def _tenure_count(row: dict[str, Any]) -> TenureCount:
    churned = int(row["churned"])
    return TenureCount(float(row["duration_days"]), churned, int(row["customers"]) - churned)


def _segment(name: str, lifetimes: Lifetimes | None, min_customers: int) -> SegmentSurvival:
    curve: Outcome[SurvivalCurve] = (
        not_enough_customers(0, min_customers) if lifetimes is None else kaplan_meier(lifetimes, min_customers=min_customers)
    )
    if isinstance(curve, NoAnswer):
        return SegmentSurvival(name, curve, curve, curve)
    return SegmentSurvival(name, curve, curve.value.median(), curve.value.restricted_mean(365))


def survival(view: FactsView, by: str | None = None, min_segment: int = MIN_SEGMENT) -> SurvivalResult:
    """The curves; with `by` (plan, owner, ...) also one per segment and whether they differ."""
    members = survival_members(view)
    everybody = _lifetimes(members, None).get(EVERYBODY)
    groups = {} if by is None else _lifetimes(members, by)
    test: Outcome[LogRank] = log_rank(groups) if by else not_enough_customers(0, 2)
    return SurvivalResult(
        by=by,
        everybody=_segment(EVERYBODY, everybody, 1),
        segments=tuple(_segment(name, groups[name], min_segment) for name in sorted(groups)),
        log_rank=test,
    )


def survival_at_days(result: SurvivalResult, days: float) -> float | None:
    """Share of everybody still here after so many days, if the curve reaches that far."""
    curve = result.everybody.curve
    if isinstance(curve, NoAnswer):
        return None
    point = curve.value.at(days)
    return point.value.survival if isinstance(point, Answer) else None
