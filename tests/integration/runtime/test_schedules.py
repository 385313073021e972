"""The calendar in a real DBOS: a time that has come is asked for once, whoever brings it, over restarts too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from croniter import croniter
from dbos import DBOS

from tenure.clock import to_us
from tenure.runtime.schedules import CALENDAR, Schedule, Schedules

DUE = datetime(2026, 3, 1, 2, tzinfo=UTC)
Asked = list[tuple[str, int]]


def bring(url: str, schema: str, asked: Asked, times: int = 1) -> None:
    """Start, let the times around DUE come (again), and stop."""
    schedules = Schedules(url, schema, lambda name, due_us: asked.append((name, due_us)))
    schedules.start()
    try:
        for _ in range(times):
            for handle in DBOS.backfill_schedule("daily", DUE - timedelta(hours=3), DUE + timedelta(hours=3)):
                handle.get_result()
        assert {one["schedule_name"] for one in DBOS.list_schedules()} == {one.name for one in CALENDAR}
    finally:
        schedules.stop()


def days(asked: Asked) -> Asked:
    return [one for one in asked if one[0] == "daily"]


def test_a_time_that_comes_twice_is_asked_for_once(tmp_path: Path) -> None:
    asked: Asked = []
    url = f"sqlite:///{tmp_path / 'dbos.sqlite'}"
    bring(url, "dbos_1", asked, times=2)
    bring(url, "dbos_1", asked)
    assert days(asked) == [("daily", to_us(DUE))]


def test_two_ventures_of_one_database_each_have_their_turn(postgres_url: str) -> None:
    first: Asked = []
    second: Asked = []
    bring(postgres_url, "dbos_1", first)
    bring(postgres_url, "dbos_2", second)
    assert days(first) == days(second) == [("daily", to_us(DUE))]


@pytest.mark.parametrize("schedule", CALENDAR, ids=lambda one: one.name)
def test_what_dbos_is_told_is_when_it_is_due(schedule: Schedule) -> None:
    cron = croniter(schedule.cron, DUE - timedelta(days=1, seconds=1), second_at_beginning=True)
    due = [to_us(cron.get_next(datetime)) for _ in range(3)]
    assert [schedule.last_due_us(one) for one in due] == due
    assert {later - one for one, later in pairwise(due)} == {schedule.period_us}
