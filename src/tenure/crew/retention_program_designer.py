"""RetentionProgramDesigner: journeys and campaigns, their A/B tests, and what to change when retention falls.

Watches: playbooks and their effect, the venture's retention. May: publish nothing by itself; it proposes, RETENTION-002 asks.
Reports: the trend, what each campaign achieved, and the monthly customer insights.
"""

from __future__ import annotations

from tenure.crew.reporting import lines_of, to_team
from tenure.crew.rooms import Rooms
from tenure.model.triggers import TriggerSchedule
from tenure.rules.notices import Notice


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
        lines = [
            f"{one.trigger_id}, {one.metric.replace('_', ' ')}: {_against(one.value, one.target)}, {one.judged:,} judged"
            for one in measured
        ]
        said = lines_of({"Campaigns": self._rooms.senses.effect_lines(now_us), "Triggers": lines})
        return to_team(self._rooms, "trend_report", Notice(title="How the loop did", lines=said), now_us)

    def insights_report(self, now_us: int) -> dict[str, object]:
        """The 1st of a month: the hand-over to the next stage is written, and the team told where it is."""
        found = self._rooms.senses.insights(now_us)
        if "files" not in found:
            return found
        title = "Customer insights of the month"
        where = tuple((form.upper(), str(path)) for form, path in found["files"].items())
        told = to_team(
            self._rooms,
            "insights_report",
            Notice(title=title, facts=where, lines=tuple(found["lines"])),
            now_us,
        )
        return {"path": found["files"]["html"], "told": told}


def _against(value: float | None, target: float | None) -> str:
    said = "nothing to judge yet" if value is None else f"{value:g}"
    return said if target is None else f"{said} (target {target:g})"
