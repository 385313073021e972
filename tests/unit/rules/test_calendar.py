"""The crew's calendar: caught up once after downtime, never twice; hours on the venture's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tenure.clock import DAY_US, HOUR_US, from_us, to_us
from tenure.rules.calendar import Every, Operation, crew_calendar, due_now, latest_due_us, next_due_us

DAILY = Operation(name="daily", every=Every.day, hour=2, in_utc=True)
DIGEST = Operation(name="digest", every=Every.week, weekday=0, hour=9)
CHECK = Operation(name="check", every=Every.minutes, minutes=60)
MONTHLY = Operation(name="monthly", every=Every.month, hour=2, in_utc=True)
REVIEW = Operation(name="review", every=Every.first_monday, hour=9)


def at(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_three_missed_days_are_caught_up_once() -> None:
    now_us = at("2026-11-21T10:00")
    done = {"daily": at("2026-11-18T02:00")}
    assert [one.due_us for one in due_now([DAILY], done, 0, now_us, "UTC")] == [at("2026-11-21T02:00")]
    assert due_now([DAILY], {"daily": at("2026-11-21T02:00")}, 0, now_us, "UTC") == ()


def test_what_was_due_before_the_crew_existed_is_not_due() -> None:
    now_us = at("2026-11-21T10:00")
    assert due_now([DAILY], {}, at("2026-11-21T09:00"), now_us, "UTC") == ()
    assert len(due_now([DAILY], {}, at("2026-11-21T09:00"), at("2026-11-22T02:00"), "UTC")) == 1


def test_digest_hours_are_the_ventures() -> None:
    """Monday 09:00 in Vienna is 08:00 UTC in winter and 07:00 in summer."""
    assert latest_due_us(DIGEST, at("2026-11-24T00:00"), "Europe/Vienna") == at("2026-11-23T08:00")
    assert latest_due_us(DIGEST, at("2026-07-14T00:00"), "Europe/Vienna") == at("2026-07-13T07:00")
    assert latest_due_us(DIGEST, at("2026-11-23T07:59"), "Europe/Vienna") == at("2026-11-16T08:00")


def test_the_first_of_the_month_and_its_first_monday() -> None:
    assert latest_due_us(MONTHLY, at("2026-11-21T00:00"), "UTC") == at("2026-11-01T02:00")
    assert latest_due_us(MONTHLY, at("2026-11-01T01:59"), "UTC") == at("2026-10-01T02:00")
    assert latest_due_us(REVIEW, at("2026-11-21T00:00"), "UTC") == at("2026-11-02T09:00")


@pytest.mark.parametrize("operation", [DAILY, DIGEST, CHECK, MONTHLY, REVIEW], ids=lambda one: one.name)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_walking_through_a_year_meets_every_due_time_exactly_once(operation: Operation, zone: str) -> None:
    start, met, done = at("2026-01-01T00:00"), 0, {}
    step = HOUR_US // 2 if operation is CHECK else 6 * HOUR_US
    days = 20 if operation is CHECK else 365
    for now_us in range(start, start + days * DAY_US, step):
        for due in due_now([operation], done, start, now_us, zone):
            assert due.due_us <= now_us
            done[due.operation] = due.due_us
            met += 1
    expected = {"daily": 365, "digest": 52, "check": 480, "monthly": 12, "review": 12}[operation.name]
    assert abs(met - expected) <= 1


def test_the_next_time_lies_after_now_and_is_then_the_latest() -> None:
    now_us = at("2026-03-29T00:30")  # clocks change in Europe this night
    for operation in crew_calendar():
        coming = next_due_us(operation, now_us, "Europe/Vienna")
        assert coming > now_us
        assert latest_due_us(operation, coming, "Europe/Vienna") == coming, (operation.name, from_us(coming))
