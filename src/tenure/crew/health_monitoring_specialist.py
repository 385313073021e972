"""HealthMonitoringSpecialist: scores, thresholds, alerts, the weekly digest of at-risk customers, trends.

Watches: every published score. May: raise alerts, start the critical playbook, escalate, all through triggers. Reports: the
weekly digest and the review pack.
"""

from __future__ import annotations

from tenure.clock import DAY_US
from tenure.crew.reporting import lines_of
from tenure.crew.reviews import Reviews
from tenure.crew.rooms import Rooms
from tenure.model.health import HealthStatus
from tenure.model.listing import HealthFilter, HealthSort, ListedHealth
from tenure.rules.notices import Notice
from tenure.rules.useful import WINDOW_DAYS, line, usefulness
from tenure.rules.wording import money
from tenure.services.papers.reviews import focus

SHOWN = 20


class HealthMonitoringSpecialist:
    """One of the four agents; see the module."""

    name = "HealthMonitoringSpecialist"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def weekly_digest(self, now_us: int) -> int:
        """Monday 09:00: who is at risk, with the review pack and its invitation (C6); returns how many messages were wanted."""
        rooms, own = self._rooms, self._rooms.own
        counts = rooms.stores.health.counts_by_status(own)
        at_risk = rooms.stores.health.list(own, HealthFilter(status=HealthStatus.at_risk), sort=HealthSort.arr, limit=SHOWN)
        worse = [row for row in rooms.stores.health.each(own, HealthFilter(changed_since_us=now_us - 7 * DAY_US)) if _fell(row)]
        everybody = list(rooms.stores.health.each(own, HealthFilter(status=HealthStatus.at_risk)))
        marks = rooms.stores.useful.since(own, now_us - WINDOW_DAYS * DAY_US, now_us + 1)
        parts = {
            "The fleet": [f"{counts[status]:,} {status.value.replace('_', ' ')}" for status in HealthStatus],
            "Look at these five first": [self._line(row) for row in focus(everybody)],
            "Fell this week": [self._line(row) for row in worse[:SHOWN]],
            "At risk, by revenue": [self._line(row) for row in at_risk],
        }
        if marks:
            parts["Was it useful?"] = [line(one) for one in usefulness(marks)]
        return Reviews(rooms).weekly(Notice(title="Customers at risk this week", lines=lines_of(parts)), now_us)

    def _line(self, row: ListedHealth) -> str:
        arr = money(row.profile.arr_cents, self._rooms.venture.currency)
        before = "" if row.previous_score is None else f", before {row.previous_score:g}"
        return f"{row.profile.name or row.customer_id}: {row.score:g}{before}; ARR {arr}; {row.profile.owner or 'no owner'}"


def _fell(row: ListedHealth) -> bool:
    return row.previous_score is not None and row.score < row.previous_score and row.status is not HealthStatus.healthy
