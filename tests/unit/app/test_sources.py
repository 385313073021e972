"""M17: input age is the age of a source, and a source is stale when silent for longer than its own habit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.app.deployment import Deployment, opened
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, FixedClock
from tenure.model.facts import Event
from tenure.model.keys import KeyKind
from tenure.testing.warehouse import inbox_row

MONDAY_US = 20_661 * DAY_US
"""2026-07-27; six weeks of working days begin here."""
LAST_SUNDAY_US = MONDAY_US + (6 * 7 - 1) * DAY_US + 20 * HOUR_US


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    create_workspace(tmp_path / "acme")
    with opened(tmp_path / "acme", clock=FixedClock(LAST_SUNDAY_US)) as one:
        yield one


def events_arrive(deployment: Deployment, source: str, arrivals: list[int]) -> None:
    venture_id = deployment.venture.venture_id
    rows = [
        inbox_row(
            Event(name="login", occurred_us=at_us, user_id="ada"), str(at_us), source=source, received_us=at_us, venture_id=venture_id
        )
        for at_us in arrivals
    ]
    deployment.store.inbox.append(rows)
    deployment.jobs.run("drain", {"now_us": max(arrivals) + 1})


def working_hours(weekend_too: int | None = None) -> list[int]:
    """Every hour of six working weeks, Monday to Friday; one week may have worked on the weekend."""
    days = [day for day in range(6 * 7) if day % 7 < 5 or day // 7 == weekend_too]
    return [MONDAY_US + day * DAY_US + hour * HOUR_US for day in days for hour in range(24)]


def source(deployment: Deployment, name: str, now_us: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = deployment.status(now_us)["sources"]
    return next(one for one in found if one["source"] == name)


def make_key(deployment: Deployment, name: str) -> None:
    deployment.store.keys.create(deployment.venture.venture_id, KeyKind.write, name="app", source=name, by="tests", now_us=0)


def test_a_push_source_that_never_works_on_weekends_is_not_stale_on_sunday(deployment: Deployment) -> None:
    make_key(deployment, "web")
    events_arrive(deployment, "web", working_hours())
    found = source(deployment, "web", LAST_SUNDAY_US)
    assert found["is_push"] is True
    assert found["input_age_hours"] == 45.0
    assert found["usual_silence_hours"] >= 43
    assert found["stale"] is False
    assert source(deployment, "web", LAST_SUNDAY_US + 4 * DAY_US)["stale"] is True


def test_one_working_weekend_of_the_last_four_makes_the_silence_count(deployment: Deployment) -> None:
    make_key(deployment, "web")
    events_arrive(deployment, "web", working_hours(weekend_too=3))
    found = source(deployment, "web", LAST_SUNDAY_US)
    assert (found["usual_silence_hours"], found["stale"]) == (0.0, True)
    document = deployment.jobs.run("metrics", {"now_us": LAST_SUNDAY_US, "name": "system"})
    assert "source web" in str(document)
    assert deployment.status(LAST_SUNDAY_US)["system"]["overall"] == "degraded"


def test_a_busy_source_does_not_hide_a_dead_one(deployment: Deployment) -> None:
    make_key(deployment, "web")
    events_arrive(deployment, "files", [LAST_SUNDAY_US - 5 * DAY_US])
    events_arrive(deployment, "web", [LAST_SUNDAY_US - HOUR_US])
    assert source(deployment, "files", LAST_SUNDAY_US)["stale"] is True
    assert source(deployment, "web", LAST_SUNDAY_US)["stale"] is False


def test_a_key_nobody_used_yet_is_a_source_that_never_delivered(deployment: Deployment) -> None:
    make_key(deployment, "mobile")
    found = source(deployment, "mobile", LAST_SUNDAY_US)
    assert (found["last_delivery"], found["stale"]) == (None, False)


def test_a_poll_without_news_is_a_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "app.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE accounts (id TEXT, created TEXT, changed INTEGER)")
        connection.execute("INSERT INTO accounts VALUES ('c1', '2026-07-01', 1)")
    monkeypatch.setenv("APP_URL", f"sqlite:///{database}")
    create_workspace(tmp_path / "acme")
    config = tmp_path / "acme" / "tenure.toml"
    config.write_text(config.read_text() + """
[[source]]
name = "app"
kind = "customers"
columns = { customer_id = "id", created_at = "created" }
[source.sql]
url_env = "APP_URL"
table = "accounts"
cursor = "changed"
""")
    with opened(tmp_path / "acme", clock=FixedClock(LAST_SUNDAY_US)) as one:
        one.facts_in.import_now([], LAST_SUNDAY_US - 3 * DAY_US)
        assert source(one, "app", LAST_SUNDAY_US)["stale"] is True
        one.facts_in.poll_sql(LAST_SUNDAY_US - HOUR_US)
        assert source(one, "app", LAST_SUNDAY_US)["input_age_hours"] == 1.0
        one.jobs.run("refresh", {"now_us": LAST_SUNDAY_US})
        (row,) = one.store.health.list(one.venture.venture_id)
        assert row.input_age_us == HOUR_US
