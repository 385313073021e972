"""NPSTracker: asks at milestones and intervals, reminds once, hears answers, and lets RETENTION-003 act on a negative NPS.

Watches: who reached a milestone, answers. May: ask surveys, inside budget and suppression. Reports: NPS with its window.
"""

from __future__ import annotations

from tenure.crew.rooms import Rooms
from tenure.model.triggers import TriggerSchedule


class NPSTracker:
    """One of the four agents; see the module."""

    name = "NPSTracker"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def deploy(self, now_us: int) -> dict[str, int]:
        """Once a day: ask whose turn it is, remind who has not answered. Nothing before the venture is live (A1)."""
        rooms = self._rooms
        live_since_us = rooms.stores.controls.state(rooms.own, now_us).live_since_us
        if live_since_us is None:
            return {"asked": 0, "reminded": 0}
        cards, before = rooms.senses.nps_candidates(now_us)
        rooms.stores.cards.put(rooms.own, cards)
        asked = rooms.surveys.deploy_nps(cards, live_since_us, before, now_us)
        return {"asked": asked, "reminded": rooms.surveys.remind(now_us)}

    def check(self, now_us: int) -> dict[str, str]:
        """Monday: RETENTION-003 looks at the NPS of the window (M14)."""
        return self._rooms.triggers.evaluate_venture(self._rooms.senses.readings(now_us, nps=True), (TriggerSchedule.weekly,), now_us)
