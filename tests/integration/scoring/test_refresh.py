"""Facts in, scores out: what a refresh publishes, splits, refuses and survives."""

from __future__ import annotations

import pytest
from tests.integration.scoring.house import House, at, customer, feature, login, ticket

from tenure.errors import BadInput
from tenure.model.health import HealthStatus
from tenure.model.runs import RunState


def test_a_refresh_publishes_the_default_score_of_every_scored_customer(house: House) -> None:
    house.say(
        customer("quiet"), customer("busy"), customer("ours", internal=True), login("busy", 9.5),
        feature("busy", "export", 3), feature("busy", "alerts", 4), ticket("t1", "busy", 8),
    )  # fmt: skip
    result = house.refresh(10)
    assert (result.state, result.scored, result.published) == (RunState.published, 2, 2)
    assert house.scores() == {"quiet": 30.0, "busy": 40.0 + 20.0 + 10.0}
    listed = house.store.health.get(house.venture_id, "busy")
    assert listed.components == {"engagement": 40.0, "support": 20.0, "value": 10.0}
    assert listed.previous_score is None
    assert listed.coverage == 1.0


def test_a_second_refresh_publishes_only_what_changed_with_its_split(house: House) -> None:
    house.say(customer("a"), customer("b"), login("a", 9.5), login("b", 9.5))
    house.refresh(10)
    house.say(login("b", 10.2), feature("b", "export", 10.1))
    result = house.refresh(11)
    assert result.published == 2
    a, b = (house.store.health.get(house.venture_id, name) for name in "ab")
    assert (a.score, a.previous_score) == (60.0, 70.0)
    assert a.change is not None and (a.change.time, a.change.behaviour, a.change.late) == (-10.0, 0.0, 0.0)
    assert b.change is not None and (b.change.time, b.change.behaviour, b.change.late) == (-10.0, 15.0, 0.0)
    assert house.refresh(11.1).published == 0


def test_a_late_fact_is_told_from_behaviour(house: House) -> None:
    house.say(customer("a"), login("a", 1))
    house.refresh(10)
    house.say(login("a", 9.5), feature("a", "export", 10.5))
    house.refresh(11)
    a = house.store.health.get(house.venture_id, "a")
    assert a.change is not None
    assert (a.change.late, a.change.time, a.change.behaviour) == (20.0, -10.0, 5.0)
    assert a.score == 20 + 30 + 20 - 10 + 5


def test_a_changed_parameter_is_configuration(house: House) -> None:
    house.say(customer("a"), login("a", 9), ticket("t", "a", 9))
    house.refresh(10.5)
    house.parameters = type(house.parameters)(house.parameters.own, {}, frozenset())
    from tenure.parameters import resolve

    house.parameters = resolve({"ticket_penalty": 20})
    changed = house.refresh(10.6)
    assert (changed.checks["same_configuration"], house.refresh(10.7).checks["same_configuration"]) == (False, True), "A4"
    a = house.store.health.get(house.venture_id, "a")
    assert a.change is not None and a.change.configuration == -10.0
    assert a.change.total == a.change.configuration


def test_customers_who_leave_are_taken_out(house: House) -> None:
    house.say(customer("a"), customer("b"))
    house.refresh(10)
    house.say(customer("a", 10.5, churned_us=at(10.7)))
    house.refresh(11)
    assert set(house.scores()) == {"b"}


def test_a_touched_refresh_scores_only_customers_with_new_facts(house: House) -> None:
    house.say(customer("a"), customer("b"), login("a", 9), login("b", 9))
    house.refresh(9.5)
    house.say(ticket("t", "b", 9.8))
    result = house.refresh(12, touched_only=True)
    assert result.scored == 1
    assert house.scores() == {"a": 70.0, "b": 50.0}


def test_a_refresh_never_goes_back(house: House) -> None:
    house.say(customer("a"))
    house.refresh(10)
    with pytest.raises(BadInput, match="only goes forward"):
        house.refresh(9)


def test_an_override_sets_the_shown_status_until_it_expires(house: House) -> None:
    house.say(customer("a"), login("a", 9.9))
    house.store.overrides.add(
        house.venture_id, "a", score=None, status=HealthStatus.critical, reason="Left the room angry",
        person="Ada", from_us=at(9), until_us=at(11), now_us=at(9),
    )  # fmt: skip
    house.refresh(10)
    assert house.store.health.get(house.venture_id, "a").status is HealthStatus.critical
    told = house.service.explain("a")
    assert told.health.override_reason == "Left the room angry"
    assert told.computed_status is HealthStatus.healthy
    house.refresh(11.5, touched_only=True)
    assert house.store.health.get(house.venture_id, "a").status is HealthStatus.at_risk


def test_a_run_that_violates_its_checks_publishes_nothing_and_says_why(house: House) -> None:
    names = [f"c{n}" for n in range(30)]
    house.say(*map(customer, names), *(login(name, 29.9) for name in names))
    house.say(ticket("old", "c0", 1), ticket("old", "c0", 2, "solved"))
    house.refresh(30)
    before = house.scores()
    assert set(before.values()) == {70.0}
    house.say(*(ticket(f"{name}-{n}", name, 30.1) for name in names for n in range(4)))
    refused = house.refresh(30.5)
    assert refused.state is RunState.refused
    assert refused.problems == ("30 of 30 customers fell a band at once, which looks like missing data.",)
    assert house.scores() == before
    last = house.store.runs.last(house.venture_id)
    assert last is not None and last.state is RunState.refused and "30 of 30" in last.message
    assert house.refresh(30.5, force=True).state is RunState.published
    assert set(house.scores().values()) == {40.0}


def test_a_published_score_is_reproduced_from_facts_to_the_last_digit(house: House) -> None:
    house.say(customer("a"), customer("b"), login("a", 3), feature("b", "export", 5))
    house.refresh(10)
    first = {"a": house.scores()["a"], "b": house.scores()["b"]}
    house.say(login("a", 9.9), ticket("t", "b", 4))
    house.refresh(12)
    again = house.service.at(at(10), known=1).to_pylist()
    assert {row["customer_id"]: row["score"] for row in again} == first
    now = house.service.at(at(12)).to_pylist()
    assert {row["customer_id"]: row["score"] for row in now} == house.scores()


def test_what_was_kept_but_not_published_is_published_by_the_next_refresh(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.say(customer("a"), customer("b"))
    house.refresh(10)
    house.say(login("a", 10.5))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(house.store.health), "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            house.refresh(11)
    assert house.scores() == {"a": 30.0, "b": 30.0}
    house.refresh(11)
    assert house.scores() == {"a": 70.0, "b": 30.0}


def test_explain_says_why_in_plain_words(house: House) -> None:
    house.say(customer("a"), login("a", 1), feature("a", "export", 2))
    house.refresh(10)
    told = house.service.explain("a")
    assert [reading.sentence for reading in told.health.readings] == [
        "last login 9 days ago: 20 of 40",
        "support not measured: 30 of 30",
        "1 feature adopted: 5 of 30",
        "no core features named yet: 0 of 10",
    ]
    assert told.health.coverage == 0.75
    assert told.health.score == 55.0
    past = house.service.explain("a", now_us=at(1.5))
    assert past.health.score == 70.0
