"""Results as the documents commands print and the API answers: stable names, ISO times."""

from __future__ import annotations

from typing import Any

from tenure.clock import HOUR_US, iso
from tenure.model.health import Health
from tenure.model.listing import ListedHealth


def listed(row: ListedHealth) -> dict[str, Any]:
    """One row of `tenure health --json` (fixed names; `status` is the health band here, I6)."""
    return {
        "customer_id": row.customer_id,
        "score": row.score,
        "previous_score": row.previous_score,
        "status": row.status.value,
        "health_status": row.status.value,
        "components": row.components,
        "as_of": iso(row.as_of_us),
        "scorecard_version": row.scorecard_version,
        "coverage": row.coverage,
        "input_age_hours": None if row.input_age_us is None else round(row.input_age_us / HOUR_US, 2),
        "is_new": row.is_new,
        "name": row.profile.name,
        "plan": row.profile.plan,
        "owner": row.profile.owner,
        "segment": row.profile.segment,
        "stage": row.profile.stage,
        "arr_cents": row.profile.arr_cents,
    }


def explained(found: Health, history: list[dict[str, Any]]) -> dict[str, Any]:
    """One customer's health as a document."""
    override_ = None
    if found.override_reason is not None:
        until = found.override_until_us
        override_ = {"reason": found.override_reason, "until": None if until is None else iso(until)}
    return {
        "customer_id": found.customer_id,
        "score": found.score,
        "previous_score": found.previous_score,
        "status": found.status.value,
        "health_status": found.status.value,
        "components": {one.component: one.points for one in found.components},
        "component_points": list(found.components),
        "readings": list(found.readings),
        "as_of": iso(found.as_of_us),
        "known_batch": found.known_batch,
        "scorecard_version": found.scorecard_version,
        "coverage": found.coverage,
        "input_age_hours": None if found.input_age_us is None else round(found.input_age_us / HOUR_US, 2),
        "total": found.total,
        "change": found.change,
        "is_new": found.is_new,
        "override": override_,
        "history": history,
    }
