"""From a touch in the ledger over a real mail server to the page behind its link, and back into the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.outreach_builder import WEDNESDAY_NOON_US, card, office, parameters, stores_of, wanted
from tests.sender_peers import MailServer
from tests.tracking_builder import BASE_URL, House, store_in

from tenure.api.links import links_router
from tenure.clock import MINUTE_US
from tenure.model.cards import Contact
from tenure.model.links import SURVEY, UNSUBSCRIBE, cta
from tenure.model.touches import ActionClass, Channel, Purpose, TouchState
from tenure.providers.smtp.config import SmtpSettings
from tenure.providers.smtp.send import SmtpSender
from tenure.services.outreach import Outreach, TeamIdentity, Ways

NOW = WEDNESDAY_NOON_US
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer()
    yield found
    found.stop()


def test_a_letter_leaves_is_clicked_answered_and_unsubscribed(tmp_path: Path, server: MailServer) -> None:
    settings = SmtpSettings(host="127.0.0.1", port=server.port, security="none", from_address="team@example.com")
    with store_in(tmp_path) as store:
        made = office(store)
        house = House(store, "acme")
        sender = SmtpSender(settings)
        ways = Ways(dict.fromkeys(sender.channels, sender), house.links, TeamIdentity("Acme team", "team@acme.example"))
        outreach = Outreach(stores_of(store), made.venture_id, "acme", parameters, ways)
        made.put(card(contacts=(Contact(user_id="u1", name="Sam", email="sam@example.com", role="owner", consent={"marketing": True}),)))
        content = {
            "subject": "One question",
            "text": f"Guide: {cta('guide')}\nAnswer: {SURVEY}\nNo more: {UNSUBSCRIBE}\n",
            "html": f'<p><a href="{cta("guide")}">Guide</a></p>',
            "links": {"cta/guide": "https://app.example.com/guide?a=1"},
            "survey": "nps",
        }
        made.want(wanted(channel=Channel.email, action_class=ActionClass.message, purpose=Purpose.marketing, content=content))
        outreach.gate(NOW)
        outreach.deliver(NOW, "w1")
        sender.close()
        assert made.touch().state is TouchState.sent
        [(_, recipients, letter)] = server.letters
        assert recipients == ["sam@example.com"] and letter["From"] == "Robin <team@example.com>"
        assert str(letter["Reply-To"]).startswith("replies+") and made.touch().provider_message_id == letter["Message-ID"]
        plain = letter.get_body(("plain",))
        assert plain is not None
        guide, survey, way_out = re.findall(rf"{BASE_URL}\S+", plain.get_content())
        assert letter["List-Unsubscribe"] == f"<{way_out}>" and letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

        house.clock.advance_us(NOW + 10 * MINUTE_US - house.clock.now_us())
        api = FastAPI()
        api.include_router(links_router(house.tracking, house.surveys, house.clock, "Acme"))
        with TestClient(api, base_url=BASE_URL, follow_redirects=False, headers={"User-Agent": FIREFOX}) as web:
            assert web.get(guide).headers["location"] == "https://app.example.com/guide?a=1"
            assert web.post(survey, data={"score": "9"}).status_code == 200
            assert web.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert house.kinds() == ["clicked", "survey_answered", "unsubscribed"]

        drawn = outreach.record(NOW + 10 * MINUTE_US, [])
        assert (drawn.handled, drawn.responded, drawn.suppressed) == (3, ("c1",), 1)
        made.want(wanted("k2"), now_us=NOW + 11 * MINUTE_US)
        outreach.gate(NOW + 11 * MINUTE_US)
        outreach.deliver(NOW + 11 * MINUTE_US, "w1")
        assert made.touch("k2").state is TouchState.refused and len(server.letters) == 1
