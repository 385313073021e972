"""A waiting draft written anew by a model: masked, checked, marked, and still waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.models.test import TestModel
from tests.outreach_builder import WEDNESDAY_NOON_US, card, parameters, stores_of, wanted

from tenure.errors import BadInput, NotFound, Refused, Unavailable
from tenure.model.cards import LostPoints
from tenure.model.incidents import Mode
from tenure.model.links import cta
from tenure.model.touches import TouchState
from tenure.ports.writer import Brief, Written
from tenure.providers.llm.config import LlmSettings
from tenure.providers.llm.write import ModelWriter
from tenure.providers.registry import Registry
from tenure.services.outreach import Outreach
from tenure.services.outreach.rewriting import Rewriting
from tenure.store import Store

TEXT = f"Hi Sam,\n\nyour team has not exported lately.\n\n{cta('help')}\n\nRobin\n"
LOST = LostPoints(measure="last_login", component="engagement", points=20, sentence="The last login was 21 days ago.")


class Scripted:
    """A writer that answers in turn, and keeps what it was told."""

    name = "test:scripted"

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers, self.briefs = list(answers), list[Brief]()

    def write(self, brief: Brief) -> Written:
        self.briefs.append(brief)
        return Written(subject="Can we help, [[1]]?" if "[[1]]" in brief.text else "Can we help?", text=self.answers.pop(0))


class House:
    """A live venture in assisted mode with one draft."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.own = store.ventures.ensure("acme", name="Acme", currency="USD", timezone="UTC", now_us=1).venture_id
        store.controls.switch(self.own, Mode.live, by="kim", why="seen", now_us=1)
        store.cards.put(self.own, [card("c1", name="Northwind", lost=(LOST,), features_used=("Export",))])
        content = {"subject": "A guide", "text": TEXT, "html": f'<p>Hi Sam</p><p><a href="{cta("help")}">The guide</a></p>', "links": {"cta/help": "https://example.com"}}
        store.touches.want(self.own, [wanted(content=content)], now_us=WEDNESDAY_NOON_US)
        asked = parameters(autonomy={"message": "assisted", "offer": "assisted", "survey": "assisted"}, quiet_hours="none")
        Outreach(stores_of(store), self.own, "acme", lambda: asked, None).gate(WEDNESDAY_NOON_US)
        [self.draft] = store.touches.by_keys(self.own, ["k1"])
        assert self.draft.state is TouchState.drafted

    def rewrite(self, writer: Any, wish: str = "") -> Written:
        rewriting = Rewriting(self.own, stores_of(self.store), writer)
        return rewriting.rewrite(self.draft.touch_id, wish=wish, by="kim", now_us=WEDNESDAY_NOON_US)

    def now(self) -> Any:
        return self.store.touches.get(self.own, self.draft.touch_id)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Store.open(tmp_path, environment={}) as store:
        yield House(store)


def masked(house: House) -> Brief:
    """What a writer is told of this draft."""
    asked = Scripted([TEXT])
    house.rewrite(asked, wish="shorter, for Northwind")
    return asked.briefs[0]


def test_names_stay_in_the_house(house: House) -> None:
    brief = masked(house)
    told = "\n".join((brief.subject, brief.text, brief.wish, *brief.facts))
    assert not any(word in told for word in ("Sam", "Robin", "Northwind", "example.com"))
    assert "The last login was 21 days ago." in brief.facts and cta("help") in brief.text


def test_without_a_card_no_name_could_be_hidden_so_the_model_is_told_nothing(house: House) -> None:
    house.store.cards.delete(house.own, ["c1"])  # as a merge does
    writer = Scripted([TEXT])
    with pytest.raises(Refused, match="hidden"):
        house.rewrite(writer)
    assert writer.briefs == [] and house.now().content == house.draft.content


def test_a_draft_is_replaced_marked_and_still_waits(house: House) -> None:
    written = house.rewrite(Scripted([f"Hello,\n\nthe last login was 21 days ago. This helps:\n\n{cta('help')}"]))
    found = house.now()
    assert found.state is TouchState.drafted
    assert found.content["text"] == written.text and found.content["drafted_by"] == "test:scripted"
    assert f'<a href="{cta("help")}">The guide</a>' in found.content["html"], "the link keeps its words"
    assert found.content["links"] == {"cta/help": "https://example.com"}


def test_it_is_asked_once_more_with_the_reason_and_then_the_draft_stays(house: House) -> None:
    bad = f"We give you 50 % off.\n\n{cta('help')}"
    good = f"We would like to help.\n\n{cta('help')}"
    patient = Scripted([bad, good])
    house.rewrite(patient)
    assert any("50" in one for one in patient.briefs[1].objections)
    with pytest.raises(Refused, match="the number 50"):
        house.rewrite(Scripted([bad, bad]))
    assert "We would like to help." in house.now().content["text"]


def test_only_a_draft_is_rewritten(house: House) -> None:
    house.store.touches.approve(house.own, [house.draft.touch_id], by="kim", now_us=WEDNESDAY_NOON_US, expires_us=WEDNESDAY_NOON_US * 2)
    with pytest.raises(NotFound):
        house.rewrite(Scripted([TEXT]))


@pytest.mark.parametrize(("act", "said"), [("edit", "changed draft"), ("approve", "was answered")])
def test_what_a_person_did_while_the_model_wrote_stays_and_the_loser_is_told(house: House, act: str, said: str) -> None:
    def person() -> None:
        if act == "approve":
            house.store.touches.approve(house.own, [house.draft.touch_id], by="kim", now_us=WEDNESDAY_NOON_US, expires_us=WEDNESDAY_NOON_US * 2)
            return
        office = Outreach(stores_of(house.store), house.own, "acme", parameters, None)
        office.edit(house.draft.touch_id, {"text": "In my own words.\n"}, by="kim", now_us=WEDNESDAY_NOON_US)

    class Slow(Scripted):
        def write(self, brief: Brief) -> Written:
            person()
            return super().write(brief)

    with pytest.raises(Refused, match=said):
        house.rewrite(Slow([f"We would like to help.\n\n{cta('help')}"]))
    assert house.now().content == house.draft.content | ({"text": "In my own words.\n"} if act == "edit" else {})


def test_a_model_of_any_maker_is_asked_through_the_library(house: House) -> None:
    answer = {"subject": "Can we help?", "text": f"We would like to help.\n\n{cta('help')}"}
    writer = ModelWriter(LlmSettings(model="test:any"), model=TestModel(custom_output_args=answer))
    assert house.rewrite(writer).subject == "Can we help?"
    assert house.now().content["drafted_by"] == "test:any"


def test_an_unknown_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be used"):
        ModelWriter(LlmSettings(model="nobody:nothing")).write(Brief(subject="s", text="t"))
    with pytest.raises(BadInput, match="No language model"):
        Registry({}, lambda name: "", tmp_path).writer()


