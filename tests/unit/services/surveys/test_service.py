"""Surveys go through the ledger of touches like everything else, once each; detractors give the owner a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tenure.clock import DAY_US
from tenure.model.cards import CustomerCard
from tenure.model.cause import Cause, CauseKind
from tenure.model.intents import CreateTask, Intent, SendSurvey
from tenure.model.touches import Response, ResponseKind
from tenure.parameters import DEFAULTS
from tenure.ports.surveys import SurveyCounts
from tenure.ports.touches import WantedTouch
from tenure.services.surveys import SurveyService, SurveyText, survey_texts
from tenure.store import Store
from tenure.store.loop_tables import touches

NOW = 20_000 * DAY_US
CAUSE = Cause(kind=CauseKind.trigger, trigger="RETENTION-001", execution_id=7)


class Ledger:
    """The two calls of the ledger that surveys make, kept by key."""

    def __init__(self) -> None:
        self.rows: dict[str, WantedTouch] = {}

    def want(self, venture_id: int, wanted: Sequence[WantedTouch], *, now_us: int) -> int:
        new = [one for one in wanted if one.key not in self.rows]
        self.rows.update({one.key: one for one in new})
        return len(new)


def mail(text: SurveyText, card: CustomerCard, subject: str) -> Mapping[str, object]:
    return {"subject": subject, "text": text.text}


class House:
    def __init__(self, store: Store) -> None:
        self.store, self.ledger = store, Ledger()
        self.venture = store.ventures.ensure("main", name="Acme", currency="USD", timezone="UTC", now_us=1).venture_id
        self.service = SurveyService(
            self.venture,
            store.surveys,
            self.ledger,  # type: ignore[arg-type]
            store.intents,
            store.cards,
            mail,
            lambda card: DEFAULTS,
        )

    def known(self, *ids: str) -> list[CustomerCard]:
        cards = [CustomerCard(customer_id=one, as_of_us=NOW) for one in ids]
        self.store.cards.put(self.venture, cards)
        return cards


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Store.open(tmp_path, environment={}) as opened:
        yield House(opened)


def wish(key: str, survey: str = "nps", **others: Any) -> Intent:
    return Intent(key=key, wish=SendSurvey(survey=survey, customer_id="c1", **others), cause=CAUSE)


def answer(score: int, **others: Any) -> Response:
    details = {"survey": "nps", "score": score}
    fields: dict[str, Any] = {"key": f"a{score}", "kind": ResponseKind.survey_answered, "occurred_us": NOW + 1, "customer_id": "c1"}
    return Response(**(fields | {"details": details} | others))


def test_asking_twice_with_one_key_is_once(house: House) -> None:
    house.known("c1")
    assert house.service.carry_out([wish("k")], NOW) == {"k": ""}
    house.service.carry_out([wish("k")], NOW)
    assert list(house.ledger.rows) == ["survey:k"]
    touch = house.ledger.rows["survey:k"]
    assert (touch.customer_id, touch.step, touch.execution_id) == ("c1", "nps", 7)
    assert touch.content["subject"] == survey_texts()["nps"].subject


def test_A24_root_cause_and_exit_surveys_do_not_wait_for_the_interval(house: House) -> None:
    house.known("c1")
    house.service.carry_out([wish("first")], NOW)
    notes = house.service.carry_out([wish("again"), wish("why", "root_cause"), wish("bye", "exit")], NOW + 5 * DAY_US)
    assert notes == {"again": "asked within the survey interval", "why": "", "bye": ""}


def test_C7_nps_is_asked_once_per_interval(house: House) -> None:
    cards = house.known("c1", "c2")
    assert house.service.deploy_nps(cards, 1, frozenset(), NOW) == 2
    assert house.service.deploy_nps(cards, 1, frozenset(), NOW) == 0
    assert house.service.deploy_nps(cards, 1, frozenset(), NOW + 89 * DAY_US) == 0
    assert house.service.due_again(NOW + 90 * DAY_US) == ["c1", "c2"]
    assert house.service.deploy_nps(cards, 1, frozenset(), NOW + 90 * DAY_US) == 2


def test_I4_who_has_not_answered_is_reminded_once(house: House) -> None:
    cards = house.known("c1", "c2")
    house.service.deploy_nps(cards, 1, frozenset(), NOW)
    house.service.hear([answer(9)], NOW + 2)
    assert house.service.remind(NOW + 3 * DAY_US) == 0
    assert house.service.remind(NOW + 4 * DAY_US) == 1
    assert house.service.remind(NOW + 5 * DAY_US) == 0
    reminded = [one for one in house.ledger.rows.values() if one.key.endswith(":reminder")]
    assert [one.customer_id for one in reminded] == ["c2"]
    assert reminded[0].content["subject"] == survey_texts()["nps"].reminder_subject


def test_I3_every_detractor_gives_the_owner_a_task_within_48_hours_once(house: House) -> None:
    house.known("c1")
    house.service.carry_out([wish("k")], NOW)
    for _ in range(2):
        house.service.hear([answer(6), answer(7)], NOW + 2)
    tasks = house.store.intents.pending(house.venture, "create_task", now_us=NOW)
    assert len(tasks) == 1
    assert isinstance(tasks[0].wish, CreateTask)
    assert tasks[0].wish.due_us == NOW + 1 + 2 * DAY_US
    assert house.store.surveys.counts(house.venture, 0) == SurveyCounts(due=1, left=1, answered=1)


def test_an_answer_heard_again_by_every_tick_is_marked_once_and_not_on_the_next_asking(house: House) -> None:
    cards = house.known("c1")
    house.service.deploy_nps(cards, 1, frozenset(), NOW)
    assert [house.service.hear([answer(9)], NOW + at) for at in (2, 3)] == [1, 0]
    house.service.deploy_nps(cards, 1, frozenset(), NOW + 90 * DAY_US)
    assert house.service.hear([answer(9)], NOW + 90 * DAY_US) == 0
    assert house.store.surveys.open_ones(house.venture, ["c1", "c2"]) == {("nps", "c1")}
    assert house.store.surveys.due_again(house.venture, "nps", NOW, {"failed": NOW}) == []


def test_a_customer_nobody_knows_is_not_asked(house: House) -> None:
    assert house.service.carry_out([wish("k")], NOW) == {"k": "no card of this customer"}
    assert not house.ledger.rows


def test_every_shipped_survey_names_its_scale_and_its_link() -> None:
    for text in survey_texts().values():
        assert text.low < text.high
        assert "{{ link.survey }}" in text.text
        assert "{{ link.survey }}" in text.html


def become(house: House, key: str, state: str, at_us: int = NOW, sent_us: int | None = None) -> None:
    """The ledger has the touch of that asking, and this became of it."""
    house.store.touches.want(house.venture, [house.ledger.rows[key]], now_us=at_us)
    with house.store._database.writing() as connection:
        mine = sa.and_(touches.c.venture_id == house.venture, touches.c.key == key)
        connection.execute(sa.update(touches).where(mine).values(state=state, sent_us=sent_us))


@pytest.mark.parametrize(("state", "days"), [("failed", 1), ("refused", 14), ("skipped", 14), ("withdrawn", 14)])
def test_I4_who_never_got_the_survey_is_not_reminded_and_no_interval_began(house: House, state: str, days: int) -> None:
    cards = house.known("c1")
    house.service.deploy_nps(cards, 1, frozenset(), NOW)
    become(house, f"survey:nps:c1:{NOW // DAY_US}", state)
    assert house.service.remind(NOW + 4 * DAY_US) == 0
    again_us = NOW + days * DAY_US
    assert house.service.due_again(again_us - 1) == [] and house.service.deploy_nps(cards, 1, frozenset(), again_us - 1) == 0
    assert house.service.due_again(again_us) == ["c1"] and house.service.deploy_nps(cards, 1, frozenset(), again_us) == 1


def test_I4_four_days_count_from_when_the_survey_left(house: House) -> None:
    house.service.deploy_nps(house.known("c1"), 1, frozenset(), NOW)
    key = f"survey:nps:c1:{NOW // DAY_US}"
    become(house, key, "deferred")
    assert house.service.remind(NOW + 4 * DAY_US) == 0, "it waits yet"
    become(house, key, "sent", sent_us=NOW + 2 * DAY_US)
    assert house.service.remind(NOW + 5 * DAY_US) == 0
    assert house.service.remind(NOW + 6 * DAY_US) == 1


def test_M16_surveys_that_could_not_leave_were_due_and_those_a_gate_holds_were_not(house: House) -> None:
    house.service.deploy_nps(house.known("c1", "c2", "c3", "c4"), 1, frozenset(), NOW)
    day = NOW // DAY_US
    for customer, state in (("c1", "failed"), ("c2", "refused"), ("c3", "drafted"), ("c4", "queued")):
        become(house, f"survey:nps:{customer}:{day}", state)
    counted = house.store.surveys.counts
    assert counted(house.venture, 0) == SurveyCounts(due=1, left=0, answered=0)
    assert counted(house.venture, 0, stuck_before_us=NOW + 1) == SurveyCounts(due=2, left=0, answered=0)
    become(house, f"survey:nps:c4:{day}", "sent", sent_us=NOW)
    assert counted(house.venture, 0, stuck_before_us=NOW + 1) == SurveyCounts(due=2, left=1, answered=0)
