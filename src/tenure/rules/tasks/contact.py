"""M13: what counts as contact. A Slack alert or a created task is none."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.clock import HOUR_US
from tenure.model.cards import CustomerCard
from tenure.model.tasks import Task, TaskOutcome
from tenure.rules.team import has_no_arr


class Contacted(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a critical customer was contacted in time; elapsed hours and kept / missed are both shown (A10)."""

    at_us: int | None
    elapsed_hours: float | None
    in_time: bool


def contacted(
    opened_us: int, by_person_us: int | None, delivered_us: int | None, card: CustomerCard | None, response_hours: int
) -> Contacted:
    """A person logged a call attempt or sent a personal message within `critical_response_hours`; for customers with ARR 0 a
    delivered message counts."""
    times = [one for one in (by_person_us, delivered_us if has_no_arr(card) else None) if one is not None and one >= opened_us]
    if not times:
        return Contacted(at_us=None, elapsed_hours=None, in_time=False)
    hours = (min(times) - opened_us) / HOUR_US
    return Contacted(at_us=min(times), elapsed_hours=hours, in_time=hours <= response_hours)


class CallCompletion(msgspec.Struct, frozen=True, kw_only=True):
    """M13: calls reached / due; None where none was due. `minutes` are what was logged."""

    due: int
    reached: int
    attempted: int
    minutes: float

    @property
    def share(self) -> float | None:
        return None if self.due == 0 else self.reached / self.due


def call_completion(tasks: Sequence[Task], now_us: int) -> CallCompletion:
    """Of call tasks that were due by `now_us` or are closed."""
    calls = [one for one in tasks if one.is_call and (one.due_us <= now_us or one.outcome is not None)]
    return CallCompletion(
        due=len(calls),
        reached=sum(one.outcome is TaskOutcome.reached for one in calls),
        attempted=sum(one.outcome in (TaskOutcome.reached, TaskOutcome.not_reached) for one in calls),
        minutes=sum(one.minutes or 0.0 for one in calls),
    )


def by_member(tasks: Sequence[Task]) -> dict[str, dict[str, float]]:
    """M13: response time (hours from created to closed) and outcomes per team member."""
    found: dict[str, dict[str, float]] = {}
    for one in tasks:
        if one.closed_us is None or one.outcome is None:
            continue
        mine = found.setdefault(one.closed_by or one.assignee, {"closed": 0, "hours": 0.0, **{kind.value: 0 for kind in TaskOutcome}})
        mine["closed"] += 1
        mine["hours"] += (one.closed_us - one.created_us) / HOUR_US
        mine[one.outcome.value] += 1
    return {name: {**mine, "hours": mine["hours"] / mine["closed"]} for name, mine in found.items()}
