"""The signed webhook over a handed-in transport, and its signature both ways."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest

from tenure.clock import SECOND_US
from tenure.errors import BadInput
from tenure.model.touches import Channel
from tenure.ports.senders import Attachment, Message, OutcomeUnknown, RefusedForGood, TryLater
from tenure.providers.config import parse_section
from tenure.providers.webhook.config import WebhookSettings
from tenure.providers.webhook.send import WebhookSender
from tenure.providers.webhook.webhooks import is_signed, signature_of, signed_headers

NOW_US = 1_790_000_000_000_000
MESSAGE = Message(
    key="touch:1", channel=Channel.webhook, to="c1", subject="Grüße", text="Words", attachments=(Attachment(name="a", mime="text/plain", data=b"\x00\xff"),)
)


def sender(handler: Callable[[httpx2.Request], httpx2.Response]) -> WebhookSender:
    settings = WebhookSettings(url="https://hooks.example.com/in", signing_secret="w")
    return WebhookSender(settings, "secret", httpx2.MockTransport(handler))


def test_the_receiver_can_check_the_signature_on_the_raw_body() -> None:
    seen: list[httpx2.Request] = []

    def take(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"id": "m-1"})

    assert sender(take).send(MESSAGE, NOW_US).message_id == "m-1"
    [request] = seen
    assert is_signed("secret", request.content, request.headers, NOW_US)
    assert not is_signed("other", request.content, request.headers, NOW_US)
    body = json.loads(request.content)
    assert (body["key"], body["subject"], body["attachments"][0]["data"]) == ("touch:1", "Grüße", "AP8=")


def test_the_same_touch_has_the_same_idempotency_key() -> None:
    keys: list[str] = []

    def take(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["Idempotency-Key"])
        return httpx2.Response(204)

    one = sender(take)
    ids = [one.send(MESSAGE, NOW_US + place).message_id for place in range(2)]
    assert len(set(keys)) == 1 and len(set(ids)) == 1 and "touch:1" not in keys[0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, TryLater), (503, TryLater), (425, TryLater), (500, OutcomeUnknown), (502, OutcomeUnknown), (504, OutcomeUnknown),
     (400, RefusedForGood), (401, RefusedForGood), (410, RefusedForGood), (302, RefusedForGood)],
)  # fmt: skip
def test_a_status_says_whether_it_was_taken(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=str(status)):
        sender(lambda request: httpx2.Response(status, headers={"Location": "https://other.example.com"})).send(MESSAGE, NOW_US)


@pytest.mark.parametrize(("value", "seconds"), [("12", 12.0), ("Mon, 21 Sep 2026 14:13:50 GMT", 30.0), ("soon", None), ("-1", None), ("nan", None)])
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    with pytest.raises(TryLater) as caught:
        sender(lambda request: httpx2.Response(429, headers={"Retry-After": value})).send(MESSAGE, NOW_US)
    assert caught.value.after_seconds == seconds


@pytest.mark.parametrize("failure", [httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.WriteError, httpx2.ReadError])
def test_what_breaks_after_the_line_was_open_leaves_the_outcome_unknown(failure: type[httpx2.TransportError]) -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise failure("https://hooks.example.com/in broke", request=request)

    with pytest.raises(OutcomeUnknown) as caught:
        sender(fail).send(MESSAGE, NOW_US)
    assert "hooks.example.com" not in str(caught.value)


class TestSignature:
    BODY = b'{"a": 1}'

    def test_it_is_documented_and_stays(self) -> None:
        # openssl: printf '1790000000.{"a": 1}' | openssl dgst -sha256 -hmac secret
        known = "v1=0d3da63a588777f465d1df3ab37feecd6cc51fac1ed9d339131badc7c1afff29"
        assert signature_of("secret", "1790000000", self.BODY) == known

    def test_another_body_secret_or_time_is_refused(self) -> None:
        headers = signed_headers("secret", self.BODY, NOW_US)
        assert is_signed("secret", self.BODY, headers, NOW_US)
        assert not is_signed("secret", self.BODY + b" ", headers, NOW_US)
        assert not is_signed("secreT", self.BODY, headers, NOW_US)
        assert not is_signed("secret", self.BODY, headers | {"Tenure-Timestamp": "1790000001"}, NOW_US)
        assert not is_signed("", self.BODY, signed_headers("", self.BODY, NOW_US), NOW_US)

    def test_it_is_believed_for_300_seconds_both_ways(self) -> None:
        headers = signed_headers("secret", self.BODY, NOW_US)
        for seconds, believed in ((300, True), (-300, True), (301, False), (-301, False)):
            assert is_signed("secret", self.BODY, headers, NOW_US + seconds * SECOND_US) is believed

    def test_whatever_is_missing_or_strange_is_a_no(self) -> None:
        headers = signed_headers("secret", self.BODY, NOW_US)
        strange = [{}, {"Tenure-Timestamp": "x"}, headers | {"Tenure-Signature": ""}, headers | {"Tenure-Signature": "v1=é"}, headers | {"Tenure-Timestamp": "²"}]
        assert not any(is_signed("secret", self.BODY, one, NOW_US) for one in strange)

    def test_two_signatures_may_stand_side_by_side_while_a_secret_is_exchanged(self) -> None:
        headers = signed_headers("old", self.BODY, NOW_US)
        both = headers | {"Tenure-Signature": headers["Tenure-Signature"] + ", " + signed_headers("new", self.BODY, NOW_US)["Tenure-Signature"]}
        assert is_signed("new", self.BODY, both, NOW_US) and is_signed("old", self.BODY, both, NOW_US)


@pytest.mark.parametrize("url", ["http://hooks.example.com/in", "ftp://hooks.example.com", "https://user:pass@hooks.example.com", "hooks"])
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match=r"providers\.webhook\.url"):
        parse_section(WebhookSettings, "webhook", {"url": url, "signing_secret": "w"})
