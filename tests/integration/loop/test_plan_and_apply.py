"""`tenure plan` and `tenure apply` with triggers and playbooks, and what a configuration alone does (A3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.app.deployment import Deployment, opened
from tenure.app.going_live import note_rehearsal
from tenure.app.handlers import Handlers
from tenure.app.publishing import Plan, Publishing
from tenure.app.workspaces import create_workspace
from tenure.clock import DAY_US, HOUR_US, FixedClock, iso
from tenure.errors import BadInput
from tenure.model.file_changes import FileState
from tenure.model.ventures import Role
from tenure.parameters import Actor
from tenure.playbooks import shipped_playbooks
from tenure.ports.executions import ExecutionFilter
from tenure.ports.touches import TouchFilter

START_US = 20_513 * DAY_US
"""2026-03-01, a Sunday."""
SHIPPED = {f"RETENTION-00{number}" for number in range(1, 5)}
NOW_US = START_US + 40 * DAY_US + 3 * HOUR_US

LOW = """id: LOW-1
title: Low score
subject: customer
schedule: daily
condition: score < 55
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
    channel: email
    template: hello
    day: 0
  - step: second
    channel: email
    template: hello
    day: 3
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

    def compared(self, *, effects: bool = False) -> Plan:
        """The plan without its backtest, and without its effects unless they are asked for."""
        with self.one.session.held():
            publishing, now_us = Publishing(self.one, Handlers(self.one), self.clock), self.clock.now_us()
            plan = publishing.plan(now_us)
            return publishing.with_effects(plan, now_us) if effects else plan

    def apply(self) -> dict[str, Any]:
        args = {"now_us": self.clock.now_us(), "why": "test", "force": "chairman"}
        return self.one.jobs.run("apply", args)

    def chains(self, trigger_id: str) -> set[str]:
        return {one.subject for one in self.one.store.executions.list(self.own, ExecutionFilter(trigger_id=trigger_id))}

    def judged(self, name: str) -> int | None:
        return self.one.store.crossings.standings(self.own, "RETENTION-001", [name], self.clock.now_us())[name].last_judged_tenths

    def live(self) -> dict[str, int]:
        store = self.one.store
        triggers = {one.trigger_id: one.version for one in store.triggers.live(self.own)}
        return triggers | {one.key: one.version for one in store.playbooks.live(self.own)}


def facts(folder: Path) -> None:
    """`steady` customers log in daily, `fading` ones did so until nine days ago."""
    folder.mkdir()
    people, users, events = [], [], []
    for number in range(4):
        kind = "steady" if number < 2 else "fading"
        name = f"{kind}-{number}"
        people.append({"customer_id": name, "name": name, "created_at": iso(START_US - 10 * DAY_US), "plan": "pro", "email": f"{name}@example.com"})
        users.append({"user_id": f"u-{name}", "customer_id": name, "email": f"u-{name}@example.com"})
        last = 40 if kind == "steady" else 32
        events += [
            {"event": "login", "timestamp": iso(START_US + day * DAY_US + HOUR_US), "user_id": f"u-{name}", "customer_id": name}
            for day in range(last)
        ]
    for file, rows in (("customers", people), ("users", users), ("events", events)):
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
        values = {"autonomy": everything, "critical_alert_delay_minutes": 0, "stale_input_hours": 168, "min_coverage_percent": 10}
        one.parameters.apply(one.parameters.plan(values, Actor("chairman"), "test"))
        made.tick()
        note_rehearsal(one, {}, NOW_US)
        one.jobs.run("go_live", {"now_us": NOW_US, "by": "lea"})
        yield made

def test_A3_what_configuration_alone_does_is_named_and_judged_and_fires_nothing(house: House) -> None:
    house.write("triggers/deep.yaml", LOW.replace("LOW-1", "DEEP-1").replace("score < 55", "score < 45"))
    slip = HELLO.replace("key: hello", "key: slip").replace('plan == "pro"', "score < 45")
    house.write("playbooks/slip.yaml", slip)
    house.apply()
    house.later()
    house.tick()
    before = {name: house.judged(name) for name in ("fading-2", "fading-3", "steady-0")}
    card = house.root / "scorecards" / "default.yaml"
    card.write_text(card.read_text().replace("points: {parameter: low_engagement_points}}", "points: 2}"))
    named = {one.name: one.examples for one in house.compared(effects=True).by_configuration}
    assert set(named) == {"RETENTION-001", "DEEP-1", "slip"}
    assert set(named.values()) == {("fading-2", "fading-3")}
    house.apply()
    house.later()
    house.tick()
    scores = {row.customer_id: row.score for row in house.one.store.health.each(house.own)}
    assert scores["fading-2"] < 40 <= scores["steady-0"]
    assert house.chains("RETENTION-001") == house.chains("DEEP-1") == set(), "publishing a scorecard mails nobody"
    after = {name: house.judged(name) for name in before}
    assert after["fading-2"] == after["fading-3"] == round(10 * scores["fading-2"]) != before["fading-2"]
    assert after["steady-0"] == before["steady-0"]
    assert not house.one.store.enrollments.counts(house.own)
    assert not house.one.store.touches.list(house.own, TouchFilter(customer_facing=True))
    for path in ("triggers/deep.yaml", "playbooks/slip.yaml"):
        (house.root / path).unlink()
    house.apply()


def test_plan_says_who_would_enter_and_fire_and_what_would_go(house: House) -> None:
    house.write("triggers/low.yaml", LOW)
    house.write("playbooks/hello.yaml", HELLO)
    found = house.plan()
    (trigger,), (playbook,) = found["triggers"], found["playbooks"]
    assert (trigger["name"], trigger["file"], trigger["state"], trigger["version"]) == ("LOW-1", "triggers/low.yaml", "new", 1)
    assert (trigger["effect"]["today"], list(trigger["effect"]["customers"])) == ({"fired": 2}, ["fading-2", "fading-3"])
    assert (playbook["name"], playbook["state"], playbook["overrides_shipped"]) == ("hello", "new", False)
    effect = playbook["effect"]
    assert (effect["crossing"], effect["today"]) == (4, {"entered": 4})
    assert effect["not_sent"] == {}
    assert effect["messages"] == {"hello/first": 4, "hello/second": 4}, "the second is due on day 3"
    assert "playbook hello: new, version 1 (playbooks/hello.yaml)" in found["lines"]
    assert "  within 7 days: 4 x hello/first" in found["lines"]
    assert set(house.live()) == SHIPPED and not house.one.store.enrollments.counts(house.own), "planning changes nothing"


def test_a_wrong_file_is_named_and_nothing_at_all_is_published(house: House) -> None:
    house.write("playbooks/broken.yaml", HELLO.replace("key: hello", "key: other").replace("template: hello", "template: missing"))
    before = house.live()
    (broken,) = [one for one in house.compared().playbooks if one.state is FileState.invalid]
    assert broken.problems[0].startswith("playbooks/broken.yaml, line ")
    with pytest.raises(BadInput, match=r"Nothing was published: playbooks/broken.yaml, line \d+"):
        house.apply()
    assert house.live() == before
    (house.root / "playbooks" / "broken.yaml").unlink()


def test_triggers_that_could_fire_each_other_are_refused_with_the_way(house: House) -> None:
    there, back = (
        LOW.replace("LOW-1", name).replace("score < 55", condition).replace("create_task", "write_crm").replace(
            "{kind: check_in, title: Check in, due_hours: 24}", f"{{fields: {{plan: {writes}}}}}")
        for name, condition, writes in (("ONE-1", 'plan == "a"', "b"), ("TWO-1", 'plan == "b"', "a"))
    )  # fmt: skip
    house.write("triggers/one.yaml", there)
    house.write("triggers/two.yaml", back)
    assert "ONE-1 (write_crm) -> TWO-1 (write_crm) -> ONE-1" in house.compared().problems[0]
    with pytest.raises(BadInput, match="could fire itself again"):
        house.apply()
    for name in ("one", "two"):
        (house.root / "triggers" / f"{name}.yaml").unlink()


def test_apply_publishes_once_and_whoever_is_in_a_playbook_stays_on_its_version(house: House) -> None:
    applied = house.apply()
    assert applied["lines"][-1].startswith("Published.")
    live = house.live()
    assert (live["LOW-1"], live["hello"]) == (1, 1)
    assert house.compared().is_empty and house.apply()["is_empty"]
    house.later()
    house.tick()
    entered = house.one.store.enrollments.of_customers(house.own, ["steady-0", "steady-1", "fading-2", "fading-3"])
    assert {(one.playbook, one.version) for one in entered} == {("hello", 1)} and len(entered) == 4
    assert house.chains("LOW-1") == {"fading-2", "fading-3"}, "what the plan said"
    house.write("playbooks/hello.yaml", HELLO.replace("Hello", "Good day"))
    (playbook,) = house.compared().playbooks
    assert (playbook.state, playbook.version) == (FileState.changed, 2)
    house.apply()
    assert house.live()["hello"] == 2
    assert {one.version for one in house.one.store.enrollments.of_customers(house.own, ["steady-0"])} == {1}


def test_an_own_file_takes_the_place_of_a_shipped_one_until_it_is_gone(house: House) -> None:
    shipped = shipped_playbooks()["engagement.yaml"].replace("title: Keeping it useful", "title: Our own")
    house.write("playbooks/engagement.yaml", shipped)
    (own,) = [one for one in house.compared().playbooks if one.name == "engagement"]
    assert (own.state, own.overrides_shipped) == (FileState.new, True)
    house.apply()
    for name in ("playbooks/engagement.yaml", "playbooks/hello.yaml", "triggers/low.yaml"):
        (house.root / name).unlink()
    plan = house.compared()
    states = {one.name: one.state.value for one in (*plan.playbooks, *plan.triggers)}
    assert states == {"engagement": "changed", "hello": "retired", "LOW-1": "retired"}
    house.write("triggers/low.yaml", LOW)
    house.apply()
    assert "hello" not in house.live() and house.live()["engagement"] == 2
