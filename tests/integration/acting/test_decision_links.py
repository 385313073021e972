"""The pages behind the links of a decision's mail."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.integration.acting.house import MONDAY_10_US, House

from tenure.api.decisions import decision_router
from tenure.clock import FixedClock
from tenure.model.decisions import DecisionState
from tenure.model.intents import AskDecision
from tenure.services.decisions.doors import LinkDoor


def opened(house: House) -> tuple[TestClient, str]:
    """A browser, and the path of the first link in the chairman's mail."""
    house.card(name="<b>Acme</b>")
    wish = AskDecision(kind="critical_escalation", title="<i>Unanswered</i>", customer_id="c1")
    house.decisions.carry_out([house.intent(wish)], MONDAY_10_US)
    app = FastAPI()
    door = LinkDoor(house.decisions, house.store.decisions, house.links, house.own)
    app.include_router(decision_router(door, FixedClock(MONDAY_10_US)))
    text = str(house.touches.to("cleo@example.com")[0].content["text"])
    link = next(line for line in text.splitlines() if "/d/" in line)
    return TestClient(app), link[link.index("/d/") :]


def test_following_a_link_shows_a_page_and_decides_nothing(house: House) -> None:
    browser, path = opened(house)
    for _ in range(3):
        page = browser.get(path)
    assert page.status_code == 200 and "Confirm" in page.text and "<i>" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer" and page.headers["cache-control"] == "no-store"
    assert house.store.decisions.list(house.own)[0].state is DecisionState.open


def test_confirming_answers_once_and_later_visitors_see_who_decided(house: House) -> None:
    browser, path = opened(house)
    assert "Thank you" in browser.post(path, data={"note": "call them & ask"}).text
    decision = house.store.decisions.list(house.own)[0]
    assert (decision.state, decision.answered_via, decision.answer_details) == (DecisionState.answered, "email", {"note": "call them & ask"})
    assert "Already decided" in browser.post(path).text
    assert "Already decided" in browser.get(path).text


def test_a_forged_link_is_told_so_without_a_trace_of_the_decision(house: House) -> None:
    browser, path = opened(house)
    page = browser.get(path[:-3] + "abc")
    assert page.status_code == 400 and "not valid" in page.text and "Unanswered" not in page.text
