"""In a rehearsal a whole fleet falling at once stops what fires by score, as it does in production (A4)."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tenure.app.deployment import Deployment, opened
from tenure.app.rehearsed_senses import fallen_in
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, FixedClock
from tenure.model.facts import Customer, Event, Record
from tenure.parameters import Actor
from tenure.testing.warehouse import inbox_row

SILENT_US = 20_700 * DAY_US
"""Nobody logs in from here on: six days later everybody falls out of healthy."""
NOW_US = SILENT_US + 7 * DAY_US + 3 * HOUR_US
PEOPLE = 30


def said(deployment: Deployment, **parameters: int) -> None:
    deployment.parameters.apply(deployment.parameters.plan(parameters, Actor("chairman"), "test"))


def told(deployment: Deployment) -> None:
    facts: list[Record] = []
    for n in range(PEOPLE):
        facts.append(Customer(customer_id=f"c{n}", stated_us=SILENT_US - 90 * DAY_US, created_us=SILENT_US - 90 * DAY_US))
        logins = (SILENT_US - day * DAY_US + n for day in range(1, 10))
        facts += [Event(name="login", occurred_us=at_us, user_id=f"u{n}", customer_id=f"c{n}") for at_us in logins]
    own = deployment.venture.venture_id
    deployment.store.inbox.append([inbox_row(one, f"f{place}", venture_id=own, received_us=SILENT_US) for place, one in enumerate(facts)])
    deployment.jobs.run("tick", {"now_us": NOW_US})


def test_A4_a_fleet_drop_stops_a_rehearsal_as_it_stops_production(tmp_path: Path) -> None:
    create_workspace(tmp_path / "acme")
    with opened(tmp_path / "acme", clock=FixedClock(NOW_US)) as deployment:
        said(deployment, healthy_threshold=60)
        told(deployment)
        found = deployment.jobs.run("rehearse", {"now_us": NOW_US, "from_us": NOW_US - 3 * DAY_US, "to_us": NOW_US})
        assert found["incidents"] == [f"{PEOPLE} of {PEOPLE} customers fell a band within 24 hours"]


@pytest.mark.parametrize(
    ("before", "now", "fallen"),
    [("healthy", "at_risk", 1), ("at_risk", "critical", 1), ("critical", "healthy", 0), ("healthy", "healthy", 0), (None, "critical", 0), ("healthy", None, 0)],
)
def test_A4_a_fall_is_a_lower_band_than_the_day_before(before: str | None, now: str | None, fallen: int) -> None:
    columns = {"previous_status": [before], "health_status": [now]}
    assert fallen_in(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})) == fallen
