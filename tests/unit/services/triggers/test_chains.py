"""A chain goes deeper, ends with a reason, and leaves what it must."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.trigger_world import World

from tenure.clock import DAY_US, HOUR_US, to_us
from tenure.model.intents import AskDecision, CreateTask, SendSurvey, StartPlaybook
from tenure.model.touches import ResponseKind
from tenure.model.triggers import ExecutionState
from tenure.parameters import resolve
from tenure.ports.executions import Due
from tenure.store import Store


def opened(world: World, **arr: int) -> None:
    """c1 has just fallen and its chain is open."""
    world.score({"c1": 60}, arr=arr or None)
    world.evaluate()
    world.score({"c1": 30})
    world.tick()


def test_A11_after_48_hours_without_an_answer_it_escalates_once_and_says_whether_the_team_tried(world: World) -> None:
    opened(world)
    world.later(hours=47.9)
    world.tick()
    assert world.intents("ask_decision") == []
    world.later(hours=0.2)
    world.tick()
    world.tick()
    [asked] = world.intents("ask_decision")
    assert isinstance(asked.wish, AskDecision)
    assert (asked.wish.kind, asked.wish.joins_daily, asked.wish.context["team"]) == ("critical_escalation", True, "not contacted")
    assert asked.key == "RETENTION-001/c1#1/2/ask_decision"
    [chain] = world.chains()
    assert (chain.state, chain.iteration) == (ExecutionState.escalated, 2)


def test_A11_an_attempt_that_reached_nobody_is_told_as_contacted_silent(world: World) -> None:
    opened(world)
    world.responses.say("c1", ResponseKind.not_reached, world.now_us + HOUR_US)
    world.later(hours=49)
    world.tick()
    [asked] = world.intents("ask_decision")
    assert isinstance(asked.wish, AskDecision)
    assert asked.wish.context["team"] == "contacted, silent"


def test_A12_a_customer_of_high_value_is_a_decision_of_its_own(world: World) -> None:
    opened(world, c1=1_000_000)
    world.later(hours=49)
    world.tick()
    asked = [one for one in world.intents("ask_decision") if one.key.startswith("RETENTION-001")]
    assert isinstance(asked[0].wish, AskDecision)
    assert (len(asked), asked[0].wish.joins_daily, asked[0].wish.revenue_cents) == (1, False, 1_000_000)


def test_R6_a_customer_that_pays_nothing_is_not_escalated(world: World) -> None:
    opened(world, c1=0)
    world.later(hours=49)
    world.tick()
    assert world.intents("ask_decision") == []
    assert world.chains()[0].iteration == 2


def test_A10_friday_evening_escalates_on_tuesday_at_ten(world: World) -> None:
    world.now_us = to_us(datetime(2026, 3, 6, 18, tzinfo=UTC))
    opened(world)
    world.now_us = to_us(datetime(2026, 3, 10, 9, 59, tzinfo=UTC))
    world.tick()
    assert world.chains()[0].iteration == 1
    assert world.chains()[0].next_check_us == to_us(datetime(2026, 3, 10, 10, tzinfo=UTC))
    world.later(minutes=1)
    world.tick()
    assert world.chains()[0].iteration == 2


def test_A10_the_clock_runs_in_the_customers_zone(world: World) -> None:
    world.now_us = to_us(datetime(2026, 3, 2, 18, tzinfo=UTC))
    world.card("c1", timezone="Asia/Tokyo")  # there it is 03:00, quiet
    opened(world)
    world.now_us = to_us(datetime(2026, 3, 5, 0, 59, tzinfo=UTC))
    world.tick()
    assert world.chains()[0].iteration == 1
    world.later(minutes=1)  # Thursday 10:00 in Tokyo: a day after the call moved to Wednesday 10:00
    world.tick()
    assert world.chains()[0].iteration == 2


def test_A10_a_time_in_the_customers_zone_stays_whatever_is_looked_at_before_it_and_without_a_card(world: World) -> None:
    world.now_us = to_us(datetime(2026, 3, 2, 18, tzinfo=UTC))
    world.card("c1", timezone="Asia/Tokyo")  # there it is 03:00, quiet; in the venture's zone it is not
    opened(world)
    found = (1, to_us(datetime(2026, 3, 5, 1, tzinfo=UTC)))

    def looked_at(hour: int) -> tuple[int, int | None]:
        world.now_us = to_us(datetime(2026, 3, 4, hour, tzinfo=UTC))
        world.advance()
        return world.chains()[0].iteration, world.chains()[0].next_check_us

    assert looked_at(19) == found
    world.responses.say("c1", ResponseKind.not_reached, world.now_us)  # an attempt, no answer: the chain is looked at
    assert looked_at(20) == found, "the venture's time, 18:00, has passed"
    world.store.cards.delete(world.own, ["c1"])
    assert looked_at(21) == found


def test_R7_a_customer_without_a_zone_has_the_ventures(world: World) -> None:
    world.parameters = resolve({"critical_alert_delay_minutes": 0, "venture_timezone": "Asia/Tokyo"})
    world.now_us = to_us(datetime(2026, 3, 2, 18, tzinfo=UTC))
    opened(world)
    world.now_us = to_us(datetime(2026, 3, 4, 18, tzinfo=UTC))
    world.tick()
    assert (world.chains()[0].iteration, world.chains()[0].next_check_us) == (1, to_us(datetime(2026, 3, 5, 1, tzinfo=UTC)))


def test_the_escalation_time_may_differ_by_segment(store: Store) -> None:
    from tenure.parameters import resolve

    world = World(store)
    world.parameters = resolve({"critical_alert_delay_minutes": 0}, {"plan=enterprise": {"chairman_escalation_hours": 24, "critical_response_hours": 8}})
    world.card("c1", plan="enterprise")
    opened(world)
    world.later(hours=24, minutes=1)
    world.tick()
    assert world.chains()[0].iteration == 1, "looked at first when the venture's own time is over"
    world.later(hours=24)
    world.tick()
    assert world.chains()[0].iteration == 2


def test_a_score_back_above_ends_the_chain_as_recovered_and_withdraws_what_waits(world: World) -> None:
    opened(world)
    world.later(hours=1)
    world.score({"c1": 41})
    world.tick()
    [chain] = world.chains()
    assert (chain.state, chain.reason, chain.terminated_us) == (ExecutionState.terminated, "recovered", world.now_us)
    assert world.intents("raise_alert") == []


def test_A28_whoever_recovered_is_asked_whether_it_helped(world: World) -> None:
    opened(world)
    world.score({"c1": 50})
    world.tick()
    [asked] = world.intents("send_survey")
    assert asked.wish == SendSurvey(survey="did_this_help", customer_id="c1")
    assert world.intents("create_task") == []


def test_A15_a_responded_customer_that_is_still_below_leaves_a_task_due_in_5_working_days(world: World) -> None:
    opened(world)
    world.later(hours=3)
    world.responses.say("c1", ResponseKind.replied, world.now_us)
    world.tick()
    [chain], [task], [asked] = world.chains(), world.intents("create_task"), world.intents("send_survey")
    assert (chain.reason, chain.outcome["responded_us"]) == ("responded", world.now_us)
    assert isinstance(task.wish, CreateTask)
    assert (task.wish.kind, task.wish.due_us) == ("cause_and_next_step", world.now_us + 7 * DAY_US)
    assert isinstance(asked.wish, SendSurvey)
    assert world.store.executions.still_below(world.own, "RETENTION-001") == ["c1"]


@pytest.mark.parametrize("kind", [ResponseKind.login, ResponseKind.key_event, ResponseKind.opened, ResponseKind.scanner_click, ResponseKind.not_reached, ResponseKind.auto_reply])
def test_A14_reengagement_opens_and_attempts_neither_end_a_chain_nor_stop_its_clock(world: World, kind: ResponseKind) -> None:
    opened(world)
    world.responses.say("c1", kind, world.now_us + HOUR_US)
    world.later(hours=49)
    world.tick()
    assert (world.chains()[0].state, world.chains()[0].iteration) == (ExecutionState.escalated, 2)


@pytest.mark.parametrize("kind", [ResponseKind.replied, ResponseKind.meeting_booked, ResponseKind.call_reached, ResponseKind.survey_answered, ResponseKind.clicked, ResponseKind.ticket_reply])
def test_A14_what_a_customer_does_toward_us_ends_the_chain(world: World, kind: ResponseKind) -> None:
    opened(world)
    world.responses.say("c1", kind, world.now_us + HOUR_US)
    world.later(hours=2)
    world.tick()
    assert world.chains()[0].reason == "responded"


def test_A14_what_happened_before_the_chain_is_no_answer_to_it(world: World) -> None:
    world.responses.say("c1", ResponseKind.replied, world.now_us - HOUR_US)
    opened(world)
    assert world.chains()[0].reason is None


def test_A15_a_chain_lives_at_most_30_days(world: World) -> None:
    opened(world)
    world.later(hours=49)
    world.tick()
    world.later(days=27.9)
    world.tick()
    assert world.chains()[0].reason is None
    world.later(hours=2)
    world.tick()
    assert world.chains()[0].reason == "not_recovered"
    [task] = world.intents("create_task")
    assert isinstance(task.wish, CreateTask)
    assert task.wish.details["chain_ended"] == "not_recovered"
    world.later(days=10)
    world.score({"c1": 20})
    assert world.tick().fired == (), "no second chain without a new crossing"


def test_a_churned_customer_goes_to_win_back_and_the_chain_ends_when_that_is_done(world: World) -> None:
    opened(world)
    world.later(days=3)
    world.churn("c1")
    world.tick()
    [chain] = world.chains()
    assert (chain.iteration, chain.state) == (3, ExecutionState.waiting)
    started = world.intents("start_playbook")[-1]
    assert started.wish == StartPlaybook(playbook="win_back", customer_id="c1", entry_key="c1#1")
    world.later(days=36.9)  # beyond the 30 days of a chain: offer on day 7, done 30 days later
    world.tick()
    assert world.chains()[0].reason is None
    world.later(days=0.2)
    world.tick()
    assert (world.chains()[0].reason, world.chains()[0].outcome["won_back"]) == ("win_back_done", False)


def test_A15_win_back_is_done_when_the_customer_is_back(world: World) -> None:
    opened(world)
    world.churn("c1")
    world.tick()
    world.later(days=5)
    world.score({"c1": 30}, arr={})
    world.tick()
    assert (world.chains()[0].reason, world.chains()[0].outcome["won_back"]) == ("win_back_done", True)


def test_P6_a_customer_that_became_internal_is_not_called_lost(world: World) -> None:
    opened(world)
    world.churn("c1")
    world.card("c1", internal=True)
    world.tick()
    assert (world.chains()[0].iteration, len(world.intents("start_playbook"))) == (1, 1)


def test_hands_off_ends_the_chain_as_a_persons(world: World) -> None:
    opened(world)
    world.controls.off["c1"] = "negotiating"
    world.tick()
    assert world.chains()[0].reason == "person"
    assert world.intents("raise_alert") == []


def test_running_chains_end_by_the_version_they_were_opened_with(world: World) -> None:
    import msgspec

    opened(world)
    live = world.service().live()["RETENTION-001"].definition
    world.service().publish([msgspec.structs.replace(live, ends=("recovered", "not_recovered"))], by="kim", why="test", now_us=world.now_us)
    world.responses.say("c1", ResponseKind.replied, world.now_us)
    world.tick()
    assert world.chains()[0].reason == "responded"


def test_advancing_twice_changes_nothing(world: World) -> None:
    opened(world)
    world.later(hours=49)
    world.tick()
    before = (world.chains(), world.intents("ask_decision"))
    world.advance()
    assert (world.chains(), world.intents("ask_decision")) == before


def test_a_chain_nothing_happened_to_is_left_alone_until_it_is_due(world: World) -> None:
    opened(world)
    executions, ends = world.store.executions, frozenset[str]()
    assert executions.open_of(world.own, "RETENTION-001", due=Due(world.now_us, ends)) == []
    assert [one.execution.subject for one in executions.open_of(world.own, "RETENTION-001", due=Due(world.now_us, {"c1"}))] == ["c1"]
    assert len(executions.open_of(world.own, "RETENTION-001", due=Due(world.now_us + 49 * HOUR_US, ends))) == 1
    world.score({"c1": 70})
    assert len(executions.open_of(world.own, "RETENTION-001", due=Due(world.now_us, ends))) == 1


def test_scores_looked_at_before_still_fire_when_their_delay_is_over(world: World) -> None:
    world.parameters = resolve({"critical_alert_delay_minutes": 60})
    world.score({"c1": 60})
    world.evaluate()
    world.score({"c1": 30})
    assert world.evaluate().began == 1
    world.later(hours=1)
    found = world.service().evaluate(world.now_us, is_settled=True)
    assert (found.fired, found.moved, found.told) == (("c1",), 0, 0)
