"""The unmodified client libraries, pointed at the real server: what they call arrives as facts."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import posthog
import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment


def calls(client: Any) -> None:
    """The same story told through a Segment-shaped client."""
    client.identify("u1", {"email": "pat@example.com", "plan": "pro"})
    client.group("u1", "acct_1", {"name": "Initech", "employees": 42})
    client.track("u1", "Report Exported", {"format": "csv"}, context={"groupId": "acct_1"})
    client.page("u1", "Docs", "Setup", {"url": "https://app.example.com/docs"})
    client.screen("u1", "Home", "Main")
    client.alias("anon-1", "u1")
    client.flush()
    client.join()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("library", [segment, rudder])
def test_segment_shaped_clients(server: Any, library: Any, gzip: bool) -> None:
    failures: list[Any] = []
    client = library.Client(
        server.services.key, host=server.host, gzip=gzip, max_retries=0, on_error=lambda error, _: failures.append(error)
    )
    calls(client)
    assert failures == []
    assert server.services.refused() == []
    assert server.services.meanings() == [
        ("user", {"user_id": "u1", "email": "pat@example.com", "traits": {"plan": "pro"}}),
        ("customer", {"customer_id": "acct_1", "name": "Initech", "traits": {"employees": 42}}),
        ("user", {"user_id": "u1", "customer_id": "acct_1"}),
        ("event", "Report Exported", "acct_1", "u1"),
        ("event", "page", None, "u1"),
        ("event", "screen", None, "u1"),
        ("alias", {"previous_id": "anon-1", "user_id": "u1"}),
    ]


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog_in_both_modes(server: Any, mode: str) -> None:
    failures: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = posthog.Posthog(
            server.services.key, host=server.host, capture_mode=mode, gzip=mode == "v0", max_retries=0,
            on_error=lambda error, _: failures.append(error),
        )  # fmt: skip
        at = datetime(2026, 11, 1, 12, tzinfo=UTC)
        client.set(distinct_id="u1", properties={"email": "pat@example.com"})
        client.group_identify("company", "acme", {"name": "Acme"})
        client.capture("report_exported", distinct_id="u1", groups={"company": "acme"}, timestamp=at)
        client.alias("anon-1", "u1")
        client.flush()
        client.shutdown()
    assert failures == []
    assert server.services.refused() == []
    user, *others = server.services.meanings()
    assert (user[0], user[1]["user_id"], user[1]["email"]) == ("user", "u1", "pat@example.com")
    assert others == [
        ("customer", {"customer_id": "acme", "name": "Acme"}),
        ("event", "report_exported", "acme", "u1"),
        ("alias", {"previous_id": "anon-1", "user_id": "u1"}),
    ]


def test_a_client_with_an_unknown_key_is_told_and_does_not_go_on(server: Any) -> None:
    failures: list[Any] = []
    client = segment.Client(
        "nobody", host=server.host, max_retries=3, on_error=lambda error, _: failures.append(error)
    )
    client.track("u1", "login")
    client.flush()
    client.join()
    assert [(error.status, error.code) for error in failures] == [(401, "unknown_key")]
