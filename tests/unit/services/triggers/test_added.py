"""Triggers teams add as files: about customers, through the same chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from tests.trigger_world import World

from tenure.clock import DAY_US
from tenure.errors import Refused
from tenure.model.cards import CustomerCard
from tenure.model.condition import Condition
from tenure.model.incidents import LoopState, Mode
from tenure.model.intents import CreateTask, OpenIncident
from tenure.model.touches import ResponseKind
from tenure.parameters import resolve
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.rules.triggers.document import parse_trigger

FEW_SEATS = """
id: SEATS-1
title: Few seats used
subject: customer
schedule: touched
condition: seats < 5
cooldown_days: 10
iterations:
  - depth: 1
    actions: [{do: create_task, args: {kind: check_in, title: Check in, due_hours: 24}}]
  - depth: 2
    when: 'open_tickets > 0'
    after_hours: 24
    actions: [{do: create_task, args: {kind: escalate, title: Look, due_hours: 4}}]
ends: [recovered, responded, not_recovered]
"""


class FakeSubjects:
    """The standing of watches over cards a test holds."""

    def __init__(self) -> None:
        self.all: dict[str, CustomerCard] = {}
        self.standing: dict[str, set[str]] = {}

    def crossed(self, watches: Mapping[str, Condition], now_us: int) -> Mapping[str, Sequence[str]]:
        found = {}
        for watch, condition in watches.items():
            true = {name for name, card in self.all.items() if holds(condition, card_profile(card, now_us))}
            self.standing[watch] = self.standing.get(watch, set()) & true
            found[watch] = sorted(true - self.standing[watch])
        return found

    def judged(self, watch: str, customer_ids: Sequence[str], now_us: int) -> None:
        self.standing.setdefault(watch, set()).update(customer_ids)

    def cards(self, customer_ids: Sequence[str], now_us: int) -> Sequence[CustomerCard]:
        return [self.all[name] for name in customer_ids]


@pytest.fixture
def subjects(world: World) -> FakeSubjects:
    world.subjects = FakeSubjects()
    definition = parse_trigger(FEW_SEATS, "seats.yaml")
    world.service().publish([definition], by="kim", why="test", now_us=world.now_us)
    return world.subjects  # type: ignore[no-any-return]


def seats(world: World, subjects: FakeSubjects, name: str, number: int, **fields: object) -> None:
    card = CustomerCard(customer_id=name, as_of_us=world.now_us, seats=number, **fields)  # type: ignore[arg-type]
    subjects.all[name] = card
    world.store.cards.put(world.own, [card])
    world.score({name: 80.0}, arr={})


def look(world: World) -> tuple[str, ...]:
    found = world.service().evaluate_added(world.now_us)["SEATS-1"]
    world.advance()
    return found.fired


def test_it_fires_on_the_crossing_once_and_ends_when_the_condition_does(world: World, subjects: FakeSubjects) -> None:
    seats(world, subjects, "c1", 3)
    assert (look(world), look(world)) == (("c1",), ())
    [task] = world.intents("create_task")
    assert isinstance(task.wish, CreateTask)
    assert (task.wish.kind, task.key) == ("check_in", "SEATS-1/c1#1/1/create_task")
    world.later(hours=1)
    seats(world, subjects, "c1", 8)
    look(world)
    assert world.chains("SEATS-1")[0].reason == "recovered"


def test_a_depth_step_waits_for_its_time_and_its_condition(world: World, subjects: FakeSubjects) -> None:
    seats(world, subjects, "c1", 3, open_tickets=1)
    seats(world, subjects, "c2", 3)
    look(world)
    world.later(hours=25)
    look(world)
    assert {one.subject: one.iteration for one in world.chains("SEATS-1")} == {"c1": 2, "c2": 1}


def test_an_answer_ends_it_and_the_cooldown_holds_the_next_crossing(world: World, subjects: FakeSubjects) -> None:
    seats(world, subjects, "c1", 3)
    look(world)
    world.responses.say("c1", ResponseKind.replied, world.now_us)
    world.later(hours=1)
    look(world)
    assert world.chains("SEATS-1")[0].reason == "responded"
    seats(world, subjects, "c1", 8)
    look(world)
    seats(world, subjects, "c1", 3)
    assert look(world) == ()
    world.later(days=11)
    assert look(world) == ("c1",)


def test_obstacles_leave_it_to_be_looked_at_again(world: World, subjects: FakeSubjects) -> None:
    seats(world, subjects, "c1", 3)
    world.controls.loop = LoopState(mode=Mode.watch)
    assert look(world) == ()
    world.controls.pause_scope("trigger:SEATS-1")
    assert look(world) == ()
    world.controls.go_on()
    assert look(world) == ("c1",)


def test_a_trigger_that_could_fire_itself_is_not_saved(world: World) -> None:
    text = FEW_SEATS.replace("create_task, args: {kind: check_in, title: Check in, due_hours: 24}", "write_crm, args: {fields: {seats: 1}}", 1)
    with pytest.raises(Refused, match=r"SEATS-1 \(write_crm\) -> SEATS-1"):
        world.service().publish([parse_trigger(text, "seats.yaml")], by="kim", why="test", now_us=world.now_us)
    assert world.store.triggers.live(world.own) == []


def test_versions_never_change_and_an_old_text_is_its_old_version_again(world: World) -> None:
    service, definition = world.service(), parse_trigger(FEW_SEATS, "seats.yaml")
    other = parse_trigger(FEW_SEATS.replace("seats < 5", "seats < 4"), "seats.yaml")
    numbers = [service.publish([one], by="kim", why="test", now_us=world.now_us)[0].version for one in (definition, other, definition)]
    assert numbers == [1, 2, 1]
    assert [one.version for one in world.store.triggers.versions(world.own, "SEATS-1")] == [1, 2]
    service.retire("SEATS-1", by="kim", why="test", now_us=world.now_us)
    assert "SEATS-1" not in service.live()
    assert world.store.triggers.versions(world.own, "SEATS-1")[0].created_by == "kim"


LOOSE, TIGHT = (
    f"""
id: {name}
title: {name}
subject: customer
schedule: touched
condition: {condition}
iterations:
  - depth: 1
    actions: [{{do: create_task, args: {{kind: plan, title: Change the plan, due_hours: 24}}}}]
ends: [recovered]
"""
    for name, condition in (("LOOSE-1", "seats < 5"), ("TIGHT-1", "seats >= 5"))
)


def test_triggers_that_fire_each_other_through_what_people_do_are_stopped_by_depth(world: World) -> None:
    world.subjects = subjects = FakeSubjects()
    service = world.service()
    service.publish([parse_trigger(LOOSE, "a.yaml"), parse_trigger(TIGHT, "b.yaml")], by="kim", why="no cycle can be seen", now_us=world.now_us)
    fired: list[str] = []
    for turn in range(11):
        seats(world, subjects, "acme", 9 if turn % 2 else 1)
        found = service.evaluate_added(world.now_us)
        world.advance()
        fired += [name for name, one in found.items() if one.fired]
        world.later(days=1)
    assert fired == ["LOOSE-1", "TIGHT-1"] * 4, "eight causes in a row are a loop"
    depths = [one.cause.depth for name in ("LOOSE-1", "TIGHT-1") for one in world.chains(name)]
    assert sorted(depths) == list(range(8))
    incidents = [one.wish for one in world.intents("open_incident")]
    stopped = [one for one in incidents if isinstance(one, OpenIncident) and one.rule == "trigger_loop"]
    assert stopped[0].scope == "trigger:LOOSE-1"
    assert stopped[0].title.startswith("LOOSE-1 fires itself again through facts: ")
    assert stopped[0].title.endswith("LOOSE-1 -> TIGHT-1 -> LOOSE-1")
    assert stopped[0].evidence["depth"] == 8


def test_firings_that_lie_days_apart_are_no_loop(world: World) -> None:
    world.subjects = subjects = FakeSubjects()
    service = world.service()
    service.publish([parse_trigger(LOOSE, "a.yaml")], by="kim", why="test", now_us=world.now_us)
    for _ in range(10):
        seats(world, subjects, "acme", 1)
        service.evaluate_added(world.now_us)
        world.later(days=1)
        seats(world, subjects, "acme", 9)
        service.evaluate_added(world.now_us)
        world.advance()
        world.later(days=4)
    assert [one.cause.depth for one in world.chains("LOOSE-1")] == [0] * 10


def test_what_a_chain_wants_over_its_budget_is_left_out_and_told(world: World) -> None:
    world.subjects = subjects = FakeSubjects()
    action = "{do: create_task, args: {kind: plan, title: Look, due_hours: 24}}"
    text = LOOSE.replace("subject:", "max_actions: 3\nsubject:").replace(LOOSE[LOOSE.index("[") : LOOSE.index("]") + 1], f"[{', '.join([action] * 5)}]")
    world.service().publish([parse_trigger(text, "a.yaml")], by="kim", why="test", now_us=world.now_us)
    seats(world, subjects, "acme", 1)
    world.service().evaluate_added(world.now_us)
    assert len(world.intents("create_task")) == 3
    (incident,) = world.intents("open_incident")
    assert isinstance(incident.wish, OpenIncident)
    assert (incident.wish.rule, incident.wish.scope) == ("trigger_fan_out", "trigger:LOOSE-1")
    assert incident.wish.title == "LOOSE-1 wanted 5 actions in one chain; its budget is 3"
    assert incident.wish.evidence == {"wanted": 5, "budget": 3, "left_out": 2}


def test_A3_a_changed_parameter_moves_a_watch_without_firing(world: World) -> None:
    world.subjects = subjects = FakeSubjects()
    text = LOOSE.replace("seats < 5", "days_since_login > parameter.win_back_inactive_days")
    world.service().publish([parse_trigger(text, "a.yaml")], by="kim", why="test", now_us=world.now_us)
    login_us = world.now_us - 20 * DAY_US
    seats(world, subjects, "acme", 1, last_login_us=login_us)
    seats(world, subjects, "bolt", 1, last_login_us=world.now_us)
    assert world.service().evaluate_added(world.now_us)["LOOSE-1"].fired == ()
    world.parameters = resolve({"win_back_inactive_days": 15})
    found = world.service().evaluate_added(world.now_us)["LOOSE-1"]
    assert (found.fired, found.moved) == ((), 1), "the silence is as long as before"
    assert subjects.standing["trigger:LOOSE-1"] == {"acme"}
    world.later(days=16)
    assert world.service().evaluate_added(world.now_us)["LOOSE-1"].fired == ("bolt",)
