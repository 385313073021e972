"""Alive, ready, counted, documented."""

from __future__ import annotations

import json
from typing import Any

from tenure.api.endpoints import ENDPOINTS


def get(server: Any, path: str, key: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    status, _, body = server.request("GET", path, headers=headers)
    return status, json.loads(body)


def test_alive_and_ready(server: Any) -> None:
    assert get(server, "/healthz") == (200, {"status": "alive"})
    assert get(server, "/readyz") == (200, {"status": "ready"})
    server.services.reason = "The store is locked."
    assert get(server, "/readyz") == (503, {"code": "not_ready", "message": "The store is locked."})


def test_status_is_only_for_the_ventures_own_key(server: Any) -> None:
    main, other = server.services.ventures
    server.post("/v1/track", {"event": "login", "userId": "u1"})
    assert get(server, "/v1/status", server.services.key) == (200, {"venture": main, "inbox": 1})
    assert get(server, "/v1/status", server.services.other_key) == (200, {"venture": other, "inbox": 0})
    status, answer = get(server, "/v1/status")
    assert (status, answer["code"]) == (401, "unknown_key")


def test_unknown_addresses_answer_in_the_one_shape(server: Any) -> None:
    status, answer = get(server, "/v2/nothing")
    assert (status, set(answer)) == (404, {"code", "message"})


def test_metrics_count_without_saying_whose(server: Any) -> None:
    items = [{"type": "track", "event": "secret event", "userId": "pat@example.com"}, {"type": "track", "userId": "pat@example.com"}]
    server.post("/v1/batch", {"batch": items})
    server.post("/v1/batch", b"{")
    text = server.request("GET", "/metrics")[2].decode()
    for line in (
        'tenure_ingest_requests_total{code="200"} 1.0',
        'tenure_ingest_requests_total{code="400"} 1.0',
        "tenure_ingest_items_total 2.0",
        "tenure_ingest_rows_total 1.0",
        'tenure_ingest_refused_total{rule="required"} 1.0',
        "tenure_ingest_rows_waiting 0.0",
    ):
        assert line in text
    assert "pat@" not in text
    assert "secret" not in text


def test_the_openapi_document_names_every_ingest_endpoint(server: Any) -> None:
    status, document = get(server, "/openapi.json")
    assert status == 200
    assert set(ENDPOINTS) < set(document["paths"])
    assert {"/healthz", "/readyz", "/v1/status", "/metrics"} < set(document["paths"])
    assert {"200", "400", "401", "413", "429", "503"} <= set(document["paths"]["/v1/batch"]["post"]["responses"])
