"""Whatever bytes arrive, at whatever address: an answer in the one shape, never a 500."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.api.app import create_app
from tenure.api.door import IngestDoor
from tenure.api.endpoints import ENDPOINTS


class Talk:
    """Speaks ASGI to the application directly, body in chunks of any size."""

    def __init__(self, app: IngestDoor, key: str) -> None:
        self._app = app
        self._key = key

    async def post(self, path: str, chunks: list[bytes], headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
        shown = (b"authorization", f"Bearer {self._key}".encode())
        scope = {"type": "http", "method": "POST", "path": path, "headers": [shown, *headers], "query_string": b""}
        waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        waiting.append({"type": "http.request", "body": b"", "more_body": False})
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, services_class: Any) -> Iterator[Any]:
    made = services_class(Path(tmp_path_factory.mktemp("garbage")))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def talk(services: Any) -> Talk:
    return Talk(create_app(services), services.key)


bodies = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=40).map(gzip.compress),
    st.text(max_size=30).map(lambda text: json.dumps({"batch": [text, {"type": text}]}).encode()),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=4).map(lambda items: json.dumps({"batch": items}).encode()),
    st.just(b'{"batch": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}"),
    st.just(b'{"event": "\xff", "userId": "u1"}'),
    st.just(b'{"event": "\\ud800", "userId": "u1"}'),
    st.just(b'{"event": "e", "userId": "u1", "properties": {"a": "\xff"}}'),
)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(sorted(ENDPOINTS)),
    body=bodies,
    cut=st.integers(0, 60),
    encoding=st.sampled_from([b"", b"gzip", b"deflate", b"zstd"]),
)
def test_garbage_never_breaks_the_door(
    talk: Talk, runner: asyncio.Runner, path: str, body: bytes, cut: int, encoding: bytes
) -> None:
    status, answer = runner.run(talk.post(path, [body[:cut], body[cut:]], [(b"content-encoding", encoding)]))
    content = json.loads(answer)
    assert status in (200, 400)
    assert content["success"] is True if status == 200 else set(content) == {"code", "message"}


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(services: Any, runner: asyncio.Runner) -> None:
    async def play() -> list[Any]:
        sent: list[Any] = []
        messages = [{"type": "http.request", "body": b'{"event"', "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/track", "headers": []}
        await create_app(services)(scope, receive, send)
        return sent

    before = len(services.rows())
    assert runner.run(play()) == []
    assert len(services.rows()) == before
