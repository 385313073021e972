"""The ingest endpoints, declared once: routing and documentation both read this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from tenure.services.ingest.reading import (
    Request,
    posthog_many,
    posthog_single,
    segment_many,
    segment_single,
    typed_many,
)

Headers = Mapping[bytes, bytes]
SETTINGS_PREFIX = "/v1/projects/"
SETTINGS_SUFFIX = "/settings"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address facts are posted to."""

    path: str
    summary: str
    read: Callable[[bytes, Headers], Request]
    is_single: bool = False
    answers_by_event: bool = False


def _single(kind: str, body: bytes, headers: Headers) -> Request:
    return segment_single(kind, body)


def _batch(body: bytes, headers: Headers) -> Request:
    return segment_many(body)


def _capture(body: bytes, headers: Headers) -> Request:
    return posthog_single(body)


def _posthog_batch(body: bytes, headers: Headers) -> Request:
    return posthog_many(body)


def _posthog_events(body: bytes, headers: Headers) -> Request:
    """Its clients keep `created_at` through retries; the header says when this attempt was sent."""
    return posthog_many(body, headers.get(b"posthog-request-timestamp", b"").decode("latin-1") or None)


def _typed(body: bytes, headers: Headers) -> Request:
    return typed_many(body)


_CALLS = {
    "track": "Something a user did",
    "identify": "Who a user is",
    "group": "Which customer a user belongs to, and what the customer is",
    "page": "A page a user saw",
    "screen": "A screen a user saw",
    "alias": "Two ids of one user",
}


def _endpoints() -> list[Endpoint]:
    singles = [
        Endpoint(path=path, summary=summary, read=partial(_single, kind), is_single=True)
        for kind, summary in _CALLS.items()
        for path in (f"/v1/{kind}", f"/v1/{kind[0]}")
    ]
    batches = [Endpoint(path=path, summary="Many calls at once", read=_batch) for path in ("/v1/batch", "/v1/b")]
    posthog = [
        Endpoint(path=path, summary="PostHog: many events at once", read=_posthog_batch) for path in ("/batch/", "/batch")
    ]
    capture = [
        Endpoint(path=path, summary="PostHog: one event", read=_capture, is_single=True)
        for path in ("/capture/", "/capture")
    ]
    newer = Endpoint(
        path="/i/v1/analytics/events",
        summary="PostHog: many events at once, newer clients",
        read=_posthog_events,
        answers_by_event=True,
    )
    typed = Endpoint(
        path="/v1/facts",
        summary="Typed records: customers, users, tickets, revenue, answers, events, aliases",
        read=_typed,
    )
    return [*singles, *batches, *posthog, *capture, newer, typed]


ENDPOINTS: dict[str, Endpoint] = {endpoint.path: endpoint for endpoint in _endpoints()}
