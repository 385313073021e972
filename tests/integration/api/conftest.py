"""A real server: uvicorn in a thread, the real store in SQLite files."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn

from tenure.api.app import create_app
from tenure.api.server import server_config
from tenure.clock import SystemClock
from tenure.model.facts import FactKind
from tenure.model.keys import KeyKind
from tenure.model.mapping import FactMapping
from tenure.services.ingest.keys import StoreKeys
from tenure.services.ingest.service import Ingest
from tenure.store import Store


class Services:
    """What the API needs, over a real store with two ventures and a write key each."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.store = Store.open(folder)
        self.clock = SystemClock()
        inbox = options.pop("inbox", None) or self.store.inbox
        self.ingest = Ingest(
            inbox, self.store.quarantine, StoreKeys(self.store.keys, lambda venture: FactMapping()), self.clock, **options
        )
        self.reason = ""
        self.ventures = [self._venture(key) for key in ("main", "other")]
        self.key, self.other_key = (self._key(venture) for venture in self.ventures)

    def _venture(self, key: str) -> int:
        now_us = self.clock.now_us()
        return self.store.ventures.ensure(key, name=key, currency="USD", timezone="UTC", now_us=now_us).venture_id

    def _key(self, venture_id: int) -> str:
        now_us = self.clock.now_us()
        return self.store.keys.create(venture_id, KeyKind.write, name="test", by="test", now_us=now_us).token

    def status(self, venture_id: int) -> Mapping[str, Any]:
        return {"venture": venture_id, "inbox": len(self.rows(venture_id))}

    def not_ready_because(self) -> str:
        return self.reason

    def rows(self, venture_id: int | None = None) -> list[dict[str, Any]]:
        """Everything in the inbox of a venture, in order."""
        venture_id = self.ventures[0] if venture_id is None else venture_id
        batches = self.store.inbox.read_arrow(venture_id, 0, self.store.inbox.high_mark(venture_id))
        return [row for batch in batches for row in batch.to_pylist()]

    def refused(self) -> list[tuple[str, str]]:
        return [(item.refusal.field, item.refusal.rule) for item in self.store.quarantine.list(self.ventures[0])]

    def meanings(self) -> list[tuple[Any, ...]]:
        """The rows in short: kind, name or stated content, and whose."""
        return [_meaning(row) for row in self.rows()]


def _meaning(row: dict[str, Any]) -> tuple[Any, ...]:
    kind = FactKind(row["kind"])
    if kind is FactKind.event:
        return ("event", row["name"], row["customer_id"], row["user_id"])
    return (kind.name, msgspec.json.decode(row["body"]))


class Server:
    """An address and how to talk to it."""

    def __init__(self, services: Services, port: int) -> None:
        self.services = services
        self.port = port
        self.host = f"http://127.0.0.1:{port}"

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def post(self, path: str, content: Any, key: str | None = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """POST JSON with the main venture's key as Bearer, unless another is given (empty: none)."""
        shown = self.services.key if key is None else key
        if shown:
            headers["Authorization"] = f"Bearer {shown}"
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        status, answered, answer = self.request("POST", path, body, headers)
        return status, answered, json.loads(answer)


@pytest.fixture(scope="session")
def services_class() -> type[Services]:
    return Services


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers with options of the ingest service; all are stopped after the test."""
    running: list[tuple[uvicorn.Server, threading.Thread, Services]] = []

    def start(**options: Any) -> Server:
        services = Services(tmp_path / f"store{len(running)}", **options)
        ready = threading.Event()
        server = _Announcing(server_config(create_app(services), "127.0.0.1", 0), ready)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread, services))
        assert ready.wait(20)
        return Server(services, server.servers[0].sockets[0].getsockname()[1])

    yield start
    for server, thread, services in running:
        server.should_exit = True
        thread.join(20)
        services.store.close()


class _Announcing(uvicorn.Server):
    """Says when it accepts requests."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._ready.set()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()
