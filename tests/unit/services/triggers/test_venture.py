"""RETENTION-002, 003 and 004: from readings to chains, responses and ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from tests.trigger_world import World

from tenure.clock import to_us
from tenure.model.incidents import LoopState, Mode
from tenure.model.intents import AskDecision, CreateTask, RaiseAlert, RunJob, SendSurvey, WriteFinding
from tenure.model.readings import (
    CohortReading,
    ComponentReading,
    NpsReading,
    RetentionReading,
    VentureReadings,
    Voice,
)
from tenure.model.triggers import ExecutionState, TriggerSchedule
from tenure.store.loop_tables import tasks

MONTHLY, WEEKLY, HOURLY = {TriggerSchedule.monthly}, {TriggerSchedule.weekly}, {TriggerSchedule.hourly}


def voice(customer: str, text: str, arr: int | None = None, **fields: Any) -> Voice:
    return Voice(customer_id=customer, text=text, occurred_us=1, source="exit_survey", arr_cents=arr, **fields)


VOICES = (
    voice("a", "Far too expensive for us", 500_000),
    voice("b", "The price went up", 300_000),
    voice("c", "Setup was confusing", 900_000),
    voice("d", "We stopped the project", 100_000),
)


def retention(headline: float | None, customers: int = 100, **fields: Any) -> VentureReadings:
    return VentureReadings(
        as_of_us=1, retention=RetentionReading(headline=headline, customers=customers, **fields), voices=VOICES,
        at_risk_customers=12, at_risk_arr_cents=4_000_000,
    )  # fmt: skip


def month(world: World, number: int, readings: VentureReadings) -> str:
    world.now_us = to_us(datetime(2026 + (number - 1) // 12, (number - 1) % 12 + 1, 1, 6, tzinfo=UTC))
    return world.service().evaluate_venture(readings, MONTHLY, world.now_us)["RETENTION-002"]


def titles(world: World, kind: str) -> list[str]:
    return [str(getattr(one.wish, "title", "")) for one in world.intents(kind)]


def test_M8_a_headline_below_target_opens_one_chain_with_its_adjustments(world: World) -> None:
    assert month(world, 3, retention(0.80)) == "fired"
    assert month(world, 3, retention(0.80)) == "looked already"
    [chain] = world.chains("RETENTION-002")
    assert (chain.subject, chain.iteration, chain.cause.reason) == ("", 1, "headline_retention 80.0")
    [finding] = world.intents("write_finding")
    assert isinstance(finding.wish, WriteFinding)
    groups: Any = finding.wish.details["groups"]
    assert [(one["reason"], one["count"], one["arr_cents"]) for one in groups] == [
        ("onboarding friction", 1, 900_000), ("pricing", 2, 800_000), ("other", 1, 100_000),
    ]  # fmt: skip
    assert titles(world, "ask_decision") == [
        "More touch points for customers at risk",
        "A message variant about onboarding friction as an A/B test",
        "A message variant about pricing as an A/B test",
    ]
    assert titles(world, "create_task") == ["Offer training to the customers who said it"]


def test_M8_fewer_than_30_customers_everywhere_is_not_judged(world: World) -> None:
    few = retention(0.5, customers=29, cohorts=(CohortReading(month="2026-01", customers=29, retention=0.4),))
    assert month(world, 3, few) == "not enough to judge"
    assert world.chains("RETENTION-002") == []


def test_M8_a_mature_cohort_of_at_least_30_is_enough_to_fire(world: World) -> None:
    one = CohortReading(month="2026-01", customers=30, retention=0.84)
    assert month(world, 3, retention(0.9, cohorts=(one,))) == "fired"


def test_M8_the_decline_is_relative_and_needs_30_customers_on_both_sides(world: World) -> None:
    fell = retention(0.9, this_month=0.74, this_customers=30, last_month=0.88, last_customers=30)
    few = retention(0.9, this_month=0.74, this_customers=29, last_month=0.88, last_customers=30)
    little = retention(0.9, this_month=0.76, this_customers=30, last_month=0.88, last_customers=30)
    assert (month(world, 3, few), month(world, 3, little)) == ("holds not", "holds not")
    assert month(world, 3, fell) == "fired"
    assert titles(world, "raise_alert") == ["Retention fell by 16 % in a month"]
    assert "Retention fell by 16 % in a month" in titles(world, "ask_decision")


def test_retention_002_goes_one_step_a_month_and_proposes_product_and_pricing_from_the_fourth(world: World) -> None:
    assert [month(world, number, retention(0.80)) for number in range(1, 5)] == ["fired", "depth 2", "depth 3", "depth 4"]
    asked = titles(world, "ask_decision")
    assert "Product changes that would keep customers" in asked
    assert "Pricing that customers leave or complain about" in asked
    assert "Retention has not improved in three months" in asked
    assert world.chains("RETENTION-002")[0].state is ExecutionState.escalated
    assert [month(world, number, retention(0.80)) for number in (5, 6, 7)] == ["depth 5", "depth 6", "months over"]
    assert world.chains("RETENTION-002")[0].reason == "months_over"
    assert month(world, 8, retention(0.80)) == "stands already", "no second chain without a new crossing"


def test_retention_002_does_not_escalate_what_improves_and_ends_at_the_target(world: World) -> None:
    for number, headline in enumerate((0.80, 0.81, 0.82, 0.83), start=1):
        month(world, number, retention(headline))
    assert "Retention has not improved in three months" not in titles(world, "ask_decision")
    assert month(world, 5, retention(0.86)) == "target reached"
    assert month(world, 6, retention(0.80)) == "fired"
    assert len(world.chains("RETENTION-002")) == 2


def test_the_chairman_takes_over(world: World) -> None:
    month(world, 3, retention(0.80))
    [chain] = world.chains("RETENTION-002")
    assert world.service().take_over(chain.execution_id, by="kim", why="my plan", now_us=world.now_us)
    assert not world.service().take_over(chain.execution_id, by="kim", why="my plan", now_us=world.now_us)
    assert world.chains("RETENTION-002")[0].reason == "taken_over"
    assert world.intents("ask_decision") == []


def nps(score: float, answers: int = 100, **fields: Any) -> VentureReadings:
    found = tuple(
        voice(f"d{number}", text, arr, score=2, key=f"a{number}")
        for number, (text, arr) in enumerate((("Support never replied", 100), ("Too many bugs", 900), ("Too expensive", 50), ("", 10)))
    )
    return VentureReadings(as_of_us=1, nps=NpsReading(nps=score, answers=answers, window_days=30), detractors=found, **fields)


def week(world: World, readings: VentureReadings, weeks: int = 1) -> str:
    world.later(days=7 * weeks)
    return world.service().evaluate_venture(readings, WEEKLY, world.now_us)["RETENTION-003"]


def test_M14_too_few_answers_neither_fire_nor_end(world: World) -> None:
    assert week(world, nps(-20, answers=99)) == "holds not"
    assert week(world, nps(-20)) == "fired"


def test_A24_a_negative_nps_tells_the_chairman_sorts_pains_plans_and_asks_each_detractor_once(world: World) -> None:
    assert week(world, nps(-20)) == "fired"
    [alert] = world.intents("raise_alert")
    assert isinstance(alert.wish, RaiseAlert)
    assert (alert.wish.kind, alert.wish.title) == ("nps_negative", "NPS is -20")
    assert titles(world, "ask_decision") == ["NPS is -20: take control, or authorise a change of course", "Pricing that customers leave or complain about"]
    wished = [one.wish for one in world.intents("create_task")]
    due = {one.kind: (one.due_us - world.now_us) // 86_400_000_000 for one in wished if isinstance(one, CreateTask)}
    assert due == {"causes_named": 7, "plan_executed": 14, "support_capacity": 14}
    found = [one.wish for one in world.intents("write_finding")]
    pains: Any = found[0].details["groups"] if isinstance(found[0], WriteFinding) else None
    assert [(one["reason"], one["quotes"]) for one in pains] == [
        ("product", ["Too many bugs"]), ("support", ["Support never replied"]), ("pricing", ["Too expensive"]),
    ]  # fmt: skip
    surveys = world.intents("send_survey")
    assert [one.key for one in surveys] == ["root_cause/a1", "root_cause/a0", "root_cause/a2", "root_cause/a3"]
    assert all(isinstance(one.wish, SendSurvey) and one.wish.exempt_from_interval for one in surveys)
    assert week(world, nps(5)) == "target reached"
    assert week(world, nps(-5)) == "fired"
    assert len(world.intents("send_survey")) == 0, "the first chain's were withdrawn when it ended, and once per answer is once"


def test_A24_an_overdue_plan_goes_to_the_chairman_once(world: World) -> None:
    week(world, nps(-20))
    [chain] = world.chains("RETENTION-003")
    row = {"venture_id": world.own, "key": "t", "kind": "causes_named", "execution_id": chain.execution_id, "title": "t", "assignee": "lead",
           "priority": "high", "script": "", "details": {}, "created_us": 1, "due_us": world.now_us - 1, "state": "open", "note": ""}  # fmt: skip
    with world.store._database.writing() as connection:
        connection.execute(sa.insert(tasks).values(**row))
    world.advance()
    world.advance()
    assert titles(world, "ask_decision").count("Overdue: causes named") == 1


def test_the_depth_of_retention_003_is_1(world: World) -> None:
    week(world, nps(-20))
    assert week(world, nps(-30)) == "waits for a person"
    assert (len(world.chains("RETENTION-003")), world.chains("RETENTION-003")[0].iteration) == (1, 1)


def test_A1_in_watch_mode_imported_answers_fire_nothing_but_the_system_heals_itself(world: World) -> None:
    world.controls.loop = LoopState(mode=Mode.watch)
    assert week(world, nps(-20)) == "watch mode"
    assert hour(world, campaigns="degraded") == "1 failing"


def components(**status: str) -> VentureReadings:
    names = ("scores", "crm", "campaigns", "surveys")
    return VentureReadings(as_of_us=1, components=tuple(ComponentReading(component=name, status=status.get(name, "healthy")) for name in names))


def hour(world: World, **status: str) -> str:
    world.later(hours=1)
    return world.service().evaluate_venture(components(**status), HOURLY, world.now_us)["RETENTION-004"]


def test_A25_each_failing_component_has_its_chain_and_its_heal(world: World) -> None:
    assert hour(world, scores="degraded", crm="degraded", surveys="warning") == "2 failing"
    assert {one.subject for one in world.chains("RETENTION-004")} == {"scores", "crm"}
    jobs = [one.wish.job for one in world.intents("run_job") if isinstance(one.wish, RunJob)]
    assert jobs == ["refresh", "sync_crm"]


def test_A25_three_failures_in_a_row_go_to_eva_and_the_fourth_to_the_chairman(world: World) -> None:
    for _ in range(2):
        hour(world, crm="degraded")
    assert (world.intents("raise_alert"), world.intents("ask_decision")) == ([], [])
    hour(world, crm="degraded")
    [alert] = world.intents("raise_alert")
    assert isinstance(alert.wish, RaiseAlert)
    assert (alert.wish.kind, alert.wish.details["to"]) == ("system_degraded", "eva")
    assert world.intents("ask_decision") == []
    hour(world, crm="degraded")
    [asked] = world.intents("ask_decision")
    assert isinstance(asked.wish, AskDecision)
    assert asked.wish.title == "crm still fails after 4 checks"
    hour(world, crm="degraded")
    assert (len(world.intents("raise_alert")), len(world.intents("ask_decision")), len(world.intents("run_job"))) == (1, 1, 5)


def test_A25_failures_are_counted_in_a_row_and_all_chains_end_when_all_are_active(world: World) -> None:
    hour(world, crm="degraded", scores="degraded")
    hour(world, crm="degraded")
    assert [one.reason for one in world.chains("RETENTION-004")] == [None, None]
    hour(world, crm="degraded", scores="degraded")
    assert world.intents("raise_alert")[0].wish == msgspec.structs.replace(
        world.intents("raise_alert")[0].wish, title="crm failed 3 checks in a row"
    )
    assert len(world.intents("raise_alert")) == 1, "scores failed once in a row"
    assert hour(world) == "active"
    assert {one.reason for one in world.chains("RETENTION-004")} == {"healed"}


def test_a_check_twice_in_an_hour_is_one_failure(world: World) -> None:
    hour(world, crm="degraded")
    world.service().evaluate_venture(components(crm="degraded"), HOURLY, world.now_us)
    assert len(world.intents("run_job")) == 1


def test_a_component_somebody_took_over_is_left_alone_until_it_has_worked(world: World) -> None:
    hour(world, crm="degraded")
    [chain] = world.chains("RETENTION-004")
    world.service().take_over(chain.execution_id, by="eva", why="new credentials", now_us=world.now_us)
    hour(world, crm="degraded")
    assert len(world.chains("RETENTION-004")) == 1
    hour(world)
    hour(world, crm="degraded")
    assert len(world.chains("RETENTION-004")) == 2


def test_the_fan_out_of_a_chain_has_a_hard_budget(world: World) -> None:
    live = world.service()
    live.ensure_shipped(world.now_us)
    definition = msgspec.structs.replace(live.live()["RETENTION-003"].definition, max_actions=8)
    live.publish([definition], by="kim", why="test", now_us=world.now_us)
    week(world, nps(-20))
    assert world.chains("RETENTION-003")[0].actions == 8 + 1, "and the incident that says so"
