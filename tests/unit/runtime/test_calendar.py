"""A missed daily refresh is caught up once, never twice; times are handed in, the deployment is a real one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.app.deployment import Deployment, opened
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, SECOND_US, FixedClock
from tenure.model.jobs import JobState
from tenure.model.runs import RunKind
from tenure.runtime.schedules import CALENDAR
from tenure.runtime.worker import Worker

DAY = 20_758 * DAY_US
DUE = DAY + 2 * HOUR_US
BEGIN = DAY - 3 * DAY_US
MINUTE, DAILY = CALENDAR


@pytest.mark.parametrize(
    ("now_us", "due_us"), [(DUE, DUE), (DUE - 1, DUE - DAY_US), (DUE + 5 * HOUR_US, DUE), (DAY + DAY_US, DUE)]
)
def test_the_daily_refresh_was_due_last_at_two(now_us: int, due_us: int) -> None:
    assert DAILY.last_due_us(now_us) == due_us


def test_every_minute_is_due_at_its_beginning() -> None:
    assert MINUTE.last_due_us(DUE + 59 * SECOND_US) == DUE


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(BEGIN)


@pytest.fixture(scope="module")
def ticked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a customer, as of before and (`after`) after its first tick; nobody writes into these."""
    folder = tmp_path_factory.mktemp("ticked")
    create_workspace(folder / "before")
    file = folder / "customers.csv"
    file.write_text("customer_id,created_at,status\nc1,2026-01-01,active\n")
    with opened(folder / "before", clock=FixedClock(BEGIN)) as one:
        one.facts_in.import_now([file], BEGIN)
    with opened(shutil.copytree(folder / "before", folder / "after"), clock=FixedClock(BEGIN)) as one:
        one.jobs.run("tick", {"now_us": BEGIN})
    return folder


@pytest.fixture
def deployment(ticked: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Deployment]:
    """A copy of the one that ticked."""
    with opened(shutil.copytree(ticked / "after", tmp_path / "work"), clock=clock) as one:
        yield one


@pytest.fixture
def not_ticked(ticked: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Deployment]:
    """A copy of the one that did not."""
    with opened(shutil.copytree(ticked / "before", tmp_path / "work"), clock=clock) as one:
        yield one


def work(one: Deployment) -> int:
    with one.session.held():
        return one.jobs.work()


def test_of_three_missed_days_the_newest_is_made_good_once(deployment: Deployment, clock: FixedClock) -> None:
    clock.advance_us(3 * DAY_US + 9 * HOUR_US)
    worker = Worker(deployment)
    for _ in range(2):
        worker.catch_up(clock.now_us())
    worker.ask("daily", DUE)
    assert work(deployment) == 1
    assert deployment.last_full_refresh_us() == clock.now_us(), "as of now, not of the time that was missed"
    worker.catch_up(clock.now_us())
    assert not deployment.jobs.waiting()


def test_an_empty_house_has_nothing_to_do_and_says_it_is_alive(tmp_path: Path, clock: FixedClock) -> None:
    create_workspace(tmp_path / "empty")
    clock.advance_us(90 * SECOND_US)  # no operation is due within its first hour
    with opened(tmp_path / "empty", clock=clock) as empty:
        Worker(empty).catch_up(clock.now_us())
        assert not empty.jobs.waiting()
        assert empty.store.calendar.beats(empty.venture.venture_id, clock.now_us() - HOUR_US, clock.now_us() + HOUR_US) == 1


def test_facts_that_came_before_the_first_score_are_scored_at_the_first_minute(not_ticked: Deployment, clock: FixedClock) -> None:
    worker = Worker(not_ticked)
    worker.ask("minute", clock.now_us())
    assert work(not_ticked) == 1
    assert not_ticked.last_full_refresh_us() == clock.now_us()


def test_a_fact_that_arrives_wakes_the_loop_and_nothing_else_does(deployment: Deployment, clock: FixedClock, tmp_path: Path) -> None:
    clock.advance_us(30 * SECOND_US)
    worker = Worker(deployment)
    worker.ask("minute", clock.now_us())
    assert not deployment.jobs.waiting()
    more = tmp_path / "events.csv"
    more.write_text("event,timestamp,customer_id\nlogin,2026-10-28,c1\n")
    deployment.facts_in.import_files([more], clock.now_us())
    worker.ask("minute", clock.now_us())
    assert work(deployment) == 1
    assert deployment.store.jobs.list(deployment.venture.venture_id, state=JobState.failed, limit=10) == []
    last = deployment.store.runs.last_published(deployment.venture.venture_id)
    assert last is not None and (last.kind, last.as_of_us) == (RunKind.touched, clock.now_us())


def test_I1_facts_ask_for_a_tick_between_two_minutes(deployment: Deployment, clock: FixedClock, tmp_path: Path) -> None:
    worker = Worker(deployment)
    worker.look_for_facts(clock.now_us())
    assert not deployment.jobs.waiting(), "nothing new: an idle house stays idle"
    more = tmp_path / "events.csv"
    more.write_text("event,timestamp,customer_id\nlogin,2026-10-28,c1\n")
    deployment.facts_in.import_files([more], clock.now_us())
    worker.look_for_facts(clock.now_us())
    worker.look_for_facts(clock.now_us())
    assert work(deployment) == 1


def test_a_refresh_that_was_done_meanwhile_is_not_done_again(deployment: Deployment, clock: FixedClock) -> None:
    clock.advance_us(DUE + HOUR_US - clock.now_us())
    worker = Worker(deployment)
    worker.ask("daily", DUE)
    deployment.jobs.run("refresh", {"now_us": clock.now_us()})
    done = deployment.last_full_refresh_us()
    clock.advance_us(HOUR_US)
    work(deployment)
    assert deployment.last_full_refresh_us() == done
