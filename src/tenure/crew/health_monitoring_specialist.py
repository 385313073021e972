"""HealthMonitoringSpecialist: scores, thresholds, alerts, the weekly digest of at-risk customers, trends.

Watches: every published score. May: raise alerts, start the critical playbook, escalate, all through triggers. Reports: the
weekly digest and the review pack.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from tenure.clock import DAY_US
from tenure.crew.reporting import lines_of
from tenure.crew.reviews import Reviews
from tenure.crew.rooms import Rooms
from tenure.model.cards import CustomerCard
from tenure.model.health import HealthStatus
from tenure.model.listing import HealthFilter, HealthSort, ListedHealth
from tenure.rules.champions import champion_task
from tenure.rules.eligibility.consent import Permissions, addresses_of, permissions_of
from tenure.rules.notices import Notice
from tenure.rules.useful import WINDOW_DAYS, line, usefulness
from tenure.rules.wording import money
from tenure.services.papers.reviews import focus

SHOWN = 20
CHAMPIONS = "loop:champions"
"""Cursor: when departures of champions were last looked for."""
LOOK_BACK_US = 7 * DAY_US
"""Facts come late; who was told of already stays told once, by its key."""


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
        changed = rooms.stores.health.each(own, HealthFilter(changed_since_us=now_us - 7 * DAY_US))
        worse = islice((row for row in changed if _fell(row)), SHOWN)
        everybody = rooms.stores.health.each(own, HealthFilter(status=HealthStatus.at_risk))
        marks = rooms.stores.useful.since(own, now_us - WINDOW_DAYS * DAY_US, now_us + 1)
        parts = {
            "The fleet": [f"{counts[status]:,} {status.value.replace('_', ' ')}" for status in HealthStatus],
            "Look at these five first": [self._line(row) for row in focus(everybody)],
            "Fell this week": [self._line(row) for row in worse],
            "At risk, by revenue": [self._line(row) for row in at_risk],
        }
        if marks:
            parts["Was it useful?"] = [line(one) for one in usefulness(marks)]
        return Reviews(rooms).weekly(Notice(title="Customers at risk this week", lines=lines_of(parts)), now_us)

    def champions(self, now_us: int) -> dict[str, int]:
        """Daily: whose primary contact or main user left is told to the owner, once (Day one, 10); nothing of before going live (A1)."""
        rooms, own = self._rooms, self._rooms.own
        live_us = rooms.stores.controls.state(own, now_us).live_since_us
        if live_us is None or rooms.senses.subjects is None:
            return {"told": 0}
        seen_us = int(rooms.stores.cursors.get(own, CHAMPIONS) or live_us)
        lost = rooms.senses.departures(max(live_us, seen_us - LOOK_BACK_US), now_us)
        cards = {one.customer_id: one for one in rooms.senses.subjects.cards(sorted({one.customer_id for one in lost}), now_us)}
        known = self._permissions(cards)
        wanted = [
            champion_task(one, cards[one.customer_id], known[one.customer_id], now_us) for one in lost if one.customer_id in cards
        ]
        rooms.stores.cards.put(own, list(cards.values()))
        told = rooms.stores.intents.add(own, wanted, now_us=now_us)
        rooms.stores.cursors.set(own, CHAMPIONS, str(now_us))
        return {"told": told}

    def _permissions(self, cards: Mapping[str, CustomerCard]) -> Mapping[str, Permissions]:
        stores, own = self._rooms.stores, self._rooms.own
        addresses = sorted({one for card in cards.values() for one in addresses_of(card)})
        return permissions_of(cards, stores.consents.of(own, sorted(cards)), stores.suppressions.of(own, addresses))

    def _line(self, row: ListedHealth) -> str:
        arr = money(row.profile.arr_cents, self._rooms.venture.currency)
        before = "" if row.previous_score is None else f", before {row.previous_score:g}"
        return f"{row.profile.name or row.customer_id}: {row.score:g}{before}; ARR {arr}; {row.profile.owner or 'no owner'}"


def _fell(row: ListedHealth) -> bool:
    return row.previous_score is not None and row.score < row.previous_score and row.status is not HealthStatus.healthy
