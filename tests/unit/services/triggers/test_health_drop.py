"""RETENTION-001 fires on the crossing, once, and never for what is no crossing."""

from __future__ import annotations

import pytest
from tests.trigger_world import OUTREACH_BY_SCORE, World

from tenure.clock import DAY_US, HOUR_US
from tenure.model.cause import CauseKind
from tenure.model.health import HealthStatus
from tenure.model.incidents import LoopState, Mode
from tenure.model.intents import StartPlaybook, WriteCrm
from tenure.parameters import resolve
from tenure.rules.system_health import SourceFacts
from tenure.rules.triggers.obstacles import InputFacts
from tenure.services.triggers.health_drop import BASELINE
from tenure.store import Store


def fallen(world: World, to: float = 30, **columns: object) -> None:
    """c1 scored 60 and was judged; now it scores `to`."""
    world.score({"c1": 60})
    world.evaluate()
    world.later(minutes=5)
    world.score({"c1": to}, **columns)


def test_a_drop_below_the_threshold_opens_one_chain_with_its_first_actions(world: World) -> None:
    fallen(world)
    assert world.evaluate().fired == ("c1",)
    [chain] = world.chains()
    assert (chain.subject, chain.iteration, chain.score, chain.opened_us) == ("c1", 1, 30.0, world.now_us)
    assert (chain.cause.trigger, chain.cause.trigger_version, chain.cause.reason) == ("RETENTION-001", 1, "behaviour")
    [alert], [start], [crm] = (world.intents(kind) for kind in ("raise_alert", "start_playbook", "write_crm"))
    assert {one.cause.execution_id for one in (alert, start, crm)} == {chain.execution_id}
    assert start.wish == StartPlaybook(playbook="critical", customer_id="c1", entry_key="c1#1")
    assert isinstance(crm.wish, WriteCrm)
    assert crm.wish.fields == {"health_score": 30.0, "health_status": "critical", "last_intervention": "2026-03-02T09:05:00Z"}


def test_evaluating_twice_changes_nothing(world: World) -> None:
    fallen(world)
    world.evaluate()
    before = (world.chains(), world.intents("raise_alert"), world.judged("c1"))
    assert world.evaluate().fired == ()
    assert (world.chains(), world.intents("raise_alert"), world.judged("c1")) == before


def test_M2_the_threshold_is_the_ventures_own(store: Store) -> None:
    world = World(store, at_risk_threshold=50)
    fallen(world, to=45)
    assert world.evaluate().fired == ("c1",)


def test_M6_a_crossing_stopped_by_a_pause_fires_when_the_pause_is_over(world: World) -> None:
    fallen(world)
    world.controls.pause_scope(OUTREACH_BY_SCORE)
    assert (world.evaluate().fired, world.judged("c1")) == ((), 600)
    world.later(days=2)
    world.score({"c1": 25})
    world.evaluate()
    world.controls.go_on()
    assert world.evaluate().fired == ("c1",)


def test_M6_a_crossing_stopped_by_a_pause_is_forgotten_when_the_score_is_back(world: World) -> None:
    fallen(world)
    world.controls.pause_scope(OUTREACH_BY_SCORE)
    world.evaluate()
    world.score({"c1": 55})
    world.controls.go_on()
    assert world.evaluate().fired == ()
    assert world.judged("c1") == 550


def test_M6_an_incident_says_so(world: World) -> None:
    fallen(world)
    world.controls.pause_scope(OUTREACH_BY_SCORE, incident_id=3)
    assert world.evaluate().obstacle == "incident"


def test_A21_the_kill_switch_does_not_stop_internal_alerts(world: World) -> None:
    fallen(world)
    world.controls.pause_scope("everything")
    assert world.evaluate().fired == ("c1",)


def test_a_small_cohort_acts_again_while_the_others_wait(world: World) -> None:
    names = [f"c{number}" for number in range(60)]
    world.score(dict.fromkeys(names, 60))
    world.evaluate()
    world.score(dict.fromkeys(names, 30))
    world.controls.pause_scope(OUTREACH_BY_SCORE, cohort_percent=30)
    found = world.evaluate()
    assert 5 < len(found.fired) < 40
    assert found.held == {"paused": 60 - len(found.fired)}
    world.controls.go_on()
    assert len(world.evaluate().fired) == 60 - len(found.fired)


def test_M7_a_first_score_never_fires(world: World) -> None:
    world.score({"c1": 30})
    assert world.evaluate().fired == ()
    world.score({"c1": 29})
    assert world.evaluate().fired == ()


def test_M7_a_new_customer_below_fires_on_day_15_if_it_is_below_then(world: World) -> None:
    world.score({"c1": 30, "c2": 30}, is_new=1)
    world.evaluate()
    world.later(days=14)
    assert world.evaluate().fired == ()
    world.later(days=1)
    world.score({"c1": 30}, is_new=0)
    world.score({"c2": 45}, is_new=0)
    assert world.evaluate().fired == ("c1",)
    assert world.chains()[0].cause.reason == "no longer new"


def test_M7_a_new_customer_is_armed_when_it_first_scores_above(world: World) -> None:
    world.score({"c1": 30}, is_new=1)
    world.evaluate()
    world.score({"c1": 60}, is_new=1)
    world.evaluate()
    world.score({"c1": 35}, is_new=1)
    assert world.evaluate().fired == ("c1",)


def test_M17_stale_input_stops_the_crossing_and_it_fires_when_input_is_fresh(world: World) -> None:
    fallen(world)
    silent = SourceFacts(name="events", is_push=False, last_success_us=world.now_us - 48 * HOUR_US)
    world.inputs = InputFacts(sources=(silent,))
    found = world.evaluate()
    assert (found.fired, found.obstacle, world.judged("c1")) == ((), "stale input", 600)
    world.inputs = InputFacts(sources=(SourceFacts(name="events", is_push=False, last_success_us=world.now_us),))
    assert world.evaluate().fired == ("c1",)


def test_M17_scores_that_are_old_themselves_are_stale_input(world: World) -> None:
    fallen(world)
    world.inputs = InputFacts(last_run_us=world.now_us - 3 * DAY_US)
    assert world.evaluate().obstacle == "stale input"


def test_coverage_below_its_limit_stops_this_customer_only(world: World) -> None:
    world.score({"c1": 60, "c2": 60})
    world.evaluate()
    world.score({"c1": 30}, coverage=0.4)
    world.score({"c2": 30}, coverage=0.5)
    found = world.evaluate()
    assert (found.fired, found.held) == (("c2",), {"coverage": 1})


def test_A1_in_watch_mode_nothing_fires_and_at_going_live_who_is_below_is_baseline(world: World) -> None:
    world.controls.loop = LoopState(mode=Mode.watch)
    fallen(world)
    assert world.evaluate().obstacle == "watch mode"
    world.later(hours=1)
    world.controls.loop = LoopState(mode=Mode.live, live_since_us=world.now_us)
    assert world.evaluate().fired == ()
    assert world.judged("c1") == 300
    world.score({"c1": 60})
    world.evaluate()
    world.score({"c1": 20})
    assert world.evaluate().fired == ("c1",)


def test_A1_a_drop_after_the_moment_of_going_live_is_no_baseline(world: World) -> None:
    world.controls.loop = LoopState(mode=Mode.watch)
    world.score({"c1": 60})
    world.evaluate()
    world.controls.loop = LoopState(mode=Mode.live, live_since_us=world.now_us)
    world.later(minutes=1)
    world.score({"c1": 30})
    assert world.evaluate().fired == ("c1",)
    assert world.store.cursors.get(world.own, BASELINE) == str(world.controls.loop.live_since_us)


def test_A2_a_transient_drop_leaves_no_trace(store: Store) -> None:
    world = World(store, critical_alert_delay_minutes=5)
    fallen(world)
    assert world.evaluate().began == 1
    world.later(minutes=5)
    world.score({"c1": 45})
    assert world.tick().dropped == 1
    assert (world.chains(), world.intents("raise_alert"), world.intents("write_crm")) == ([], [], [])
    world.later(minutes=1)
    world.score({"c1": 30})
    world.evaluate()
    world.later(minutes=5)
    assert world.evaluate().fired == ("c1",), "no cooldown either"


def test_A2_the_delay_runs_before_the_chain_and_is_judged_at_its_end(store: Store) -> None:
    world = World(store, critical_alert_delay_minutes=5)
    fallen(world)
    world.evaluate()
    world.later(minutes=2)
    world.score({"c1": 45})
    assert world.evaluate().fired == ()
    world.later(minutes=2)
    world.score({"c1": 35})
    assert (world.evaluate().fired, world.chains()) == ((), [])
    world.later(minutes=1)
    assert world.evaluate().fired == ("c1",)
    assert world.store.executions.waiting(world.own, "RETENTION-001") == []


def test_A2_a_pause_during_the_delay_keeps_it_waiting(store: Store) -> None:
    world = World(store, critical_alert_delay_minutes=5)
    fallen(world)
    world.evaluate()
    world.controls.pause_scope(OUTREACH_BY_SCORE)
    world.later(minutes=10)
    assert world.evaluate().fired == ()
    world.controls.go_on()
    assert world.evaluate().fired == ("c1",)


def test_A3_what_configuration_alone_did_moves_without_firing(world: World) -> None:
    fallen(world, change_behaviour=0.0, change_configuration=-30.0)
    assert (world.evaluate().fired, world.judged("c1")) == ((), 300)


def test_A3_behaviour_that_would_have_been_enough_fires_beside_a_configuration(world: World) -> None:
    fallen(world, change_behaviour=-25.0, change_configuration=-5.0)
    assert world.evaluate().fired == ("c1",)


def test_A3_a_raised_threshold_fires_for_nobody(store: Store) -> None:
    world = World(store)
    world.score({"c1": 45})
    world.evaluate()
    world.parameters = resolve({"at_risk_threshold": 50, "critical_alert_delay_minutes": 0})
    assert world.evaluate().fired == (), "before the next refresh"
    world.score({"c1": 45}, change_behaviour=0.0)
    assert world.evaluate().fired == ()
    world.score({"c1": 35})
    assert world.evaluate().fired == ()


def test_A3_late_data_fires_only_if_the_condition_holds_now(world: World) -> None:
    fallen(world, to=45, change_behaviour=0.0, change_late=-15.0)
    assert world.evaluate().fired == ()
    world.score({"c1": 35}, change_behaviour=0.0, change_late=-10.0)
    assert world.evaluate().fired == ("c1",)
    assert world.chains()[0].cause.reason == "late facts"


@pytest.mark.parametrize(("days", "fires"), [(6.9, False), (7.0, False), (7.1, True)])
def test_A5_the_cooldown_is_more_than_7_days_from_the_last_opening(world: World, days: float, fires: bool) -> None:
    fallen(world)
    world.tick()
    opened_us = world.now_us
    world.later(days=1)
    world.score({"c1": 60})
    world.tick()
    assert world.chains()[0].reason == "recovered"
    world.now_us = opened_us + round(days * DAY_US)
    world.score({"c1": 30})
    assert bool(world.tick().fired) is fires


def test_A5_a_crossing_in_the_cooldown_is_looked_at_again_when_it_is_over(world: World) -> None:
    fallen(world)
    world.tick()
    world.later(days=1)
    world.score({"c1": 60})
    world.tick()
    world.later(days=1)
    world.score({"c1": 30})
    assert world.tick().held == {"cooldown": 1}
    world.later(days=5, minutes=1)
    assert world.tick().fired == ("c1",)


def test_A26_an_override_below_fires_with_cause_person(world: World) -> None:
    world.score({"c1": 60})
    world.evaluate()
    world.override("c1", score=20)
    world.score({"c1": 20}, total=60.0, change_behaviour=0.0)
    assert world.evaluate().fired == ("c1",)
    cause = world.chains()[0].cause
    assert (cause.kind, cause.person, cause.reason) == (CauseKind.person, "kim", "person")


def test_A26_a_status_set_to_critical_fires_too(world: World) -> None:
    world.score({"c1": 60})
    world.evaluate()
    world.override("c1", status=HealthStatus.critical)
    world.score({"c1": 60}, health_status="critical")
    assert world.evaluate().fired == ("c1",)


def test_A26_an_override_above_holds_firing_back_and_at_its_end_the_score_is_judged_anew(world: World) -> None:
    world.score({"c1": 60})
    world.evaluate()
    world.override("c1", score=80, days=7)
    world.score({"c1": 80}, total=60.0)
    world.evaluate()
    world.later(days=3)
    world.score({"c1": 80}, total=30.0, change_behaviour=-30.0)
    assert (world.evaluate().fired, world.judged("c1")) == ((), 600)
    world.later(days=5)
    assert world.evaluate().fired == (), "the next refresh knows"
    world.score({"c1": 30}, total=30.0, change_behaviour=0.0)
    assert world.evaluate().fired == ("c1",)


def test_A3_the_expiry_of_an_override_alone_fires_nothing(world: World) -> None:
    world.score({"c1": 30})
    world.evaluate()
    world.override("c1", score=80, days=7)
    world.score({"c1": 80}, total=30.0)
    world.evaluate()
    world.later(days=8)
    world.score({"c1": 30}, total=30.0, change_behaviour=0.0)
    assert world.evaluate().fired == ()


def test_R6_a_customer_that_pays_nothing_is_alerted_for_the_daily_list_and_has_no_task_or_decision(world: World) -> None:
    world.score({"c1": 60, "c2": 60}, arr={"c1": 0})
    world.evaluate()
    world.score({"c1": 30, "c2": 30})
    world.evaluate()
    assert [one.customer_id for one in world.intents("raise_alert")] == ["c1", "c2"]
    world.later(hours=60)
    world.tick()
    assert [one.customer_id for one in world.intents("ask_decision")] == ["c2"], "unknown is not nothing (R5)"
    assert [one.customer_id for one in world.intents("start_playbook")] == ["c1", "c2"]


def test_A13_a_customer_of_high_value_is_told_to_the_chairman_once_in_30_days(world: World) -> None:
    world.score({"c1": 80, "c2": 80}, arr={"c1": 1_000_000, "c2": 999_999})
    world.evaluate()
    world.score({"c1": 60, "c2": 60})
    assert world.evaluate().told == 1
    [told] = world.intents("ask_decision")
    assert told.customer_id == "c1"
    world.later(days=1)
    world.score({"c1": 30})
    assert world.evaluate().fired == ("c1",)
    assert len(world.intents("ask_decision")) == 1, "told already"
    world.score({"c1": 80})
    world.tick()
    world.later(days=31)
    world.score({"c1": 30})
    assert world.evaluate().fired == ("c1",)
    assert len(world.intents("ask_decision")) == 2


def test_A13_nobody_is_told_while_outreach_by_score_is_paused_and_it_is_made_up_for(world: World) -> None:
    world.score({"c1": 80}, arr={"c1": 2_000_000})
    world.evaluate()
    world.score({"c1": 60})
    world.controls.pause_scope(OUTREACH_BY_SCORE)
    assert world.evaluate().told == 0
    world.controls.go_on()
    assert world.evaluate().told == 1


def test_hands_off_a_customer_nothing_fires(world: World) -> None:
    fallen(world)
    world.controls.off["c1"] = "negotiating"
    assert world.evaluate().held == {"hands off": 1}
    world.controls.off.clear()
    assert world.evaluate().fired == ("c1",)


def test_P4_a_customer_that_came_back_starts_without_a_judged_score_and_keeps_its_cooldown(world: World) -> None:
    fallen(world)
    world.tick()
    world.churn("c1")
    world.later(days=2)
    world.score({"c1": 60}, arr={})
    world.tick()
    world.later(days=1)
    world.score({"c1": 30})
    assert world.tick().held == {"cooldown": 1}


def test_a_retired_trigger_fires_nothing(world: World) -> None:
    fallen(world)
    world.service().ensure_shipped(world.now_us)
    world.service().retire("RETENTION-001", by="kim", why="test", now_us=world.now_us)
    assert world.evaluate().fired == ()
