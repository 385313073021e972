"""Answers of the ingest door: always JSON, errors always `{"code", "message"}`, readable by any browser page."""

from __future__ import annotations

from typing import Any

import msgspec

from tenure.services.ingest.refusals import RequestRefused

Headers = list[tuple[bytes, bytes]]

_OPEN: Headers = [(b"access-control-allow-origin", b"*")]
_JSON: Headers = [(b"content-type", b"application/json"), *_OPEN]
PREFLIGHT_HEADERS = "authorization, content-type, content-encoding, posthog-sdk-info"


class Answer(msgspec.Struct, frozen=True):
    """Status, headers and body, ready to send."""

    status: int
    body: bytes
    start: dict[str, Any]


def answer(status: int, content: Any, more: Headers | None = None) -> Answer:
    """A JSON answer."""
    body = msgspec.json.encode(content)
    length = (b"content-length", str(len(body)).encode())
    headers = [*_JSON, length, *(more or [])]
    return Answer(status, body, {"type": "http.response.start", "status": status, "headers": headers})


SUCCESS = answer(200, {"success": True})
SUCCESS_BY_EVENT = answer(200, {"success": True, "results": {}})
"""For PostHog's newer path: its clients look for results and take an event without one as delivered."""
NOT_FOUND = answer(404, {"code": "not_found", "message": "There is nothing at this address."})
WRONG_METHOD = answer(
    405, {"code": "method_not_allowed", "message": "Use POST."}, [(b"allow", b"POST, OPTIONS")]
)
BROKEN = answer(
    500, {"code": "internal", "message": "The request could not be handled. The log of the server says why."}
)


def refused(problem: RequestRefused) -> Answer:
    """The answer to a request that was refused as a whole."""
    more: Headers = []
    if problem.retry_after_seconds is not None:
        more.append((b"retry-after", str(problem.retry_after_seconds).encode()))
    if problem.status == 401:
        more.append((b"www-authenticate", b'Basic realm="write key"'))
    return answer(problem.status, {"code": problem.code, "message": str(problem)}, more)


def preflight(asked_headers: bytes) -> Answer:
    """Yes to any page that wants to send events (keys, not origins, decide)."""
    allowed = asked_headers if asked_headers.isascii() and b"\n" not in asked_headers else b""
    more: Headers = [
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", allowed or PREFLIGHT_HEADERS.encode()),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Access-Control-Request-Headers"),
    ]
    return answer(200, {"success": True}, more)
