"""Thumbs up or down with a word: taken at every door, added up, shown and cited (Day one, 14)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.integration.acting.house import MONDAY_10_US, House
from tests.outreach_builder import wanted

from tenure.api.useful import useful_router
from tenure.clock import DAY_US, FixedClock
from tenure.errors import BadInput, NotFound, Refused
from tenure.model.intents import RaiseAlert
from tenure.model.useful import Subject
from tenure.model.ventures import Person, Role
from tenure.rules.useful import cited, line
from tenure.services.alerts.service import AlertService
from tenure.services.useful.links import UsefulLink, UsefulLinks
from tenure.services.useful.service import UsefulService, is_useful_click, mark_from_slack

NOW = MONDAY_10_US


@pytest.fixture
def useful(house: House) -> UsefulService:
    return UsefulService(house.store, house.own)


@pytest.fixture
def links(house: House) -> UsefulLinks:
    return UsefulLinks(lambda: b"a key of this test", house.venture.key, "https://tenure.example.com")


@pytest.fixture
def alert(house: House, links: UsefulLinks) -> str:
    """An alert told with thumbs; its number."""
    house.card()
    service = AlertService(house.store, house.touches, house.venture, lambda: house.parameters, links)
    intent = house.intent(RaiseAlert(kind="critical_customer", title="c1 is critical", customer_id="c1"))
    return service.carry_out([intent], NOW)[intent.key].removeprefix("alert ")


def test_day_one_14_an_alert_asks_by_links_in_mail_and_buttons_on_slack(house: House, alert: str, links: UsefulLinks) -> None:
    (mail,) = house.touches.to("ola@example.com")
    text = str(mail.content["text"])
    urls = [words.split(": ", 1)[1] for words in text.splitlines() if words.startswith(("Useful: ", "Not useful: "))]
    read = [links.read(url.rsplit("/v/", 1)[1]) for url in urls]
    assert [(one.ref, one.is_useful, one.by) for one in read] == [(alert, True, "Ola"), (alert, False, "Ola")]
    (slack,) = [one for one in house.touches.wanted.values() if one.channel.value == "slack"]
    buttons = [one for block in slack.content["blocks"] if block["type"] == "actions" for one in block["elements"]]  # type: ignore[attr-defined, index]
    assert [one["value"] for one in buttons] == [f"alert|{alert}|up", f"alert|{alert}|down"]


def test_day_one_14_the_last_word_of_each_person_counts_and_is_added_up_by_kind(house: House, alert: str, useful: UsefulService) -> None:
    useful.mark(Subject.alert, alert, True, by="Ola", via="email", now_us=NOW, word="right on time")
    useful.mark(Subject.alert, alert, False, by="Lee", via="email", now_us=NOW + 1, word="known  before")
    useful.mark(Subject.alert, alert, False, by="Ola", via="email", now_us=NOW + 2, word="on second thought, no")
    house.store.touches.want(house.own, [wanted("draft", customer_id="c1")], now_us=NOW)
    (draft,) = house.store.touches.by_keys(house.own, ["draft"])
    useful.mark(Subject.draft, str(draft.touch_id), True, by="Ola", via="command line", now_us=NOW)
    found = useful.report(NOW + DAY_US)
    assert [(one.subject.value, one.kind, one.up, one.down) for one in found] == [("alert", "critical_customer", 0, 2), ("draft", "at_risk", 1, 0)]
    assert line(found[0]) == "Alerts critical customer: useful 0 of 2: on second thought, no; known before"
    assert cited(found, Subject.draft, "at_risk") == "Drafts of at risk: useful 1 of 1"
    assert cited(found, Subject.draft, "win_back") == ""
    house.store.erasure.acts(house.own, ["c1"])
    assert useful.report(NOW + DAY_US) == ()  # what was said of an erased customer goes


def test_day_one_14_what_is_not_there_cannot_be_judged(useful: UsefulService) -> None:
    for subject, ref in ((Subject.alert, "99999"), (Subject.draft, "99999"), (Subject.reason, "nobody")):
        with pytest.raises(NotFound):
            useful.mark(subject, ref, True, by="Ola", via="x", now_us=NOW, measure="login")
    for ref in ("c1", "\u00b2", "9" * 30):
        with pytest.raises(BadInput, match="no number"):
            useful.mark(Subject.alert, ref, True, by="Ola", via="x", now_us=NOW)
    with pytest.raises(BadInput, match="measure"):
        useful.mark(Subject.reason, "c1", True, by="Ola", via="x", now_us=NOW)


def ola(slack_id: str) -> Person | None:
    """Of the team, only Ola is on Slack."""
    return Person(person_id=1, name="Ola", email="ola@example.com", role=Role.csm, created_us=NOW) if slack_id == "U0OLA" else None


def test_day_one_14_a_click_in_slack_is_noted(alert: str, useful: UsefulService) -> None:
    action = {"action_id": "tenure_useful:down", "value": f"alert|{alert}|down"}
    payload = {"actions": [action], "user": {"id": "U0OLA"}}
    assert is_useful_click(payload) and not is_useful_click({"actions": [{"action_id": "tenure_decision:approve"}]})
    useful.mark(Subject.alert, alert, True, by="Ola", via="email", now_us=NOW)
    assert "not useful" in mark_from_slack(useful, ola, payload, NOW)
    assert [(one.up, one.down) for one in useful.report(NOW)] == [(0, 1)]  # one person, one word, whichever door
    assert "no alert" in mark_from_slack(useful, ola, payload | {"actions": [action | {"value": "alert|99999|up"}]}, NOW)
    assert "nothing Tenure understands" in mark_from_slack(useful, ola, payload | {"actions": [action | {"value": "??"}]}, NOW)
    assert "nobody's in the team" in mark_from_slack(useful, ola, payload | {"user": {"id": "U0LEFT"}}, NOW)
    assert [(one.up, one.down) for one in useful.report(NOW)] == [(0, 1)]


@pytest.fixture
def web(links: UsefulLinks, useful: UsefulService) -> Iterator[TestClient]:
    api = FastAPI()
    api.include_router(useful_router(links, useful, FixedClock(NOW), "Acme"))
    with TestClient(api) as client:
        yield client


def test_day_one_14_a_link_asks_for_a_word_and_only_a_person_who_confirms_says_something(
    web: TestClient, alert: str, links: UsefulLinks, useful: UsefulService
) -> None:
    path = links.url(UsefulLink(subject=Subject.alert, ref=alert, is_useful=True, by="Ola")).removeprefix("https://tenure.example.com")
    assert "Was this useful?" in web.get(path).text
    assert useful.report(NOW) == ()  # a scanner that follows links says nothing
    assert web.post(path, data={"note": "saved the call"}).status_code == 200
    assert [(one.up, one.words) for one in useful.report(NOW)] == [(1, ("saved the call",))]
    assert web.post("/v/forged").status_code == web.get("/v/forged").status_code == 400
    with pytest.raises(Refused, match="not valid"):
        UsefulLinks(lambda: b"another key", "x", "").read(path.rsplit("/", 1)[1])
