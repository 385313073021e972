"""What customers did, read from facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.scoring.house import House, at, customer, feature, login, ticket

from tenure.model.facts import Answer, Record, Ticket, TicketStatus
from tenure.model.touches import Response, ResponseKind
from tenure.warehouse.loop.responses import FactResponses, FactsMark


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.say(customer("acme"), customer("bolt"))
    yield made
    made.close()


def told(house: House, mark: FactsMark, day: float, *records: Record) -> list[Response]:
    """What is told of acme after these facts came in."""
    house.say(*records)
    house.service.drain(at(day))
    responses = FactResponses(house.warehouse.engine, house.mapping, key_features=["reports"])
    return responses.since(mark, ["acme"], at(day))


def kinds(found: list[Response]) -> list[str]:
    return [one.kind.value for one in found]


def test_a_survey_answer_is_a_response_with_its_score(house: House) -> None:
    answer = Answer(survey="nps", score=3, answered_us=at(2), customer_id="acme", user_id="eve")
    (found,) = told(house, FactsMark(), 3, answer)
    assert (found.kind, found.occurred_us, found.user_id) == (ResponseKind.survey_answered, at(2), "eve")
    assert found.details == {"survey": "nps", "score": 3}


def test_I3_answers_of_customers_nobody_deals_with_are_told_too_but_not_what_is_long_past(house: House) -> None:
    given = [Answer(survey="nps", score=score, answered_us=at(day), customer_id="bolt", user_id="bea") for score, day in ((2, 0.5), (4, 2))]
    told(house, FactsMark(), 3, *given, login("bolt", 2))
    responses = FactResponses(house.warehouse.engine, house.mapping)
    assert [one.customer_id for one in responses.since(FactsMark(), [], at(3), answers_since_us=at(1))] == ["bolt"]
    everybody = responses.since(FactsMark(), ["acme"], at(3), answers_since_us=at(1))
    assert [(one.kind.value, one.details["score"]) for one in everybody] == [("survey_answered", 4)]
    assert len(responses.since(FactsMark(), ["bolt"], at(3), answers_since_us=at(1))) == 3, "of those asked for everything"


def test_a_new_ticket_and_one_brought_back_to_open_are_replies(house: House) -> None:
    pending = Ticket(ticket_id="t1", customer_id="acme", stated_us=at(2), status=TicketStatus.pending)
    first = told(house, FactsMark(), 3, ticket("t1", "acme", 1), pending)
    assert [(one.kind.value, one.details["how"]) for one in first] == [("ticket_reply", "new")]
    mark = FactResponses(house.warehouse.engine, house.mapping).mark(at(3))
    again = Ticket(ticket_id="t1", customer_id="acme", stated_us=at(4), status=TicketStatus.open)
    (reply,) = told(house, mark, 5, again)
    assert (reply.details["how"], reply.occurred_us) == ("reopened", at(4))


def test_logins_and_key_events_are_told_once_a_day_and_are_no_responses(house: House) -> None:
    found = told(
        house, FactsMark(), 3, login("acme", 1), login("acme", 1.5), login("acme", 2), feature("acme", "reports", 2.2),
        feature("acme", "alerts", 2.3), login("bolt", 2),
    )  # fmt: skip
    assert kinds(found) == ["login", "login", "key_event"]
    assert not any(one.kind.is_response for one in found)


def test_after_the_mark_only_what_is_new_is_told_and_a_late_fact_is_new(house: House) -> None:
    first = told(house, FactsMark(), 3, login("acme", 1))
    mark = FactResponses(house.warehouse.engine, house.mapping).mark(at(3))
    assert told(house, mark, 4) == []
    late = told(house, mark, 5, login("acme", 0.5), login("acme", 0.7))
    assert [one.occurred_us for one in late] == [at(0.5)]
    assert late[0].key not in {one.key for one in first}


def test_a_fact_dated_ahead_is_told_when_its_time_has_come(house: House) -> None:
    assert told(house, FactsMark(), 3, login("acme", 4)) == []
    mark = FactResponses(house.warehouse.engine, house.mapping).mark(at(3))
    assert kinds(told(house, mark, 5)) == ["login"]


def test_asked_twice_the_same_response_has_the_same_key(house: House) -> None:
    once = told(house, FactsMark(), 3, login("acme", 1), ticket("t1", "acme", 1))
    assert told(house, FactsMark(), 3) == once
    assert len({one.key for one in once}) == 2
