"""Signed links, surveys and mail over a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest
from tests.tracking_builder import BASE_URL, NOW_US, House, store_in

from tenure.clock import HOUR_US, SECOND_US
from tenure.errors import BadInput, Refused
from tenure.model.facts import FactKind
from tenure.model.touches import Channel
from tenure.services.tracking.scanners import Visitor
from tenure.services.tracking.tokens import CLICK, OPEN, SURVEY, UNSUBSCRIBE
from tenure.store import Store

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PERSON = Visitor(user_agent=FIREFOX)
TARGET = "https://app.example.com/guide?a=1&b=ü"


_numbers = count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_in(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture
def house(store: Store) -> House:
    """A venture of its own."""
    return House(store, f"v{next(_numbers)}")


def token_of(url: str) -> str:
    assert url.startswith(BASE_URL)
    return url.rpartition("/")[2]


class TestClicks:
    def test_a_click_by_a_person_is_a_response_once_and_leads_to_the_target(self, house: House) -> None:
        token = token_of(house.links.click_url(house.sent(), TARGET))
        for _ in range(3):
            assert house.tracking.click(token, PERSON, NOW_US) == TARGET
        [response] = house.responses()
        assert (response.kind.value, response.customer_id, response.user_id) == ("clicked", "c1", "u1")
        assert response.kind.is_response

    @pytest.mark.parametrize(
        ("visitor", "after_us"),
        [
            (Visitor(method="HEAD", user_agent=FIREFOX), HOUR_US),
            (Visitor(user_agent=""), HOUR_US),
            (Visitor(user_agent="Mozilla/5.0 (compatible; BingPreview/1.0b)"), HOUR_US),
            (Visitor(user_agent="Barracuda Sentinel (EE)"), HOUR_US),
            (Visitor(user_agent="Mozilla/5.0 (Windows NT 6.1) SafeLinks"), HOUR_US),
            (Visitor(user_agent="python-requests/2.32"), HOUR_US),
            (Visitor(user_agent=FIREFOX, purpose="prefetch"), HOUR_US),
            (PERSON, 5 * SECOND_US),
        ],
    )
    def test_A14_a_scanner_is_led_on_and_is_no_response(self, house: House, visitor: Visitor, after_us: int) -> None:
        token = token_of(house.links.click_url(house.sent(sent_us=NOW_US), TARGET))
        assert house.tracking.click(token, visitor, NOW_US + after_us) == TARGET
        [response] = house.responses()
        assert response.kind.value == "scanner_click" and not response.kind.is_response

    def test_a_person_behind_a_scanner_still_counts(self, house: House) -> None:
        token = token_of(house.links.click_url(house.sent(sent_us=NOW_US), TARGET))
        house.tracking.click(token, Visitor(method="HEAD"), NOW_US)
        house.tracking.click(token, PERSON, NOW_US + HOUR_US)
        assert house.kinds() == ["scanner_click", "clicked"]

    def test_a_forged_token_leads_nowhere(self, house: House) -> None:
        token = token_of(house.links.click_url(house.sent(), TARGET))
        other = "A" if token[-5] != "A" else "B"  # not the last letter: some of its bits are nobody's
        for forged in (token[:-5] + other + token[-4:], "x" + token, "", "x.y", "é", "a" * 10_000, token_of(house.links.unsubscribe_url(house.sent()))):
            with pytest.raises(Refused):
                house.tracking.click(forged, PERSON, NOW_US)
        assert house.responses() == []

    def test_a_link_of_another_venture_leads_nowhere(self, house: House) -> None:
        other = House(house.store, f"v{next(_numbers)}")
        with pytest.raises(Refused):
            other.tracking.click(token_of(house.links.click_url(house.sent(), TARGET)), PERSON, NOW_US)

    def test_a_link_still_leads_on_when_its_customer_was_erased(self, house: House) -> None:
        token = token_of(house.links.click_url(house.sent(), TARGET))
        house.store.touches.forget(house.venture_id, ["c1"])
        assert house.tracking.click(token, PERSON, NOW_US) == TARGET
        assert house.responses() == []

    def test_what_is_no_web_address_stays_as_it_is(self, house: House) -> None:
        assert house.links.click_url(house.sent(), "mailto:help@example.com") == "mailto:help@example.com"
        assert house.links.click_url(house.sent(), "javascript:alert(1)") == "javascript:alert(1)"


def test_a_token_of_one_purpose_is_none_of_another(house: House) -> None:
    for purpose in (CLICK, OPEN, UNSUBSCRIBE, SURVEY):
        token = house.tokens.make(purpose, 1, TARGET if purpose == CLICK else "")
        others = {CLICK, OPEN, UNSUBSCRIBE, SURVEY} - {purpose}
        for other in others:
            with pytest.raises(Refused):
                house.tokens.read(other, token)


def test_links_carry_no_personal_data(house: House) -> None:
    import base64

    touch = house.sent(key="touch:ada@example.org", customer_id="ada@example.org", user_id="ada@example.org")
    token = token_of(house.links.unsubscribe_url(touch))
    assert b"ada" not in base64.urlsafe_b64decode(token.split(".")[0] + "==")


def test_opens_are_recorded_and_never_count(house: House) -> None:
    url = house.links.open_pixel_url(house.sent())
    assert url is not None and url.endswith(".gif")
    for _ in range(2):
        house.tracking.opened(token_of(url).removesuffix(".gif"), NOW_US)
    house.tracking.opened("forged", NOW_US)
    [response] = house.responses()
    assert response.kind.value == "opened" and not response.kind.is_response


class TestUnsubscribing:
    def test_one_post_is_enough_and_twice_is_once(self, house: House) -> None:
        token = token_of(house.links.unsubscribe_url(house.sent()))
        assert house.tracking.about(token).is_known
        assert house.responses() == []
        for _ in range(2):
            assert house.tracking.unsubscribe(token, NOW_US).channel == Channel.email.value
        [response] = house.responses()
        assert response.kind.value == "unsubscribed" and response.kind.is_negative

    def test_after_an_erasure_nothing_is_held_and_nothing_breaks(self, house: House) -> None:
        token = token_of(house.links.unsubscribe_url(house.sent()))
        house.store.touches.forget(house.venture_id, ["c1"])
        assert not house.tracking.unsubscribe(token, NOW_US).is_known


class TestSurveys:
    def test_an_answer_is_a_fact_and_a_response(self, house: House) -> None:
        token = token_of(house.links.survey_url(house.sent()))
        assert (house.surveys.page(token).survey, house.surveys.page(token).high) == ("nps", 10)
        house.surveys.answer(token, "9", " Good\x00 work ", NOW_US)
        [row] = house.answers()
        body = json.loads(row["body"])
        assert row["kind"] == FactKind.answer and (row["customer_id"], row["user_id"]) == ("c1", "u1")
        assert (body["survey"], body["score"], body["comment"]) == ("nps", 9, "Good work")
        [response] = house.responses()
        assert response.details == {"survey": "nps", "score": 9} and response.kind.is_response

    def test_the_same_answer_twice_is_one_fact_and_another_score_a_later_answer(self, house: House) -> None:
        token = token_of(house.links.survey_url(house.sent()))
        for score, later_us in (("9", 0), ("9", 5), ("2", 10)):
            house.surveys.answer(token, score, "", NOW_US + later_us)
        keys = [(row["key_hi"], row["key_lo"]) for row in house.answers()]
        assert len(keys) == 3 and keys[0] == keys[1] != keys[2]
        assert [one.details["score"] for one in house.responses()] == [9, 2]

    def test_an_answer_read_from_facts_later_is_the_same_response(self, house: House) -> None:
        from tenure.warehouse.loop.responses import _fact

        house.surveys.answer(token_of(house.links.survey_url(house.sent())), "3", "", NOW_US)
        [row], [response] = house.answers(), house.responses()
        assert response.key == _fact(row)

    @pytest.mark.parametrize("score", ["", "11", "-1", "nine", "9.5", "²", "99999999999"])
    def test_a_score_off_the_scale_is_told(self, house: House, score: str) -> None:
        token = token_of(house.links.survey_url(house.sent()))
        with pytest.raises(BadInput, match="Choose one from 0 to 10"):
            house.surveys.answer(token, score, "", NOW_US)
        assert house.answers() == [] and house.responses() == []

    def test_a_survey_that_is_gone_is_told(self, house: House) -> None:
        for touch in (house.sent("t1", content={"survey": "gone"}), house.sent("t2", content={})):
            with pytest.raises(Refused, match="over"):
                house.surveys.page(token_of(house.links.survey_url(touch)))


def reply(to: str, text: str = "Fine, thanks.", **headers: str) -> bytes:
    usual = {"From": "Ada <ada@example.org>", "To": to, "Subject": "Re: Hello", "Message-ID": "<1@example.org>", "Content-Type": "text/plain; charset=utf-8"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (usual | headers).items())
    return (lines + "\r\n" + text).encode()


class TestMail:
    def test_I5_a_reply_is_a_response_and_reaches_the_owner_once(self, house: House) -> None:
        address = house.links.reply_address(house.sent())
        assert address is not None and address.startswith("replies+") and len(address.partition("@")[0]) <= 64
        first = house.mail.take(reply(address.upper()), NOW_US)
        again = house.mail.take(reply(address), NOW_US)
        assert (first.is_ours, first.is_new, again.is_new) == (True, True, False)
        assert house.kinds() == ["replied"]
        [notice] = house.notices()
        assert notice.to == "owner" and "Fine, thanks." in str(notice.content["text"]) and "ada@example.org" in str(notice.content["text"])
        assert "ada" not in notice.key

    def test_an_automatic_reply_is_no_response_and_bothers_nobody(self, house: House) -> None:
        address = house.links.reply_address(house.sent()) or ""
        house.mail.take(reply(address, **{"Auto-Submitted": "auto-replied"}), NOW_US)
        [response] = house.responses()
        assert response.kind.value == "auto_reply" and not response.kind.is_response
        assert house.notices() == []

    def test_stop_suppresses_and_an_angry_word_is_negative(self, house: House) -> None:
        address = house.links.reply_address(house.sent()) or ""
        house.mail.take(reply(address, "STOP"), NOW_US)
        house.mail.take(reply(address, "This is spam!", **{"Message-ID": "<2@example.org>"}), NOW_US)
        assert house.kinds() == ["unsubscribed", "angry_reply"]
        assert all(one.kind.is_negative for one in house.responses())

    def test_the_envelope_tells_where_headers_do_not(self, house: House) -> None:
        address = house.links.reply_address(house.sent()) or ""
        assert house.mail.take(reply("team@example.com"), NOW_US, (address,)).is_ours

    def test_mail_without_a_tag_or_with_a_forged_one_is_not_ours(self, house: House) -> None:
        address = house.links.reply_address(house.sent()) or ""
        other = House(house.store, f"v{next(_numbers)}")
        for to in ("team@example.com", address.replace("replies+", "replies+1"), "replies+@in.example.com", ""):
            assert not house.mail.take(reply(to), NOW_US).is_ours
        assert not other.mail.take(reply(address), NOW_US).is_ours
        assert house.responses() == [] and house.notices() == []

    def test_a_late_bounce_is_tied_to_its_touch(self, house: House) -> None:
        address = house.links.reply_address(house.sent()) or ""
        bounce = (
            "From: MAILER-DAEMON@mx.example.org\r\nTo: team@example.com\r\nSubject: Undelivered\r\nMessage-ID: <3@mx>\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
            "Final-Recipient: rfc822; ada@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: team@example.com\r\nReply-To: {address}\r\nSubject: Hello\r\n\r\nWords\r\n"
            "--b--\r\n"
        )
        assert house.mail.take(bounce.encode(), NOW_US).kind.value == "bounce"
        assert house.kinds() == ["bounced"] and house.notices() == []

    def test_html_only_and_strange_mail_is_read(self, house: House) -> None:
        address = house.links.reply_address(house.sent()) or ""
        page = "<p>Please unsubscribe me</p><blockquote>Old words</blockquote>"
        assert house.mail.take(reply(address, page, **{"Content-Type": "text/html"}), NOW_US).kind.value == "stop"
        broken = reply(address, "\xff", **{"Content-Type": "text/plain; charset=no-such", "Message-ID": "<9@x>", "Date": "never"})
        assert house.mail.take(broken, NOW_US).is_ours
        for raw in (b"", b"\x00\x01\x02", b"no headers here"):
            with pytest.raises(BadInput):
                house.mail.take(raw, NOW_US)


def test_the_key_is_made_once_for_a_venture(store: Store) -> None:
    house, again = House(store, "acme"), House(store, "acme")
    assert again.tokens.make(CLICK, 1, TARGET) == house.tokens.make(CLICK, 1, TARGET)
