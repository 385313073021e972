"""The ingest endpoints as plain ASGI: the shortest way from bytes to a durable answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from tenure.api.answers import (
    BROKEN,
    SUCCESS,
    SUCCESS_BY_EVENT,
    WRONG_METHOD,
    Answer,
    answer,
    preflight,
    refused,
)
from tenure.api.authentication import header_key
from tenure.api.endpoints import ENDPOINTS, SETTINGS_PREFIX, SETTINGS_SUFFIX, Endpoint
from tenure.services.ingest.bodies import json_bytes, too_many_bytes
from tenure.services.ingest.reading import key_in
from tenure.services.ingest.refusals import RequestRefused, TooLarge
from tenure.services.ingest.service import Ingest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger(__name__)


class ClientGone(Exception):
    """The client hung up before its request was complete: nobody is left to answer."""


class IngestDoor:
    """Answers ingest requests and hands everything else to `inner`."""

    def __init__(self, ingest: Ingest, inner: App) -> None:
        self._ingest = ingest
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        path: str = scope["path"]
        endpoint = ENDPOINTS.get(path)
        if endpoint is not None:
            reply = await self._reply(endpoint, scope, receive)
        elif path.startswith(SETTINGS_PREFIX) and path.endswith(SETTINGS_SUFFIX):
            reply = await self._settings(path, scope)
        else:
            await self._inner(scope, receive, send)
            return
        if reply is not None:
            await send(reply.start)
            await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Answer | None:
        """The answer to a request, None when the client is gone."""
        if scope["method"] == "OPTIONS":
            return preflight(_headers(scope).get(b"access-control-request-headers", b""))
        if scope["method"] != "POST":
            return WRONG_METHOD
        try:
            await self._take(endpoint, _headers(scope), receive)
            reply = SUCCESS_BY_EVENT if endpoint.answers_by_event else SUCCESS
        except ClientGone:
            return None
        except RequestRefused as problem:
            reply = refused(problem)
        except Exception as problem:
            _log.error("ingest_failed", error=type(problem).__name__, path=endpoint.path)
            reply = BROKEN
        self._ingest.metrics.answered(reply.status)
        return reply

    async def _take(self, endpoint: Endpoint, headers: dict[bytes, bytes], receive: Receive) -> None:
        limit = self._ingest.limits.batch_bytes
        body = await _body(headers, receive, limit)
        shown = header_key(headers.get(b"authorization", b""))
        opened = await self._ingest.open(shown) if shown else None
        content = json_bytes(body, headers.get(b"content-encoding", b"").strip().lower(), limit)
        if opened is None:
            opened = await self._ingest.open(key_in(content))
        if endpoint.is_single and len(content) > self._ingest.limits.event_bytes:
            kilobytes = self._ingest.limits.event_bytes // 1024
            raise TooLarge(f"The event is larger than {kilobytes} KB.", "Send less with it.")
        await self._ingest.take(opened, endpoint.read(content, headers))

    async def _settings(self, path: str, scope: Scope) -> Answer:
        """What the browser library asks first: where to send, and that everything may be sent."""
        if scope["method"] == "OPTIONS":
            return preflight(_headers(scope).get(b"access-control-request-headers", b""))
        if scope["method"] not in ("GET", "HEAD"):
            return WRONG_METHOD
        key = path[len(SETTINGS_PREFIX) : -len(SETTINGS_SUFFIX)]
        try:
            await self._ingest.open(key)
        except RequestRefused as problem:
            return refused(problem)
        host = _headers(scope).get(b"host", b"127.0.0.1").decode("latin-1")
        return answer(200, browser_settings(key, host, scope.get("scheme", "http")))


def browser_settings(key: str, host: str, protocol: str) -> dict[str, Any]:
    """The settings document of analytics-next."""
    segment = {"apiKey": key, "apiHost": f"{host}/v1", "protocol": protocol}
    return {
        "integrations": {"Segment.io": segment},
        "plan": {"track": {"__default": {"enabled": True}}},
        "metrics": {"sampleRate": 0},
    }


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


_DRAINED_BYTES = 16 * 1024 * 1024
"""How much of an oversized body is read and thrown away, so that the client is still listening when we answer."""


async def _body(headers: dict[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """All of the body; never keeps more than `limit` bytes and one chunk of it."""
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > _DRAINED_BYTES:
        raise too_many_bytes(limit)
    message = await _next(receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False) and size <= _DRAINED_BYTES:
        message = await _next(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            parts.clear()
    if size > limit:
        raise too_many_bytes(limit)
    return b"".join(parts)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message
