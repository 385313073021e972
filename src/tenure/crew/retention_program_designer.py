"""RetentionProgramDesigner: journeys and campaigns, their A/B tests, and what to change when retention falls.

Watches: playbooks and their effect, the venture's retention. May: publish nothing by itself; it proposes, RETENTION-002 asks.
Reports: the trend and what each campaign achieved.
"""

from __future__ import annotations

from tenure.crew.reporting import lines_of, to_team
from tenure.crew.rooms import Rooms
from tenure.model.triggers import TriggerSchedule


class RetentionProgramDesigner:
    """One of the four agents; see the module."""

    name = "RetentionProgramDesigner"

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def retention_check(self, now_us: int) -> dict[str, str]:
        """The 1st of a month: RETENTION-002 looks at last month's headline and cohorts (M8)."""
        return self._rooms.triggers.evaluate_venture(
            self._rooms.senses.readings(now_us, retention=True), (TriggerSchedule.monthly,), now_us
        )

    def trend_report(self, now_us: int) -> int:
        """Monday: what campaigns achieved and how triggers did against their targets, in a message to the team."""
        measured = self._rooms.triggers.measure(now_us)
        lines = [f"{one.trigger_id}, {one.metric.replace('_', ' ')}: {_against(one.value, one.target)}, {one.judged:,} judged" for one in measured]
        return to_team(self._rooms, "trend_report", "How the loop did", lines_of({"Campaigns": self._rooms.senses.effect_lines(now_us), "Triggers": lines}), now_us)


def _against(value: float | None, target: float | None) -> str:
    said = "nothing to judge yet" if value is None else f"{value:g}"
    return said if target is None else f"{said} (target {target:g})"
