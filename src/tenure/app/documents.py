"""Results as the documents commands print and the API answers: stable names, ISO times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from tenure.clock import DAY_US, HOUR_US, iso
from tenure.errors import BadInput
from tenure.model.health import SeatUse
from tenure.model.listing import ListedHealth, segment_names
from tenure.services.scoring.explaining import Explanation, HistoryEntry


def listed(row: ListedHealth, *, is_stale: bool) -> dict[str, Any]:
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
        "input_age_hours": _hours(row.input_age_us),
        "is_new": row.is_new,
        "stale": is_stale,
        "name": row.profile.name,
        "plan": row.profile.plan,
        "owner": row.profile.owner,
        **_segments(row.profile.segment),
        "stage": row.profile.stage,
        "arr_cents": row.profile.arr_cents,
    }


def _segments(text: str | None) -> dict[str, Any]:
    """The strongest segment, and all of them."""
    names = segment_names(text)
    return {"segment": names[0] if names else None, "segments": names}


def explained(found: Explanation, seats: SeatUse | None = None) -> dict[str, Any]:
    """One customer's health as a document; with the use of its seats where it has more than 5 users."""
    health = found.health
    override = None
    if health.override_reason is not None:
        until = health.override_until_us
        override = {"reason": health.override_reason, "until": None if until is None else iso(until)}
    return {
        "customer_id": health.customer_id,
        "score": health.score,
        "previous_score": health.previous_score,
        "status": health.status.value,
        "health_status": health.status.value,
        "components": {one.component: one.points for one in health.components},
        "component_points": list(health.components),
        "readings": list(health.readings),
        "as_of": iso(health.as_of_us),
        "known_batch": health.known_batch,
        "scorecard_version": health.scorecard_version,
        "coverage": health.coverage,
        "input_age_hours": _hours(health.input_age_us),
        "total": health.total,
        "computed_score": found.computed_score,
        "change": health.change,
        "is_new": health.is_new,
        "seat_use": None if seats is None else {**msgspec.to_builtins(seats), "sentence": seats.sentence},
        "override": override,
        "history": [_entry(one) for one in found.history],
    }


def _entry(one: HistoryEntry) -> dict[str, Any]:
    return {
        "as_of": iso(one.as_of_us),
        "score": one.score,
        "status": None if one.status is None else one.status.value,
        "scorecard_version": one.scorecard_version,
        "known_batch": one.known_batch,
        "change": one.change,
    }


def _hours(age_us: int | None) -> float | None:
    return None if age_us is None else round(age_us / HOUR_US, 2)


def computed_rows(
    scores: pa.Table, customers: pa.Table, now_us: int, asked: Mapping[str, Any], new_days: int, age_us: int | None
) -> tuple[list[dict[str, Any]], int]:
    """Rows like `listed` of scores computed for a time, filtered and sorted as asked; and how many match in all.

    `new_days`: how long a customer is new; `age_us`: of the newest input at that time.
    """
    profiles = {row["customer_id"]: row for row in customers.select(_PROFILE).to_pylist()}
    where = asked.get("where") or {}
    rows = [_computed(row, profiles.get(row["customer_id"], {}), now_us, new_days, age_us) for row in scores.to_pylist()]
    kept = [row for row in rows if _matches(row, where)]
    kept = _sorted(kept, profiles, asked.get("sort") or "score")
    limit = asked.get("limit")
    return (kept if limit is None else kept[:limit]), len(kept)


def _sorted(rows: list[dict[str, Any]], profiles: Mapping[str, Any], sort: str) -> list[dict[str, Any]]:
    """As the published list sorts; whoever has no value there comes last, equals by customer id."""
    if sort not in _SORTS:
        raise BadInput(f"Scores computed for a time cannot be sorted by {sort!r}.", f"Use one of: {', '.join(_SORTS)}.")
    key, is_down = _SORTS[sort]
    rows = sorted(rows, key=lambda row: str(row["customer_id"]))
    values = {row["customer_id"]: row.get(key, profiles.get(row["customer_id"], {}).get(key)) for row in rows}
    known = [row for row in rows if values[row["customer_id"]] is not None]
    known.sort(key=lambda row: values[row["customer_id"]], reverse=is_down)
    return known + [row for row in rows if values[row["customer_id"]] is None]


def _matches(row: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    wanted = {name: value for name, value in where.items() if value is not None}
    segment = wanted.pop("segment", None)
    return (segment is None or segment in row["segments"]) and all(row.get(name) == value for name, value in wanted.items())


_PROFILE = ["customer_id", "name", "plan", "owner", "segment", "stage", "arr_cents", "renewal_us", "spell_started_us"]
_SORTS = {
    "score": ("score", False), "-score": ("score", True), "-arr": ("arr_cents", True), "renewal": ("renewal_us", False),
    "name": ("name", False), "customer_id": ("customer_id", False),
}  # fmt: skip
"""Where each order finds its value, and whether it goes down. Only a published score knows when it changed: no `-changed`."""


def _computed(
    row: Mapping[str, Any], profile: Mapping[str, Any], now_us: int, new_days: int, age_us: int | None
) -> dict[str, Any]:
    started_us = profile.get("spell_started_us")
    points = {name.removeprefix("points_"): value for name, value in row.items() if name.startswith("points_")}
    return {
        "customer_id": row["customer_id"],
        "score": row["score"],
        "previous_score": None,
        "status": row["health_status"],
        "health_status": row["health_status"],
        "components": {name: value for name, value in points.items() if value is not None},
        "as_of": iso(now_us),
        "scorecard_version": row["scorecard_version"],
        "coverage": row["coverage"],
        "input_age_hours": _hours(age_us),
        "is_new": started_us is not None and now_us - started_us < new_days * DAY_US,
        "stale": False,
        "total": row["total"],
        "name": profile.get("name"),
        "plan": profile.get("plan"),
        "owner": profile.get("owner"),
        **_segments(profile.get("segment")),
        "stage": profile.get("stage"),
        "arr_cents": profile.get("arr_cents"),
    }
