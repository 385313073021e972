"""Rehearsing the past with the rules that were live tells what really happened, step by step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.often import often

from tenure.app.deployment import Deployment, opened
from tenure.app.handlers import Handlers
from tenure.app.playbooks import checked_files, playbook_service
from tenure.app.rehearsing import Rehearsal, rehearsed
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, FixedClock, iso
from tenure.model.touches import Touch
from tenure.model.ventures import Role
from tenure.parameters import Actor
from tenure.ports.touches import TouchFilter
from tenure.testing.company import Company, CompanyPlan, write_folder

pytestmark = pytest.mark.thorough

PAST_DAYS, LIVED_DAYS = 70, often(4, 7)
LATER = 10
"""UTC hour of the second tick of each day."""


def tick(deployment: Deployment, now_us: int) -> None:
    deployment.jobs.run("tick", {"now_us": now_us})


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A company that was run for some days: its workspace, and when it went live (right after a daily refresh)."""
    root = tmp_path_factory.mktemp("lived") / "company"
    end_us = 1_790_000_000_000_000 // DAY_US * DAY_US
    company = Company(CompanyPlan.until(end_us, days=PAST_DAYS + LIVED_DAYS, customers=120, seed=4))
    create_workspace(root, "Northwind")
    clock = FixedClock(company.now_us)
    with opened(root, clock=clock) as one:
        one.keep_warehouse_open()
        own = one.venture.venture_id
        write_folder(company.history(PAST_DAYS), root / "archive", "parquet")
        clock.advance_us(company.now_us + 2 * HOUR_US - clock.now_us())
        one.facts_in.import_files([root / "archive"], clock.now_us())
        one.store.people.add(own, name="Lea", email="lead@example.com", role=Role.lead, now_us=clock.now_us())
        tick(one, clock.now_us())
        everything = {"message": "auto", "survey": "auto", "offer": "auto"}
        one.parameters.apply(one.parameters.plan({"autonomy": everything}, Actor("chairman"), "test"))
        playbook_service(one).publish(checked_files(one), [], by="lea", why="test", now_us=clock.now_us())
        one.jobs.run("rehearse", {"now_us": clock.now_us(), "from_us": clock.now_us() - DAY_US})
        one.jobs.run("go_live", {"now_us": clock.now_us(), "by": "lea"})
        live_us = clock.now_us()
        for day in range(LIVED_DAYS):
            write_folder(company.advance(company.day), root / f"day-{day}", "parquet")
            clock.advance_us(company.now_us - clock.now_us())
            one.facts_in.import_files([root / f"day-{day}"], clock.now_us())
            for hour in (2, LATER):
                clock.advance_us(company.now_us + hour * HOUR_US - clock.now_us())
                tick(one, clock.now_us())
    return root, live_us


def steps(touches: list[Touch]) -> Counter[tuple[str | None, ...]]:
    """Who was wanted to get what, on which day, and what became of it by then."""
    return Counter((one.customer_id, one.playbook, one.step, one.variant, iso(one.decided_us)[:10]) for one in touches if one.playbook)


def test_rehearsing_with_the_rules_that_were_live_tells_what_happened(lived: tuple[Path, int]) -> None:
    root, live_us = lived
    end_us = live_us + LIVED_DAYS * DAY_US + 12 * HOUR_US
    with opened(root, clock=FixedClock(end_us)) as one, one.session.held():
        own = one.venture.venture_id
        facing = TouchFilter(customer_facing=True)
        real, chains = list(one.store.touches.list(own, facing)), one.store.executions.list(own)
        asked = Rehearsal(live_us + HOUR_US, end_us, hours=(LATER,), as_it_was=True)
        with rehearsed(one, Handlers(one), asked, lambda share, text: None) as rooms:
            told = list(rooms.stores.touches.list(rooms.own, facing))
            fired = rooms.stores.executions.list(rooms.own)
    assert len(steps(real)) > 5, "a test of nothing proves nothing"
    assert steps(told) == steps(real)
    mine = {(one.subject, iso(one.opened_us)[:10]) for one in chains if one.trigger_id == "RETENTION-001"}
    assert {(one.subject, iso(one.opened_us)[:10]) for one in fired if one.trigger_id == "RETENTION-001"} == mine


def test_a_rehearsal_leaves_the_venture_as_it_was(lived: tuple[Path, int]) -> None:
    root, live_us = lived
    now_us = live_us + LIVED_DAYS * DAY_US
    with opened(root, clock=FixedClock(now_us)) as one:
        own = one.venture.venture_id
        before = (len(one.store.touches.list(own, TouchFilter())), len(one.store.executions.list(own)), one.store.runs.last_published(own))
        found = one.jobs.run("rehearse", {"now_us": now_us, "from_us": now_us - 3 * DAY_US, "subject": "at_risk"})
        after = (len(one.store.touches.list(own, TouchFilter())), len(one.store.executions.list(own)), one.store.runs.last_published(own))
    assert before == after
    assert found["subject"] == "at_risk"
    assert {row["playbook"] for row in found["touches"]} <= {"at_risk"}
