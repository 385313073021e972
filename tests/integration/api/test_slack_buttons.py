"""Clicks on Slack buttons: believed only with a good signature on the raw body."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from slack_sdk.signature import SignatureVerifier

from tenure.api.slack import is_slack_address, slack_router
from tenure.clock import SECOND_US, FixedClock
from tenure.providers.slack.webhooks import is_from_slack, payload_of

NOW_US = 1_790_000_000 * SECOND_US
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PAYLOAD = {"type": "block_actions", "actions": [{"action_id": "tenure_decision:approve", "value": "7|approve"}], "response_url": "https://hooks.slack.com/actions/T/1/x"}


class Desk:
    """Answers buttons and remembers what was said."""

    def __init__(self) -> None:
        self.payloads: list[Mapping[str, Any]] = []
        self.said: list[tuple[str, str]] = []
        self.fails: Exception | None = None
        self.waits: threading.Event | None = None
        self.spoken = threading.Event()

    def answer(self, payload: Mapping[str, Any]) -> str:
        if self.fails is not None:
            raise self.fails
        if self.waits is not None:
            self.waits.wait(10)
        self.payloads.append(payload)
        return "Decided: approve."

    async def say(self, url: str, words: str) -> None:
        self.said.append((url, words))
        self.spoken.set()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def web(desk: Desk) -> Iterator[TestClient]:
    api = FastAPI()
    api.include_router(slack_router(lambda: SECRET, desk.answer, desk.say, FixedClock(NOW_US)))
    with TestClient(api) as client:
        yield client


def body_of(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, at_us: int = NOW_US, secret: str = SECRET) -> dict[str, str]:
    stamp = str(at_us // SECOND_US)
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or "", "Content-Type": "application/x-www-form-urlencoded"}


def test_a_click_is_carried_out_acknowledged_and_answered(web: TestClient, desk: Desk) -> None:
    body = body_of(PAYLOAD)
    answer = web.post("/slack/interactions", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (200, b"")
    assert desk.payloads == [PAYLOAD]
    assert desk.said == [("https://hooks.slack.com/actions/T/1/x", "Decided: approve.")]


def test_a_bad_missing_old_or_early_signature_is_401_and_nothing_is_done(web: TestClient, desk: Desk) -> None:
    body = body_of(PAYLOAD)
    good = signed(body)
    bad = [
        {},
        good | {"X-Slack-Signature": "v0=" + "0" * 64},
        good | {"X-Slack-Signature": good["X-Slack-Signature"].replace("v0=", "")},
        good | {"X-Slack-Request-Timestamp": "yesterday"},
        good | {"X-Slack-Signature": "v0=\xe9".encode("latin-1").decode("latin-1")},
        signed(body, NOW_US - 301 * SECOND_US),
        signed(body, NOW_US + 301 * SECOND_US),
        signed(body, secret="another"),
        signed(body + b"&x=1"),
    ]
    for headers in bad:
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        assert web.post("/slack/interactions", content=body, headers=raw).status_code == 401
    assert desk.payloads == []


def test_an_app_without_a_stored_secret_believes_nobody(desk: Desk) -> None:
    def missing() -> str:
        raise KeyError("no secret")

    for secret in (missing, lambda: ""):
        api = FastAPI()
        api.include_router(slack_router(secret, desk.answer, desk.say, FixedClock(NOW_US)))
        body = body_of(PAYLOAD)
        assert TestClient(api).post("/slack/interactions", content=body, headers=signed(body)).status_code == 401
    assert desk.payloads == []


def test_a_slow_answer_is_acknowledged_in_time_and_finished(web: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.api.slack.ACKNOWLEDGE_SECONDS", 0.05)
    desk.waits = threading.Event()
    body = body_of(PAYLOAD)
    assert web.post("/slack/interactions", content=body, headers=signed(body)).status_code == 200
    assert desk.payloads == []
    desk.waits.set()
    assert desk.spoken.wait(10)
    assert desk.payloads == [PAYLOAD] and len(desk.said) == 1


def test_what_could_not_be_done_is_told_so_that_it_is_clicked_again(web: TestClient, desk: Desk) -> None:
    desk.fails = RuntimeError("the store is locked")
    body = body_of(PAYLOAD)
    assert web.post("/slack/interactions", content=body, headers=signed(body)).status_code == 503


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=%7B", b"payload=%5B1%5D", b"other=1", b"\xff\xfe"])
def test_a_signed_body_that_says_nothing_is_400(web: TestClient, desk: Desk, body: bytes) -> None:
    status = web.post("/slack/interactions", content=body, headers=signed(body) if body != b"\xff\xfe" else {}).status_code
    assert status in (400, 401) and desk.payloads == []


def test_only_slack_itself_is_answered() -> None:
    assert is_slack_address("https://hooks.slack.com/actions/x", "https://slack.com/api/")
    for url in ("http://hooks.slack.com/x", "https://slack.com.evil.example.net/x", "https://evilslack.com", "file:///etc/passwd", "", "http://127.0.0.1/x"):
        assert not is_slack_address(url, "https://slack.com/api/")
    assert is_slack_address("http://127.0.0.1:9/x", "http://127.0.0.1:9/api/")


def test_vectors_of_slacks_own_client_pass(shared: Path) -> None:
    vectors = [one for one in json.loads((shared / "vendor/webhooks/vectors.json").read_text("utf-8")) if one["vendor"] == "slack"]
    assert vectors
    for one in vectors:
        at_us = int(one["timestamp"]) * SECOND_US
        headers = {"X-Slack-Request-Timestamp": one["timestamp"], "X-Slack-Signature": one["signature"]}
        wanted = one.get("valid", True)
        assert is_from_slack(one["signing_secret"], one["body"].encode(), headers, at_us) is wanted
        assert is_from_slack(one["signing_secret"], one["body"].encode(), headers, at_us + 300 * SECOND_US) is wanted
        assert not is_from_slack(one["signing_secret"], one["body"].encode(), headers, at_us + 301 * SECOND_US)
        assert not is_from_slack(one["signing_secret"], one["body"].encode() + b"x", headers, at_us)


def test_a_recorded_click_is_read(shared: Path) -> None:
    sample = json.loads((shared / "vendor/webhooks/slack_block_actions.json").read_text("utf-8"))
    assert payload_of(sample["raw_body"].encode()) == sample["payload"]


def test_day_one_4_a_slash_command_is_believed_by_its_signature_and_answered_to_whoever_typed_it(desk: Desk) -> None:
    api, typed = FastAPI(), []

    def command(form: Mapping[str, str]) -> str:
        typed.append((form["user_id"], form["text"]))
        return "Logged."

    api.include_router(slack_router(lambda: SECRET, desk.answer, desk.say, FixedClock(NOW_US), command))
    body = urlencode({"command": "/tenure", "user_id": "U1", "text": "log c1 note hello"}).encode()
    with TestClient(api) as web:
        assert web.post("/slack/commands", content=body, headers=signed(body, secret="another")).status_code == 401
        answer = web.post("/slack/commands", content=body, headers=signed(body))
    assert answer.json() == {"response_type": "ephemeral", "text": "Logged."}
    assert typed == [("U1", "log c1 note hello")]
