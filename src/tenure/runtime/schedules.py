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

from tenure.clock import DAY_US, HOUR_US, MINUTE_US, to_us

APPLICATION_VERSION = "tenure-1"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One line of the calendar: due `offset_us` into every whole `period_us` UTC, which `cron` says to DBOS.

    `catches_up` means that of the times missed while nobody was there the newest is made good, once.
    """

    name: str
    cron: str
    period_us: int
    offset_us: int = 0
    catches_up: bool = False

    def last_due_us(self, now_us: int) -> int:
        """When it was due last."""
        return (now_us - self.offset_us) // self.period_us * self.period_us + self.offset_us


CALENDAR = (
    Schedule("minute", "0 * * * * *", MINUTE_US),
    Schedule("daily", "0 0 2 * * *", DAY_US, 2 * HOUR_US, catches_up=True),
)

Ask = Callable[[str, int], None]
"""Called with the schedule's name and the time it was due (us): asks for the job, twice is once."""


class Schedules:
    """DBOS with our calendar; one per process, because DBOS is.

    Args:
        system_database_url: where DBOS keeps its tables.
        schema: theirs in a PostgreSQL; one per venture, or the processes of two would take each other's turns.
        ask: called for each time that has come.
    """

    def __init__(self, system_database_url: str, schema: str, ask: Ask) -> None:
        self._url, self._schema = system_database_url, schema
        self._ask = ask

    def start(self) -> None:
        """Launch DBOS and put our calendar in force."""
        DBOS(
            config={
                "name": "tenure",
                "system_database_url": self._url,
                "dbos_system_schema": self._schema,
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
                    "automatic_backfill": False,  # it would do every missed day; the worker does the newest
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
        """Let DBOS go; `Worker.catch_up` makes good what was due meanwhile."""
        DBOS.destroy(destroy_registry=True)
