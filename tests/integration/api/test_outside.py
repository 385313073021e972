"""The routes customers, Slack and mailboxes call are part of what `tenure up` serves."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from tenure.app.deployment import opened
from tenure.app.workspaces import create_workspace
from tenure.cli.serving import api_config


def test_they_are_served_beside_the_ingest_door(tmp_path: Path) -> None:
    create_workspace(tmp_path / "acme", "Acme")
    with opened(tmp_path / "acme") as deployment:
        app = api_config(deployment, "127.0.0.1", 0).app
        with TestClient(app) as web:  # type: ignore[arg-type]
            assert web.get("/healthz").status_code == 200
            for address in ("/t/c/x", "/u/x", "/s/x"):
                answer = web.get(address)
                assert answer.status_code == 404 and "Acme" in answer.text
            assert web.get("/t/o/x.gif").status_code == 200
            assert web.post("/slack/interactions", content=b"payload=%7B%7D").status_code == 401
            assert web.post("/inbound/mail", content=b"From: a@example.org\r\n\r\n").status_code == 401
            assert web.post("/v1/t", content=b"{}").status_code == 401
