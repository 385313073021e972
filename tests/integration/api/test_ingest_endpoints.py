"""Every answer of the ingest endpoints, over HTTP and with the real store."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tenure.errors import Unavailable
from tenure.services.ingest.rates import RateLimit

SUCCESS = {"success": True}
TRACK = {"event": "login", "userId": "u1", "messageId": "m1"}


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


SINGLES = {
    "track": TRACK,
    "identify": {"userId": "u1"},
    "group": {"userId": "u1", "groupId": "acct"},
    "page": {"userId": "u1"},
    "screen": {"userId": "u1"},
    "alias": {"userId": "u1", "previousId": "d1"},
}


@pytest.mark.parametrize("kind", SINGLES)
def test_every_call_has_a_long_and_a_browser_address(server: Any, kind: str) -> None:
    for number, path in enumerate((f"/v1/{kind}", f"/v1/{kind[0]}")):
        status, headers, answer = server.post(path, SINGLES[kind] | {"messageId": f"{kind}{number}"})
        assert (status, answer) == (200, SUCCESS)
        assert headers["access-control-allow-origin"] == "*"
    assert len(server.services.rows()) == (4 if kind == "group" else 2)


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b"])
def test_a_batch_is_taken(server: Any, path: str) -> None:
    items = [{"type": "track", **TRACK, "messageId": f"m{number}"} for number in range(3)]
    assert server.post(path, {"batch": items})[0::2] == (200, SUCCESS)
    assert len(server.services.rows()) == 3


@pytest.mark.parametrize("path", ["/batch/", "/capture/", "/i/v1/analytics/events"])
def test_posthog_addresses(server: Any, path: str) -> None:
    event = {"event": "login", "distinct_id": "u1", "uuid": "1"}
    status, _, answer = server.post(path, event if "capture" in path else {"batch": [event]})
    assert (status, answer["success"]) == (200, True)
    assert [row["name"] for row in server.services.rows()] == ["login"]


def test_typed_facts(server: Any) -> None:
    ticket = {"ticket_id": "t1", "customer_id": "c1", "status": "open", "created_at": "2026-11-20T00:00:00Z"}
    assert server.post("/v1/facts", {"kind": "tickets", "records": [ticket, {}]})[0] == 200
    assert [row["kind"] for row in server.services.rows()] == [4]
    assert server.services.refused() == [("", "required")]


@pytest.mark.parametrize("label", ["text/plain", "application/x-www-form-urlencoded", "application/json", "nonsense", ""])
def test_json_is_read_under_any_label(server: Any, label: str) -> None:
    body = gzip.compress(json.dumps(TRACK).encode())
    headers = {"Authorization": basic(server.services.key), "Content-Encoding": "gzip"} | ({"Content-Type": label} if label else {})
    assert server.request("POST", "/v1/track", body, headers)[0] == 200


@pytest.mark.parametrize("name", ["writeKey", "api_key", "token"])
def test_the_key_may_stand_in_the_body(server: Any, name: str) -> None:
    assert server.post("/v1/track", TRACK | {name: server.services.key}, key="")[0] == 200
    assert server.post("/v1/track", TRACK | {name: "nobody"}, key="")[0] == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic ???"}, {"Authorization": "Digest x"}, {"Authorization": basic("nobody")}])
def test_without_a_known_key_the_answer_is_401_in_the_one_shape(server: Any, headers: dict[str, str]) -> None:
    status, answered, answer = server.request("POST", "/v1/track", json.dumps(TRACK).encode(), headers)
    content = json.loads(answer)
    assert (status, content["code"], set(content)) == (401, "unknown_key", {"code", "message"})
    assert "www-authenticate" in answered
    assert server.services.rows() == []


def test_a_key_writes_only_to_its_venture(server: Any) -> None:
    server.post("/v1/track", TRACK)
    server.post("/v1/track", TRACK, key=server.services.other_key)
    main, other = server.services.ventures
    assert [row["venture_id"] for row in server.services.rows(main)] == [main]
    assert [row["venture_id"] for row in server.services.rows(other)] == [other]


def test_a_revoked_key_is_refused(server: Any) -> None:
    services = server.services
    [key] = services.store.keys.all(services.ventures[0])
    assert server.post("/v1/track", TRACK)[0] == 200
    services.store.keys.revoke(services.ventures[0], key.key_id, by="test", why="test", now_us=services.clock.now_us())
    services.ingest.keys.forget()
    assert server.post("/v1/track", TRACK)[0] == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b"[" * 100_000, b'{"batch": {}}'])
def test_unreadable_bodies_are_400(server: Any, body: bytes) -> None:
    status, _, answer = server.post("/v1/batch", body)
    assert (status, answer["code"]) == (400, "invalid_json")


def test_a_bad_event_in_a_good_batch_goes_to_quarantine(server: Any) -> None:
    items = [{"type": "track", **TRACK}, {"type": "track", "event": 7, "userId": "u1"}]
    assert server.post("/v1/batch", {"batch": items})[0::2] == (200, SUCCESS)
    assert [row["name"] for row in server.services.rows()] == ["login"]
    assert server.services.refused() == [("event", "wrong_type")]


def test_a_message_sent_again_is_there_once(server: Any) -> None:
    for _ in range(3):
        assert server.post("/v1/track", TRACK)[0::2] == (200, SUCCESS)
    assert len(server.services.rows()) == 1


@pytest.mark.parametrize("size", [600_000, 3_000_000, 40_000_000])
def test_too_large_a_body_is_413_and_the_client_hears_it(server: Any, size: int) -> None:
    try:
        status, _, answer = server.post("/v1/batch", b" " * size)
    except (ConnectionError, OSError):
        assert size > 16_000_000  # far beyond any client's batch nobody waits for the rest
        return
    assert (status, answer["code"]) == (413, "payload_too_large")


def test_a_bomb_is_413(server: Any) -> None:
    status, _, _ = server.post("/v1/batch", gzip.compress(b" " * 30_000_000), **{"Content-Encoding": "gzip"})
    assert status == 413


def test_a_single_event_over_32_kb_is_413_and_in_a_batch_it_is_quarantined(server: Any) -> None:
    large = TRACK | {"properties": {"text": "x" * 33_000}}
    assert server.post("/v1/track", large)[0] == 413
    assert server.post("/v1/batch", {"batch": [{"type": "track", **large}]})[0] == 200
    assert (server.services.rows(), server.services.refused()) == ([], [("", "too_long")])


def test_too_many_events_are_413(server: Any) -> None:
    assert server.post("/v1/batch", {"batch": [{}] * 2_501})[0] == 413


def test_too_fast_is_429_with_retry_after(serve: Callable[..., Any]) -> None:
    server = serve(rate=RateLimit(events_per_second=0.01, burst_events=1))
    assert server.post("/v1/track", TRACK)[0] == 200
    status, headers, answer = server.post("/v1/track", TRACK)
    assert (status, answer["code"]) == (429, "rate_limited")
    assert 1 <= int(headers["retry-after"]) <= 100
    assert server.post("/v1/track", TRACK, key=server.services.other_key)[0] == 200


class Stuck:
    """An inbox that takes nothing until told to, or says it cannot."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.is_locked = False

    def append(self, rows: Sequence[Any]) -> None:
        self.entered.set()
        assert self.go_on.wait(20)
        if self.is_locked:
            raise Unavailable("The inbox is locked.", "Try again.")


def test_a_full_inbox_is_503_with_retry_after_and_the_loop_still_answers(serve: Callable[..., Any]) -> None:
    inbox = Stuck()
    server = serve(inbox=inbox, max_waiting=1)
    first: list[Any] = []
    waiting = threading.Thread(target=lambda: first.append(server.post("/v1/track", TRACK)))
    waiting.start()
    assert inbox.entered.wait(20)
    status, headers, answer = server.post("/v1/track", TRACK | {"messageId": "m2"})
    assert (status, answer["code"], headers["retry-after"]) == (503, "unavailable", "1")
    assert server.request("GET", "/healthz")[0] == 200
    assert first == []
    inbox.go_on.set()
    waiting.join(20)
    assert first[0][0] == 200


def test_a_store_that_cannot_write_is_503_and_the_resend_is_no_duplicate(serve: Callable[..., Any]) -> None:
    inbox = Stuck()
    inbox.go_on.set()
    inbox.is_locked = True
    server = serve(inbox=inbox)
    assert server.post("/v1/track", TRACK)[0] == 503
    inbox.is_locked = False
    assert server.post("/v1/track", TRACK)[0] == 200
    assert "tenure_ingest_duplicates_total 0.0" in server.request("GET", "/metrics")[2].decode()


def test_a_browser_may_ask_before_it_sends(server: Any) -> None:
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    status, headers, _ = server.request("OPTIONS", "/v1/t", headers=asked)
    assert status == 200
    assert headers["access-control-allow-origin"] == "*"
    assert "authorization" in headers["access-control-allow-headers"]
    assert "POST" in headers["access-control-allow-methods"]


def test_the_browser_settings_point_back_here(server: Any) -> None:
    key = server.services.key
    status, headers, answer = server.request("GET", f"/v1/projects/{key}/settings")
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    assert json.loads(answer) == {
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": f"127.0.0.1:{server.port}/v1", "protocol": "http"}},
        "plan": {"track": {"__default": {"enabled": True}}},
        "metrics": {"sampleRate": 0},
    }
    assert server.request("GET", "/v1/projects/nobody/settings")[0] == 401


def test_a_get_on_an_ingest_address_is_405_in_the_one_shape(server: Any) -> None:
    status, headers, answer = server.request("GET", "/v1/track")
    assert (status, headers["allow"], json.loads(answer)["code"]) == (405, "POST, OPTIONS", "method_not_allowed")
