"""Answering decisions from a mail: GET shows, POST answers, the first answer wins."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tenure.api.decision_links import decision_router
from tenure.clock import FixedClock
from tenure.errors import Refused
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung

DECISION = Decision(
    decision_id=7, key="d7", kind=DecisionKind.special_offer, title="Offer <20 %> to Example", state=DecisionState.open, rung=Rung.chairman,
    customer_id="c1", context={}, blast=BlastRadius(people=1), recommendation="approve", options=("approve", "refuse"),
    cause=Cause(kind=CauseKind.person), asked_us=0, deadline_us=1,
)  # fmt: skip


@dataclass
class Link:
    answer: str = "approve"


@dataclass
class Shown:
    decision: Decision
    is_open: bool
    link: Link


class Door:
    """One decision that can be answered once."""

    def __init__(self) -> None:
        self.decision, self.notes = DECISION, list[str]()

    def show(self, token: str, now_us: int) -> Shown:
        if token != "good":
            raise Refused("This link is not valid.", "Use the link of the message as it is.")
        return Shown(self.decision, not self.decision.state.is_over, Link())

    def answer(self, token: str, note: str, now_us: int) -> tuple[Decision, bool]:
        self.show(token, now_us)
        is_first = not self.decision.state.is_over
        if is_first:
            self.notes.append(note)
            self.decision = msgspec.structs.replace(self.decision, state=DecisionState.answered, answer="approve", answered_by="Kim")
        return self.decision, is_first


def test_following_the_link_decides_nothing_and_the_button_answers_once() -> None:
    door = Door()
    api = FastAPI()
    api.include_router(decision_router(door, FixedClock(1), "Acme"))
    with TestClient(api) as web:
        asked = web.get("/d/good")
        assert asked.status_code == 200 and "Offer &lt;20 %&gt; to Example" in asked.text and "Answer: approve" in asked.text
        assert web.head("/d/good").status_code == 200 and door.notes == []
        assert "Answered" in web.post("/d/good", data={"note": "go ahead"}).text and door.notes == ["go ahead"]
        again = web.post("/d/good", data={"note": "twice"})
        assert again.status_code == 410 and "approve, by Kim" in again.text and door.notes == ["go ahead"]
        assert web.get("/d/good").status_code == 410
        assert web.get("/d/forged").status_code == 404 and web.post("/d/forged").status_code == 404
