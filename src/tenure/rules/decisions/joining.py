"""Nobody is forgotten, nobody is flooded (A12): which decisions are asked singly, which are joined into one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from tenure.clock import to_us
from tenure.model.decisions import Decision, DecisionKind
from tenure.model.drills import is_drill
from tenure.rules.working_time import at_hour_us, local, local_day

JOINED_HOUR = 8
"""08:00 of the venture's day (A12)."""
WEEKLY = (DecisionKind.special_offer,)
"""Offers beyond the budget are one weekly decision (A23)."""
SINGLES_LIMITED = (DecisionKind.critical_escalation,)


def joint_us(kind: DecisionKind, now_us: int, zone: ZoneInfo) -> int:
    """The last time at which waiting decisions of this kind were due to be joined: today's 08:00, or Monday's."""
    at_us = at_hour_us(now_us, zone, JOINED_HOUR)
    moment = local(at_us, zone)
    back = moment.weekday() if kind in WEEKLY else 0
    at_us = to_us(moment - timedelta(days=back))
    if at_us > now_us:
        at_us = to_us(local(at_us, zone) - timedelta(days=7 if kind in WEEKLY else 1))
    return at_us


def due_to_join(waiting: Sequence[Decision], now_us: int, zone: ZoneInfo) -> dict[str, list[Decision]]:
    """By key of the joint decision, those asked before its time; highest revenue first."""
    found: dict[str, list[Decision]] = {}
    for one in by_revenue(waiting):
        at_us = joint_us(one.kind, now_us, zone)
        if one.asked_us <= at_us:
            found.setdefault(f"joint:{one.kind.value}:{local_day(at_us, zone)}", []).append(one)
    return found


def by_revenue(decisions: Sequence[Decision]) -> list[Decision]:
    """Highest ARR first; ties by key."""
    return sorted(decisions, key=lambda one: (-one.blast.revenue_cents, one.key))


def is_limited(decision: Decision) -> bool:
    """Whether it counts against `single_escalations_per_day`."""
    return decision.kind in SINGLES_LIMITED and not is_drill(decision.customer_id)


def split_singles(new: Sequence[Decision], asked_today: int, limit: int) -> tuple[list[Decision], list[Decision]]:
    """Those asked singly, and those joined because `limit` a day are enough: highest ARR stays single (A12).

    A drill is always single and takes nobody's place (C3).
    """
    limited = by_revenue([one for one in new if is_limited(one)])
    room = max(0, limit - asked_today)
    others = [one for one in new if not is_limited(one)]
    return [*others, *limited[:room]], limited[room:]
