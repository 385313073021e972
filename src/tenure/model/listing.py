"""Published scores as lists and pages read them: the store's rows, joined with the run and the profile."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tenure.model.health import HealthStatus, ScoreChange

SEPARATOR = "|"


def segment_names(text: str | None) -> list[str]:
    """The segments in a profile's text, strongest first."""
    return text.split(SEPARATOR) if text else []


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows and filters beside the score. `segment`: one name, or several with `|` between, strongest first."""

    name: str | None = None
    plan: str | None = None
    owner: str | None = None
    segment: str | None = None
    stage: str | None = None
    customer_status: str | None = None
    arr_cents: int | None = None
    renewal_us: int | None = None


class ListedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One published score. `components` keeps the scorecard's order where it is the default three; None = no points.

    `as_of_us` is the last run that confirmed the score, changed or not (M6); `input_age_us` is the age of the newest
    input of that run. `changed_us` is the as-of time of the run that last changed the row.
    """

    customer_id: str
    score: float
    previous_score: float | None
    status: HealthStatus
    total: float
    components: dict[str, float]
    coverage: float
    scorecard: str
    scorecard_version: str
    is_new: bool
    changed_us: int
    as_of_us: int
    input_age_us: int | None
    change: ScoreChange | None
    run_id: int
    profile: Profile


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One score that moved: what a list of changes says, and no more."""

    customer_id: str
    name: str | None
    owner: str | None
    score: float
    previous_score: float | None


class HealthSort(StrEnum):
    """Orders of a list; ties by customer id. Unknown values last."""

    score = "score"
    score_descending = "-score"
    changed = "-changed"
    arr = "-arr"
    renewal = "renewal"
    name = "name"
    customer_id = "customer_id"


class HealthFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list keeps; None means every one. `changed_since_us`: changed by a run at or after that time."""

    status: HealthStatus | None = None
    segment: str | None = None
    stage: str | None = None
    owner: str | None = None
    plan: str | None = None
    customer_status: str | None = None
    scorecard: str | None = None
    is_new: bool | None = None
    changed_since_us: int | None = None
