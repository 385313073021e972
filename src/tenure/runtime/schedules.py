"""The calendar, kept by DBOS: each schedule only asks for a job; the worker does it once.

Schedules stay coarse (a cycle, never a customer). DBOS keeps its own database file, so that its polling never
meets ours, and a fixed application version, so that an upgrade does not strand running work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dbos import DBOS

from tenure.clock import to_us

APPLICATION_VERSION = "tenure-1"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One line of the calendar. `catches_up` means a missed time is made good after downtime, once."""

    name: str
    cron: str
    catches_up: bool


CALENDAR = (
    Schedule("minute", "0 * * * * *", catches_up=False),
    Schedule("daily", "0 0 2 * * *", catches_up=True),
)

Ask = Callable[[str, int], None]
"""Called with the schedule's name and the time it was due (us): asks for the job, twice is once."""


class Schedules:
    """DBOS with our calendar; one per process, because DBOS is."""

    def __init__(self, system_database_url: str, ask: Ask) -> None:
        self._url = system_database_url
        self._ask = ask

    def start(self) -> None:
        """Launch DBOS and put our calendar in force."""
        DBOS(
            config={
                "name": "tenure",
                "system_database_url": self._url,
                "application_version": APPLICATION_VERSION,
                "log_level": "ERROR",
                "scheduler_polling_interval_sec": 5.0,
            }
        )
        workflows = {schedule.name: self._workflow(schedule.name) for schedule in CALENDAR}
        DBOS.launch()
        DBOS.apply_schedules(
            [
                {
                    "schedule_name": schedule.name,
                    "workflow_fn": workflows[schedule.name],
                    "schedule": schedule.cron,
                    "automatic_backfill": schedule.catches_up,
                    "context": schedule.name,
                }
                for schedule in CALENDAR
            ]
        )

    def _workflow(self, name: str) -> Callable[[datetime, Any], None]:
        ask = self._ask

        @DBOS.step(name=f"ask_{name}")
        def step(due_us: int) -> None:
            ask(name, due_us)

        @DBOS.workflow(name=f"calendar_{name}")
        def workflow(due: datetime, context: Any) -> None:
            step(to_us(due))

        return workflow

    def stop(self) -> None:
        """Let DBOS go; what was due meanwhile is caught up at the next start."""
        DBOS.destroy(destroy_registry=True)
