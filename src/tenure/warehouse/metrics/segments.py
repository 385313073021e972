"""How segments compare: customers, average score and where they stand, sorted by average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.stats.rounding import round_half_up_tenth
from tenure.warehouse.metrics.members import SEGMENT_COLUMNS, external_customers, rows
from tenure.warehouse.view import FactsView

EVERYBODY = "everybody"
PAYING = "paying"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `average` is the mean of the published scores, to one decimal."""

    by: str
    segment: str
    customers: int
    average: float
    healthy: int
    at_risk: int
    critical: int
    arr_cents: int
    arr_unknown: int


@dataclass(frozen=True, slots=True)
class SegmentsResult:
    """Everybody, paying customers (M21), and each segment of each column, sorted by average."""

    everybody: tuple[Segment, ...]
    segments: tuple[Segment, ...]


def segment_members(view: FactsView, scores: ir.Table) -> ir.Table:
    """Scored customers: customer_id, score, health_status, arr_cents, is_paying and the segment columns.

    Args:
        scores: customer_key, score (published), health_status.
    """
    customers = external_customers(view)
    joined = customers.inner_join(scores.select("customer_key", "score", "health_status"), "customer_key")
    return joined.select(
        "customer_id",
        "score",
        "health_status",
        "arr_cents",
        *SEGMENT_COLUMNS,
        is_paying=(ibis.coalesce(joined.monthly_cents, 0) > 0) | (ibis.coalesce(joined.arr_cents, 0) > 0),
    )


def segments(view: FactsView, scores: ir.Table, columns: tuple[str, ...] = SEGMENT_COLUMNS) -> SegmentsResult:
    """All segments of the given columns."""
    members = segment_members(view, scores)
    everybody = [_segment(EVERYBODY, EVERYBODY, row) for row in rows(_aggregates(members)) if row["customers"]]
    paying = members.filter(members.is_paying)
    everybody += [_segment(PAYING, PAYING, row) for row in rows(_aggregates(paying)) if row["customers"]]
    found = [
        _segment(column, row["segment"], row)
        for column in columns
        for row in rows(_aggregates(members.group_by(segment=members[column])))
    ]
    return SegmentsResult(tuple(everybody), tuple(sorted(found, key=lambda one: (one.average, one.by, one.segment))))


def _aggregates(members: Any) -> ir.Table:
    def having(status: str) -> Any:
        return (ibis._.health_status == status).cast("int64").sum()

    result: ir.Table = members.agg(
        customers=ibis._.count(),
        score_tenths=(ibis._.score * 10).round().cast("int64").sum(),
        healthy=having("healthy"),
        at_risk=having("at_risk"),
        critical=having("critical"),
        arr_cents=ibis.coalesce(ibis._.arr_cents.sum(), 0),
        arr_unknown=ibis._.arr_cents.isnull().cast("int64").sum(),
    )
    return result


def _segment(by: str, name: str, row: dict[str, Any]) -> Segment:
    customers = int(row["customers"])
    return Segment(
        by=by,
        segment=name,
        customers=customers,
        average=round_half_up_tenth(int(row["score_tenths"]) / customers / 10),
        healthy=int(row["healthy"]),
        at_risk=int(row["at_risk"]),
        critical=int(row["critical"]),
        arr_cents=int(row["arr_cents"]),
        arr_unknown=int(row["arr_unknown"]),
    )
