"""The fleet interlock in the cycle, and what `recursion_metrics` says."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from tests.trigger_world import World

from tenure.clock import DAY_US
from tenure.model.intents import OpenIncident
from tenure.model.readings import NpsReading, RetentionReading, VentureReadings
from tenure.model.triggers import TriggerSchedule
from tenure.ports.executions import TriggerMetric
from tenure.store.loop_tables import enrollments

NAMES = [f"c{number:02}" for number in range(50)]


def fleet(world: World, falling: int = 30, **checks: Any) -> None:
    world.score(dict.fromkeys(NAMES, 60.0))
    world.evaluate()
    world.later(hours=1)
    world.score(dict.fromkeys(NAMES[:falling], 30.0), checks={"fallen": falling, "same_configuration": True} | checks)


def test_A4_when_a_fleet_falls_nothing_fires_and_one_incident_is_asked_for(world: World) -> None:
    fleet(world)
    assert (world.evaluate().obstacle, world.evaluate().obstacle) == ("fleet drop", "fleet drop")
    assert world.chains() == []
    [incident] = world.intents("open_incident")
    assert isinstance(incident.wish, OpenIncident)
    assert (incident.wish.rule, incident.wish.scope, incident.wish.evidence["fallen"]) == ("fleet_drop", "outreach_by_score", 30)


def test_A4_a_drop_that_recovers_leaves_no_chain(world: World) -> None:
    fleet(world)
    world.evaluate()
    world.store.intents.done(world.own, {world.intents("open_incident")[0].key: ""}, now_us=world.now_us)
    world.later(hours=2)
    world.score(dict.fromkeys(NAMES, 60.0))
    assert world.evaluate().fired == ()


def test_A4_when_people_end_the_incident_the_crossing_is_looked_at_again(world: World) -> None:
    fleet(world)
    world.evaluate()
    [incident] = world.intents("open_incident")
    world.store.intents.done(world.own, {incident.key: "incident 1"}, now_us=world.now_us)
    world.controls.pause_scope("outreach_by_score", incident_id=1)
    assert world.evaluate().obstacle == "incident"
    world.controls.go_on()
    assert len(world.evaluate().fired) == 30
    assert world.intents("open_incident") == []


def test_A4_a_run_by_another_configuration_is_no_fleet_drop(world: World) -> None:
    fleet(world, same_configuration=False)
    assert world.evaluate().obstacle == ""


def test_A4_few_falling_fire(world: World) -> None:
    fleet(world, falling=10)
    assert len(world.evaluate().fired) == 10


def fired(world: World, count: int) -> None:
    world.score(dict.fromkeys(NAMES[:count], 60.0))
    world.evaluate()
    world.score(dict.fromkeys(NAMES[:count], 30.0))
    world.tick()


def metric(world: World, trigger: str = "RETENTION-001") -> TriggerMetric:
    return next(one for one in world.service().measure(world.now_us) if one.trigger_id == trigger)


def test_M12_success_is_the_share_of_all_fired_chains_back_within_30_days(world: World) -> None:
    fired(world, 10)
    world.later(days=5)
    world.score(dict.fromkeys(NAMES[:3], 45.0))
    world.tick()
    world.score(dict.fromkeys(NAMES[:3], 30.0))
    world.tick()
    assert metric(world).value is None, "no chain is old enough"
    world.later(days=26)
    world.score({NAMES[4]: 80.0})
    world.tick()
    found = metric(world)
    assert (found.judged, found.value, found.target) == (10, 0.3, 0.3)
    assert found.low is not None and found.high is not None and 0 < found.low < 0.3 < found.high < 1
    assert world.store.trigger_metrics.latest(world.own)[0] == found


def test_A8_without_a_critical_holdout_there_is_no_comparison_group(world: World) -> None:
    fired(world, 3)
    world.later(days=31)
    assert metric(world).document == {"comparison": "no comparison group"}


def test_A8_with_one_the_difference_to_the_held_out_is_reported(world: World) -> None:
    fired(world, 10)
    held = [one.execution_id for one in world.chains()[:5]]
    with world.store._database.writing() as connection:
        for number in held:
            row = {"venture_id": world.own, "playbook": "critical", "version": 1, "kind": "critical", "customer_id": f"h{number}", "entry_key": "k",
                   "state": "held_out", "entered_us": 1, "cause": {}, "next_step": 0, "repeats": 0, "confirmations": 0, "held_out": 1, "holdout_percent": 10.0, "execution_id": number}  # fmt: skip
            connection.execute(sa.insert(enrollments).values(**row))
    world.later(days=2)
    world.score(dict.fromkeys(NAMES[4:8], 70.0))
    world.tick()
    world.later(days=29)
    found = metric(world)
    assert (found.judged, found.value) == (5, 0.6)
    assert found.document["comparison"] == "held out"
    assert (found.document["held_out"], found.document["held_out_share"]) == (5, 0.2)


def test_M12_recovery_by_configuration_or_override_does_not_count(world: World) -> None:
    fired(world, 2)
    world.later(days=1)
    world.score({NAMES[0]: 60.0}, change_behaviour=0.0, change_configuration=30.0)
    world.score({NAMES[1]: 60.0}, total=30.0)
    world.tick()
    assert [one.recovered_us for one in world.chains()] == [None, None]


def test_retention_002_and_003_are_measured_at_their_horizon(world: World) -> None:
    def look(headline: float, nps: float) -> None:
        readings = VentureReadings(
            as_of_us=1, retention=RetentionReading(headline=headline, customers=100), nps=NpsReading(nps=nps, answers=200, window_days=30)
        )
        world.service().evaluate_venture(readings, set(TriggerSchedule), world.now_us)

    look(0.80, -20)
    world.later(days=31)
    look(0.84, -5)
    world.later(days=35)
    look(0.70, -50)
    assert metric(world, "RETENTION-002").value is not None
    assert round(metric(world, "RETENTION-002").value or 0, 4) == 0.05
    assert metric(world, "RETENTION-003").value == -5


def test_erasing_a_customer_leaves_a_chain_without_a_name(world: World) -> None:
    fired(world, 1)
    assert world.store.executions.erase(world.own, [NAMES[0]]) == 1
    [chain] = world.chains()
    assert (chain.reason, chain.state.is_over) == ("erased", True)
    assert NAMES[0] not in str(msgspec.to_builtins(chain))
    assert world.intents("raise_alert") == []
    assert chain.terminated_us is not None and chain.terminated_us <= world.now_us + 30 * DAY_US
