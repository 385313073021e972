"""`tenure plan` and `tenure apply` with triggers and playbooks, and what a configuration alone does (A3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.app.deployment import Deployment, opened
from tenure.app.going_live import note_rehearsal
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, FixedClock, iso
from tenure.errors import BadInput
from tenure.model.ventures import Role
from tenure.parameters import Actor

START_US = 20_513 * DAY_US
"""2026-03-01, a Sunday."""
NOW_US = START_US + 40 * DAY_US + 3 * HOUR_US

SEATS = """id: SEATS-1
title: Low score
subject: customer
schedule: daily
condition: score < 50
iterations:
  - depth: 1
    actions:
      - do: create_task
        args: {kind: check_in, title: Check in, due_hours: 24}
ends: [recovered, not_recovered]
"""
HELLO = """key: hello
kind: engagement
title: Say hello
purpose: Stay in touch.
entry: {condition: 'plan == "pro"'}
holdout: false
steps:
  - step: first
    act: touch
    channel: email
    template: hello
    day: 0
    class: message
  - step: second
    act: touch
    channel: email
    template: hello
    day: 3
    class: message
templates:
  hello: {subject: Hello, text: 'Hello {{ customer.name }}.', html: '<p>Hello {{ customer.name }}.</p>'}
"""


class House:
    """A live venture of a few customers in a workspace."""

    def __init__(self, one: Deployment, clock: FixedClock) -> None:
        self.one, self.clock, self.own = one, clock, one.venture.venture_id
        self.root = one.workspace.root

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def later(self, days: int = 1) -> None:
        self.clock.advance_us(days * DAY_US)

    def tick(self) -> dict[str, Any]:
        return self.one.jobs.run("tick", {"now_us": self.clock.now_us()})

    def plan(self) -> dict[str, Any]:
        return self.one.jobs.run("plan", {"now_us": self.clock.now_us()})

    def apply(self) -> dict[str, Any]:
        args = {"now_us": self.clock.now_us(), "why": "test", "force": "chairman"}
        return self.one.jobs.run("apply", args)

    def live(self) -> dict[str, int]:
        store = self.one.store
        triggers = {one.trigger_id: one.version for one in store.triggers.live(self.own)}
        return triggers | {one.key: one.version for one in store.playbooks.live(self.own)}


def facts(folder: Path) -> None:
    """`steady` customers log in daily, `fading` ones did so until twelve days ago."""
    folder.mkdir()
    people, events = [], []
    for number in range(4):
        kind = "steady" if number < 2 else "fading"
        name = f"{kind}-{number}"
        people.append({"customer_id": name, "name": name, "created_at": iso(START_US - 90 * DAY_US), "plan": "pro", "email": f"{name}@example.com"})
        last = 40 if kind == "steady" else 28
        events += [
            {"event": "login", "timestamp": iso(START_US + day * DAY_US + HOUR_US), "user_id": f"u-{name}", "customer_id": name}
            for day in range(last)
        ]
    for file, rows in (("customers", people), ("events", events)):
        (folder / f"{file}.jsonl").write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("plan")
    facts(folder / "facts")
    create_workspace(folder / "ws", "Northwind")
    clock = FixedClock(NOW_US)
    with opened(folder / "ws", clock=clock) as one:
        one.keep_warehouse_open()
        made = House(one, clock)
        one.facts_in.import_files([folder / "facts"], NOW_US)
        one.store.people.add(made.own, name="Lea", email="lead@example.com", role=Role.lead, now_us=NOW_US)
        everything = {"message": "auto", "survey": "auto", "offer": "auto"}
        values = {"autonomy": everything, "critical_alert_delay_minutes": 0, "stale_input_hours": 168}
        one.parameters.apply(one.parameters.plan(values, Actor("chairman"), "test"))
        made.tick()
        note_rehearsal(one, {}, NOW_US)
        one.jobs.run("go_live", {"now_us": NOW_US, "by": "lea"})
        made.later()
        made.tick()
        yield made


def test_scores(house: House) -> None:
    print({row.customer_id: row for row in house.one.store.health.each(house.own)})
    house.write("triggers/seats.yaml", SEATS)
    house.write("playbooks/hello.yaml", HELLO)
    found = house.plan()
    print("\n".join(found["lines"]))
    print(json.dumps(found["triggers"] + found["playbooks"], indent=1))
    assert 0
