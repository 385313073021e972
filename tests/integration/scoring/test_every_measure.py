"""Every kind of measure, read through real facts: values as a person would count them, equal on every way to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.scoring.house import House, at, customer, feature, login, ticket

from tenure.model.facts import Answer, Event, InvoiceState, Movement, MovementKind, Ticket, TicketStatus, User
from tenure.rules.scorecard.catalogue import KINDS
from tenure.scorecards import default_scorecard
from tenure.services.scorecards import ScorecardService
from tenure.warehouse.scoring.inputs import measures_of

DOCUMENT = (Path(__file__).parent / "every_measure.yaml").read_text()


def _publish(house: House, text: str) -> None:
    service = ScorecardService(
        house.store, house.keeper, venture_id=house.venture_id, parameters=lambda: house.parameters,
        mapping=house.mapping, default_scorecard=default_scorecard(), clock=house.clock,
    )  # fmt: skip
    plan = service.plan({"every_measure.yaml": text}, at(40))
    service.apply(plan, by="Ada", why="to read everything")


def _story(house: House) -> None:
    house.say(
        customer("a", 0, seats=4, primary_contact="user-of-a", renewal_us=at(60), traits={"size": 120, "tier": "gold"}),
        customer("b", 5),
        *(login("a", day + 0.3) for day in (2, 3, 20, 35, 38, 39)),
        Event(name="export", occurred_us=at(36.5), user_id="second", customer_id="a"),
        feature("a", "reports", 4), feature("a", "reports", 6), feature("a", "alerts", 8),
        ticket("t1", "a", 30), ticket("t2", "a", 10), ticket("t2", "a", 12, "solved"),
        Ticket(ticket_id="t3", customer_id="a", stated_us=at(36), created_us=at(35), status=TicketStatus.solved,
               resolved_us=at(36), first_reply_us=at(35.1), satisfaction_hundredths=200),
        Answer(survey="nps", score=9, answered_us=at(15), customer_id="a", user_id="user-of-a"),
        Movement(customer_id="a", occurred_us=at(1), kind=MovementKind.new, monthly_cents=10_000),
        Movement(customer_id="a", occurred_us=at(30), kind=MovementKind.contraction, monthly_cents=2_500,
                 invoice_state=InvoiceState.failed),
        User(user_id="user-of-a", stated_us=at(39), customer_id="a", deactivated_us=at(39)),
    )  # fmt: skip
    house.store.pulses.add(
        house.venture_id, "a", value=35, reason="Quiet call", person="Ada", now_us=at(38), until_us=at(70)
    )


def test_every_kind_of_measure_is_read_as_a_person_would_count(house: House) -> None:
    _publish(house, DOCUMENT)
    _story(house)
    house.refresh(40)
    readings = {reading.measure: reading for reading in house.service.explain("a").health.readings}
    values = {name: reading.value for name, reading in readings.items()}
    assert {m.reads for m in measures_of(house.service.config())} == set(KINDS)
    assert values["logins"] == 3
    assert values["active_days"] == 5  # days 20, 35, 36, 38 and 39 of the window 11..40
    assert values["active_users"] == 2
    assert values["seats"] == 0.5
    assert values["trend"] == 5 / 5
    assert values["exports"] == 1
    assert (values["open"], values["old"], values["slow"], values["angry"]) == (1, 1, 1, 1)
    assert (values["rating"], values["ratings"], values["nps"]) == (2, 2, 9)
    assert (values["breadth"], values["depth"], values["core"], values["first_value"]) == (2, 1.5, 0, 4)
    assert (values["unpaid"], values["renewal"], values["shrinking"], values["sponsor"]) == (1, 20, 0.25, 1)
    assert (values["feeling"], values["size"]) == (35, 120)


def test_accumulated_full_and_evaluated_scores_are_the_same(house: House) -> None:
    _publish(house, DOCUMENT)
    _story(house)
    house.refresh(40)
    house.say(login("b", 40.2), ticket("t9", "b", 39))
    house.refresh(41)
    computed = {row["customer_id"]: row["total"] for row in house.service.at(at(41)).to_pylist()}
    for name in "ab":
        kept = house.keeper.kept(name)
        assert kept.total == computed[name] == house.service.explain(name).health.total


def test_the_split_of_a_windowed_scorecard_tells_time_late_facts_and_behaviour(house: House) -> None:
    _publish(
        house,
        "name: days\ncomponents: [{id: usage, weight: 100, full: 30, measures: "
        "[{id: active, reads: active_days, window_days: 10, linear: {per_unit: 1}}]}]",
    )
    house.say(customer("a"), *(login("a", day + 0.5) for day in (1, 2, 3, 4)))
    house.refresh(10)  # days 1..10
    house.say(login("a", 5.5), login("a", 10.5), login("a", 11.5), login("a", 12.5))
    house.refresh(13)  # days 4..13
    change = house.store.health.get(house.venture_id, "a").change
    assert change is not None
    one_day = 100 / 30
    assert change.late == pytest.approx(one_day, abs=1e-8)
    assert change.time == pytest.approx(-3 * one_day, abs=1e-8)
    assert change.behaviour == pytest.approx(3 * one_day, abs=1e-8)
    assert change.total == change.late + change.time + change.behaviour + change.configuration


def test_publishing_says_first_who_would_change_status(house: House) -> None:
    house.say(customer("a"), customer("b"), login("a", 9.5))
    house.refresh(10)
    service = ScorecardService(
        house.store, house.keeper, venture_id=house.venture_id, parameters=lambda: house.parameters,
        mapping=house.mapping, default_scorecard=default_scorecard(), clock=house.clock,
    )  # fmt: skip
    stricter = default_scorecard().replace("points: {parameter: active_engagement_points}}", "points: 10}")
    plan = service.plan({"default.yaml": stricter}, at(10))
    assert [(one.name, one.state.value, one.version) for one in plan.cards] == [("default", "new", 1)]
    assert plan.effect is not None and plan.effect.moves == {"healthy -> at_risk": 1}
    assert plan.effect.examples[0][:3] == ("a", 70.0, 40.0)
    service.apply(plan, by="Ada", why="stricter")
    assert service.plan({"default.yaml": stricter}, at(10)).is_empty
    house.refresh(10.1)
    assert house.store.health.get(house.venture_id, "a").scorecard_version.startswith("default@1+")
