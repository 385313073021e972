"""The calendar of the crew: which operations are due at a time, each caught up once after downtime and never twice.

Hours are on the venture's clock (R7) except the daily scoring, which is at 02:00 UTC everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import from_us, to_us

FIRST_DAY_OF_MONTH = 1


class Every(StrEnum):
    """How often."""

    minutes = "minutes"
    day = "day"
    week = "week"
    month = "month"
    first_monday = "first_monday"


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the calendar.

    Args:
        name: what is done.
        every: how often; `minutes` counts whole slots of that many minutes since the epoch.
        hour: of the day, for the others.
        weekday: 0 is Monday, for `week`.
        minutes: for `minutes`.
        in_utc: the hour is UTC, not the venture's.
    """

    name: str
    every: Every
    hour: int = 0
    weekday: int = 0
    minutes: int = 60
    in_utc: bool = False


class Due(msgspec.Struct, frozen=True):
    """An operation and the time it was due."""

    operation: str
    due_us: int


def crew_calendar(digest_weekday: int = 0, digest_hour: int = 9, check_minutes: int = 60) -> tuple[Operation, ...]:
    """The calendar of crew.md, in the order in which operations due together are done."""
    return (
        Operation(name="daily_scores", every=Every.day, hour=2, in_utc=True),
        Operation(name="daily_triggers", every=Every.day, hour=2, in_utc=True),
        Operation(name="crm_sync", every=Every.day, hour=2, in_utc=True),
        Operation(name="survey_deployment", every=Every.day, hour=2, in_utc=True),
        Operation(name="champions", every=Every.day, hour=2, in_utc=True),
        Operation(name="system_check", every=Every.minutes, minutes=check_minutes),
        Operation(name="daily_decision", every=Every.day, hour=8),
        Operation(name="owner_digest", every=Every.day, hour=8),
        Operation(name="nps_check", every=Every.week, weekday=0, hour=2, in_utc=True),
        Operation(name="weekly_digest", every=Every.week, weekday=digest_weekday, hour=digest_hour),
        Operation(name="uptime_report", every=Every.week, weekday=0, hour=9),
        Operation(name="trend_report", every=Every.week, weekday=0, hour=9),
        Operation(name="weekly_offers", every=Every.week, weekday=0, hour=8),
        Operation(name="retention_check", every=Every.month, hour=2, in_utc=True),
        Operation(name="insights_report", every=Every.month, hour=3, in_utc=True),
        Operation(name="business_review", every=Every.first_monday, hour=9),
    )


def due_now(
    operations: Iterable[Operation], last_due_us: Mapping[str, int], since_us: int, now_us: int, zone: str
) -> tuple[Due, ...]:
    """What is due: of each operation the latest time at or before now, if it was not done for that time or a later one.

    Args:
        last_due_us: by operation, the due time it was last done for.
        since_us: what was due before (the crew did not exist yet) is nobody's.
    """
    found = ((one.name, latest_due_us(one, now_us, zone)) for one in operations)
    return tuple(Due(name, due_us) for name, due_us in found if due_us >= since_us and due_us > last_due_us.get(name, -1))


def latest_due_us(operation: Operation, now_us: int, zone: str) -> int:
    """The latest time at or before `now_us` at which the operation is due."""
    if operation.every is Every.minutes:
        slot_us = operation.minutes * 60_000_000
        return now_us // slot_us * slot_us
    local = from_us(now_us).astimezone(UTC if operation.in_utc else ZoneInfo(zone))
    # an hour that the clock skips or repeats is resolved by its first reading (fold 0)
    day = local.replace(hour=operation.hour, minute=0, second=0, microsecond=0, fold=0)
    while not _is_day(operation, day) or to_us(day) > now_us:
        day = (day - timedelta(days=1)).replace(hour=operation.hour, fold=0)
    return to_us(day)


def next_due_us(operation: Operation, now_us: int, zone: str) -> int:
    """The first time after `now_us` at which the operation is due."""
    step_us = 60_000_000 if operation.every is Every.minutes else 3_600_000_000
    at_us, before = now_us, latest_due_us(operation, now_us, zone)
    while (found := latest_due_us(operation, at_us, zone)) == before:
        at_us += step_us
    return found


def _is_day(operation: Operation, day: datetime) -> bool:
    match operation.every:
        case Every.week:
            return day.weekday() == operation.weekday
        case Every.month:
            return day.day == FIRST_DAY_OF_MONTH
        case Every.first_monday:
            return day.weekday() == 0 and day.day <= 7
        case _:
            return True
