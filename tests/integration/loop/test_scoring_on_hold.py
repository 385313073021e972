"""While scoring is paused nothing is scored by itself; a person may; resuming makes good what was missed (section 3, A20)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.app.acting import Acting
from tenure.app.deployment import Deployment, opened
from tenure.app.pulse import has_work
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, FixedClock
from tenure.errors import Refused
from tenure.model.facts import Customer, Event
from tenure.testing.warehouse import inbox_row

BEGIN_US = 20_700 * DAY_US + 3 * HOUR_US
PEOPLE = 3


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Deployment]:
    """Three customers, scored at the beginning."""
    create_workspace(tmp_path / "acme")
    clock = FixedClock(BEGIN_US)
    with opened(tmp_path / "acme", clock=clock) as deployment:
        own = deployment.venture.venture_id
        rows = [
            inbox_row(Customer(customer_id=f"c{n}", stated_us=BEGIN_US - DAY_US, created_us=BEGIN_US - 90 * DAY_US), f"c{n}", venture_id=own, received_us=BEGIN_US)
            for n in range(PEOPLE)
        ]
        deployment.store.inbox.append(rows)
        tick(deployment, 0)
        yield deployment


def tick(one: Deployment, hours: float) -> None:
    at_us = BEGIN_US + round(hours * HOUR_US)
    assert isinstance(one.clock, FixedClock)
    one.clock.advance_us(at_us - one.clock.now_us())
    one.jobs.run("tick", {"now_us": at_us})


def logs_in(one: Deployment, hours: float) -> None:
    at_us = BEGIN_US + round(hours * HOUR_US)
    event = Event(name="login", occurred_us=at_us, user_id="u0", customer_id="c0")
    one.store.inbox.append([inbox_row(event, f"e{hours}", venture_id=one.venture.venture_id, received_us=at_us)])


def scored_us(one: Deployment) -> int:
    last = one.store.runs.last_published(one.venture.venture_id)
    assert last is not None
    return last.as_of_us


def test_A20_scoring_goes_to_manual_and_what_was_missed_is_made_good_after_it(one: Deployment) -> None:
    own, safety = one.venture.venture_id, Acting(one).safety
    safety.pause("scoring", by="Ada", why="numbers look wrong", now_us=BEGIN_US + HOUR_US)
    logs_in(one, 2)
    tick(one, 24)  # the daily refresh was due at 02:00
    assert scored_us(one) == BEGIN_US and one.store.health.count(own) == PEOPLE, "the last good scores stay"
    assert one.store.inbox.waiting(own, 0)[0] == 0, "facts are taken in all the same"
    status = one.status(one.clock.now_us())
    assert (status["scoring"]["by"], status["scoring"]["stale"]) == ("hand", True)
    assert [row["scope"] for row in status["loop"]["pauses"]] == ["scoring"]
    assert one.jobs.run("explain", {"customer_id": "c0"})["stale"] is True
    with pytest.raises(Refused, match="paused by Ada") as refused:
        one.jobs.run("refresh", {"now_us": one.clock.now_us()})
    assert "--force" in refused.value.fix
    safety.resume_scope("scoring", by="Ada", why="they were right", now_us=BEGIN_US + 25 * HOUR_US)
    assert has_work(one, BEGIN_US + 25 * HOUR_US)
    tick(one, 25)
    assert scored_us(one) == one.last_full_refresh_us() == BEGIN_US + 25 * HOUR_US
    assert one.status(one.clock.now_us())["scoring"]["by"] == "itself"
    scored_by_hand(one)


def scored_by_hand(one: Deployment) -> None:
    """A second pause: a person scores with a reason; facts of the rest of it are scored when it ends."""
    own, safety, at_us = one.venture.venture_id, Acting(one).safety, BEGIN_US + 27 * HOUR_US
    safety.pause("scoring", by="Ada", why="", now_us=BEGIN_US + 26 * HOUR_US)
    one.jobs.run("refresh", {"now_us": at_us, "force": True, "why": "checked the facts", "by": "Ada"})
    assert scored_us(one) == at_us and one.status(at_us)["scoring"]["stale"] is False
    entry = one.store.audit.history(own, subject="refresh")[0]
    assert (entry.who, entry.before, entry.why) == ("Ada", "paused", "checked the facts")
    logs_in(one, 28)
    tick(one, 29)
    assert scored_us(one) == at_us
    safety.resume_scope("scoring", by="Ada", why="", now_us=BEGIN_US + 30 * HOUR_US)
    tick(one, 30)
    assert scored_us(one) == BEGIN_US + 30 * HOUR_US


def test_A20_a_merge_while_scoring_is_paused_publishes_no_scores(one: Deployment) -> None:
    own = one.venture.venture_id
    Acting(one).safety.pause("scoring", by="Ada", why="numbers look wrong", now_us=BEGIN_US + HOUR_US)
    logs_in(one, 2)
    now_us = BEGIN_US + 3 * HOUR_US
    merged = one.jobs.run("merge", {"kept": "c0", "duplicate": "c1", "why": "same", "by": "Ada", "now_us": now_us})
    assert merged["scored"] == 0 and scored_us(one) == BEGIN_US, "the last good scores stay"
    Acting(one).safety.resume_scope("scoring", by="Ada", why="", now_us=now_us)
    tick(one, 4)
    assert scored_us(one) == BEGIN_US + 4 * HOUR_US and one.store.health.count(own) == PEOPLE - 1
