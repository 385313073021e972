"""Current scores as the columns the store takes (`tenure.ports.health.PublishedHealth.publish`)."""

from __future__ import annotations

from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.warehouse.scoring.compiler import POINTS_PREFIX
from tenure.warehouse.scoring.split import PARTS

DEFAULT_COMPONENTS = ("engagement", "support", "value")


def score_rows(current: ir.Table) -> ir.Table:
    """Sorted by customer: stores write sorted rows fastest."""
    points = [name.removeprefix(POINTS_PREFIX) for name in current.columns if name.startswith(POINTS_PREFIX)]
    null = ibis.null("float64")
    default = {
        name: current[POINTS_PREFIX + name] if name in points else null.name(name)
        for name in DEFAULT_COMPONENTS
    }
    return current.select(
        "customer_id",
        "total",
        "coverage",
        "scorecard",
        "is_new",
        *(f"change_{part}" for part in PARTS),
        score_tenths=_tenths(current.shown_score),
        previous_score_tenths=_tenths(current.previous_score),
        health_status=current.shown_status,
        scorecard_version=current.version,
        other_components=_as_json(current, [name for name in points if name not in DEFAULT_COMPONENTS]),
        **default,
    ).order_by("customer_id")


def profile_rows(current: ir.Table) -> ir.Table:
    """What lists show beside a score."""
    return current.select(
        "customer_id",
        name=current.profile_name,
        plan=current.profile_plan,
        owner=current.profile_owner,
        segment=current.profile_segment,
        stage=current.profile_stage,
        customer_status=current.profile_customer_status,
        arr_cents=current.profile_arr_cents,
        renewal_us=current.profile_renewal_us,
    ).order_by("customer_id")


def _tenths(score: Any) -> Any:
    """Whole tenths; the score has one decimal already."""
    return (score * 10.0 + 0.5).floor().cast("int64")


def _as_json(current: ir.Table, names: list[str]) -> Any:
    """The points of further components as a JSON object; null where the customer's scorecard has none."""
    if not names:
        return ibis.null("string")
    parts = [
        (ibis.literal(f'"{name}": ') + current[POINTS_PREFIX + name].cast("string")).fill_null("")
        for name in names
    ]
    joined = reduce(
        lambda one, other: one + ibis.ifelse((one != "") & (other != ""), ", ", "") + other, parts
    )
    return ibis.ifelse(joined == "", ibis.null("string"), ibis.literal("{") + joined + ibis.literal("}"))
