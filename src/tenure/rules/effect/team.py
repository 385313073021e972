"""What each person of the team did and what came of it (M13): effort is seen beside its outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from tenure.clock import HOUR_US
from tenure.rules.effect.case import Case
from tenure.stats.proportions import rate
from tenure.stats.result import Outcome, Rate

SECONDS_AN_HOUR = 3_600


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One task a person closed, and the enrollment it was for, if any."""

    by: str
    created_us: int
    closed_us: int
    is_call: bool
    reached: bool
    minutes: float
    enrollment_id: int | None = None


class MemberEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One person. Hours are medians; `recovered`: of the customers they worked for, those who can be judged."""

    member: str
    tasks: int
    calls: int
    calls_reached: int
    minutes: float
    hours_to_close: float | None
    hours_to_answer_alerts: float | None
    recovered: Outcome[Rate]


def member_effects(
    closed: Sequence[Work], answered: Sequence[tuple[str, float]], cases: Mapping[int, Case]
) -> tuple[MemberEffect, ...]:
    """Everybody who closed a task or answered an alert, by name.

    Args:
        answered: (who, seconds from raised to acknowledged) of alerts.
        cases: by enrollment.
    """
    work: dict[str, list[Work]] = defaultdict(list)
    alerts: dict[str, list[float]] = defaultdict(list)
    for one in closed:
        work[one.by].append(one)
    for who, seconds in answered:
        alerts[who].append(seconds / SECONDS_AN_HOUR)
    return tuple(_member(name, work[name], alerts[name], cases) for name in sorted(work.keys() | alerts.keys()))


def _member(name: str, done: Sequence[Work], answered: Sequence[float], cases: Mapping[int, Case]) -> MemberEffect:
    mine = {one.enrollment_id for one in done if one.enrollment_id is not None}
    judged = [recovered for one in sorted(mine) if one in cases and (recovered := cases[one].recovered) is not None]
    return MemberEffect(
        member=name,
        tasks=len(done),
        calls=sum(one.is_call for one in done),
        calls_reached=sum(one.is_call and one.reached for one in done),
        minutes=sum(one.minutes for one in done),
        hours_to_close=median((one.closed_us - one.created_us) / HOUR_US for one in done) if done else None,
        hours_to_answer_alerts=median(answered) if answered else None,
        recovered=rate(sum(judged), len(judged), of="customers who can be judged yet"),
    )
