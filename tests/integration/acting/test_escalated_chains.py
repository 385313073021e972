"""From the chains of critical customers to the chairman's decisions and back (A12)."""

from __future__ import annotations

from tests.integration.acting.house import MemoryTouches
from tests.trigger_world import World

from tenure.clock import DAY_US, HOUR_US, iso
from tenure.model.decisions import Decision, DecisionState
from tenure.model.ventures import Role
from tenure.services.decisions.service import DecisionService
from tenure.store import Store

DEAR = {f"dear{number}": 2_000_000 + number for number in range(4)}
SMALL = {f"small{number}": 100_000 for number in range(3)}


def test_A12_every_unanswered_critical_customer_is_escalated_and_nobody_is_flooded(store: Store) -> None:
    world = World(store, single_escalations_per_day=2)
    store.people.add(world.own, name="Cleo", email="cleo@example.com", role=Role.chairman, now_us=1)
    decisions = DecisionService(store, MemoryTouches(), world.venture, lambda: world.parameters)  # type: ignore[arg-type]

    def asked() -> dict[str, Decision]:
        return {one.customer_id or one.key: one for one in store.decisions.list(world.own) if one.kind.value == "critical_escalation"}

    def pass_on() -> None:
        world.tick()
        wanted = world.intents("ask_decision")
        store.intents.done(world.own, decisions.carry_out(wanted, world.now_us), now_us=world.now_us)

    everybody = DEAR | SMALL
    world.score(dict.fromkeys(everybody, 80.0), arr=everybody)
    world.evaluate()
    for name, arr in everybody.items():
        world.card(name, arr_cents=arr, was_paying=True)
    world.later(hours=1)
    world.score(dict.fromkeys(everybody, 30.0))
    pass_on()
    assert not asked(), "48 hours first"
    world.later(hours=48)
    pass_on()

    waiting = asked()
    singles = {name for name, one in waiting.items() if one.state is DecisionState.open and one.customer_id}
    assert singles == {"dear3", "dear2"}, "the highest ARR one by one"
    (joint,) = [one for one in waiting.values() if one.customer_id is None]
    members = {one.customer_id for one in store.decisions.members(world.own, [joint.decision_id])}
    assert members == {"dear0", "dear1"} and joint.blast.revenue_cents == 4_000_001
    assert {waiting[name].parent_id for name in SMALL} == {None}, "the others wait for the morning"

    morning_us = world.now_us // DAY_US * DAY_US + DAY_US + 8 * HOUR_US
    assert decisions.join_due(morning_us - 1) == 0
    assert decisions.join_due(morning_us) == 3, iso(morning_us)
    daily = next(one for one in asked().values() if one.customer_id is None and one.decision_id != joint.decision_id)
    assert {one.customer_id for one in store.decisions.members(world.own, [daily.decision_id])} == set(SMALL)

    decisions.answer(asked()["small0"].decision_id, "nothing", role="chairman", by="Cleo", via="cli", now_us=morning_us)
    decisions.answer(daily.decision_id, "executive_call", role="chairman", by="Cleo", via="cli", now_us=morning_us)
    decisions.execute(morning_us)
    calls = {one.customer_id for one in world.intents("create_task") if one.cause.person or "decision" in one.key}
    assert calls == {"small1", "small2"}, "one by one, and the rest together"
