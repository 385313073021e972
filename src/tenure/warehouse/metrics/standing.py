"""How scored customers stand: everybody, paying ones, segments, the histogram (M21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.model.health import HealthStatus
from tenure.ports.metric_results import HealthResult, SegmentsResult, SegmentStanding, Standing
from tenure.ports.metrics import SAVED, SEGMENT_COLUMNS
from tenure.stats.proportions import rate_of
from tenure.stats.result import Answer, Outcome, not_enough_days, not_measured
from tenure.stats.rounding import round_half_up_tenth_of_ratio
from tenure.stats.trend import MIN_DAYS
from tenure.warehouse.metrics.members import EVERYBODY, Population, how_many, rows, segments_of

PAYING = "paying"
BINS = 20
BIN_TENTHS = 50
NO_SCORES = not_measured("No scores have been published yet: run `tenure refresh`.")


def standing_members(population: Population, scores: ir.Table) -> ir.Table:
    """Scored customers: customer_id, segment, score_tenths, health_status, arr_cents, is_paying.

    Args:
        scores: customer_id, score_tenths (the published score x 10), health_status.
    """
    scored = population.shared(f"scored {hash(scores)}", lambda: _scored(population, scores))
    members = population.customers().select("customer_id", "segment")
    return members.inner_join(scored, "customer_id").select("segment", *scored.columns)


def _scored(population: Population, scores: ir.Table) -> ir.Table:
    customers = population.everybody()
    joined = customers.inner_join(scores.select("customer_id", "score_tenths", "health_status"), "customer_id")
    paying = (ibis.coalesce(joined.monthly_cents, 0) > 0) | (ibis.coalesce(joined.arr_cents, 0) > 0)
    return joined.select("customer_id", "score_tenths", "health_status", "arr_cents", is_paying=paying)


def standings(population: Population, scores: ir.Table, paying_only: bool = False) -> dict[str, Standing]:
    """By segment, only segments that have scored customers."""
    members = standing_members(population, scores)
    counted = members.filter(members.is_paying) if paying_only else members
    grouped = counted.group_by("segment").agg(
        customers=counted.count(),
        tenths=counted.score_tenths.sum(),
        arr_cents=ibis.coalesce(counted.arr_cents.sum(), 0).cast("int64"),
        arr_unknown=how_many(counted.arr_cents.isnull()),
        **{status.value: how_many(counted.health_status == status.value) for status in HealthStatus},
    )
    return {row["segment"]: _standing(row) for row in rows(grouped)}


def _standing(row: dict[str, Any]) -> Standing:
    customers = int(row["customers"])
    return Standing(
        customers=customers,
        average=round_half_up_tenth_of_ratio(int(row["tenths"]), 10 * customers),
        healthy=rate_of(int(row["healthy"]), customers),
        at_risk=rate_of(int(row["at_risk"]), customers),
        critical=rate_of(int(row["critical"]), customers),
        arr_cents=int(row["arr_cents"]),
        arr_unknown=int(row["arr_unknown"]),
    )


def _one(found: dict[str, Standing], name: str) -> Outcome[Standing]:
    return Answer(found[name]) if name in found else NO_SCORES


def segments(population: Population, scores: ir.Table) -> SegmentsResult:
    """All segments: of the column asked for, else of every column and the saved ones; worst average first."""
    whole = population.without_split()
    name = whole.segment or EVERYBODY
    everybody, paying = standings(whole, scores), standings(whole, scores, paying_only=True)
    columns = (*SEGMENT_COLUMNS, SAVED) if population.by is None else (population.by,)
    found = [one for column in columns for one in _of_column(population, scores, column)]
    ordered = sorted(found, key=lambda one: (one.standing.average, one.by, one.segment))
    return SegmentsResult(_one(everybody, name), _one(paying, name), tuple(ordered))


def _of_column(population: Population, scores: ir.Table, column: str) -> list[SegmentStanding]:
    if column == SAVED and not population.saved:
        return []
    if population.by == column:
        return [SegmentStanding(column, name, one) for name, one in standings(population, scores).items()]
    split = replace(population, by=column, whole=population, _kept={})
    found = standings(split, scores)
    split.forget()
    return [SegmentStanding(column, name, one) for name, one in found.items()]


def health(population: Population, scores: ir.Table) -> dict[str, HealthResult]:
    """By segment: distribution and histogram; the trend is added by whoever knows the past."""
    everybody, paying = standings(population, scores), standings(population, scores, paying_only=True)
    histograms = _histograms(population, scores)
    target = population.settings.average_score_target
    return {
        name: HealthResult(
            everybody=_one(everybody, name),
            paying=_one(paying, name),
            target=target,
            on_target=everybody[name].average >= target if name in everybody else None,
            histogram=tuple(histograms.get(name, {}).get(place, 0) for place in range(BINS)),
            trend=not_enough_days(0, MIN_DAYS),
            days=(),
        )
        for name in segments_of(everybody, population)
    }


def _bin(members: ir.Table) -> Any:
    """Five points each; a full 100 is in the last."""
    return ibis.least(members.score_tenths // BIN_TENTHS, BINS - 1).cast("int64")


def _histograms(population: Population, scores: ir.Table) -> dict[str, dict[int, int]]:
    members = standing_members(population, scores)
    placed = members.mutate(place=_bin(members))
    found: dict[str, dict[int, int]] = {}
    for row in rows(placed.group_by(["segment", "place"]).agg(customers=placed.count())):
        found.setdefault(row["segment"], {})[int(row["place"])] = int(row["customers"])
    return found


def health_cell(population: Population, scores: ir.Table, parts: Sequence[str]) -> ir.Table | None:
    """customers, healthy, at_risk, critical, arr_unknown; the same under paying/; bin/N."""
    members = standing_members(population, scores)
    match list(parts):
        case ["bin", number]:
            return members.filter(_bin(members) == int(number))
        case ["paying", cell]:
            return _status_cell(members.filter(members.is_paying), cell)
        case [cell]:
            return _status_cell(members, cell)
    return None


def _status_cell(members: ir.Table, cell: str) -> ir.Table | None:
    if cell in [status.value for status in HealthStatus]:
        return members.filter(members.health_status == cell)
    if cell == "arr_unknown":
        return members.filter(members.arr_cents.isnull())
    return members if cell == "customers" else None
