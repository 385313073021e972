"""The barest server that does the same kind of work: Starlette + msgspec + one SQLite writer thread with group commit.

It decodes the batch and stores id, name, user, time and properties as they came, durably. It checks nothing,
de-duplicates nothing, resolves no identity and knows one tenant: what a real door adds is measured against it.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Stored = tuple[str, str, str, str, str]
Waiting = tuple[list[Stored], "asyncio.Future[None]"]
CHUNK_ROWS = 500


class Item(msgspec.Struct, gc=False):
    event: str
    userId: str
    messageId: str
    timestamp: str
    properties: msgspec.Raw


class Batch(msgspec.Struct):
    batch: list[Item]


class Peer:
    """The endpoint and its writer."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._queue: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._one, self._many = msgspec.json.Decoder(Item), msgspec.json.Decoder(Batch)
        self._writer: threading.Thread | None = None

    async def take(self, request: Request) -> Response:
        body = await request.body()
        items = self._many.decode(body).batch if request.url.path == "/v1/batch" else [self._one.decode(body)]
        rows = [(i.messageId, i.event, i.userId, i.timestamp, bytes(i.properties).decode()) for i in items]
        loop = asyncio.get_running_loop()
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, args=(loop,), daemon=True)
            self._writer.start()
        done = loop.create_future()
        self._queue.put((rows, done))
        await done
        return Response(b'{"success":true}', media_type="application/json")

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        database = sqlite3.connect(self._file, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE facts (id TEXT, name TEXT, user TEXT, at TEXT, body TEXT)")
        while True:
            waiting = [self._queue.get()]
            while not self._queue.empty() and len(waiting) < 256:
                waiting.append(self._queue.get())
            self._store(database, [row for rows, _ in waiting for row in rows])
            loop.call_soon_threadsafe(_resolve, [done for _, done in waiting])

    def _store(self, database: sqlite3.Connection, rows: list[Stored]) -> None:
        """Many rows a statement: stepping row by row would fight the event loop for the interpreter lock."""
        database.execute("BEGIN")
        for at in range(0, len(rows), CHUNK_ROWS):
            chunk = rows[at : at + CHUNK_ROWS]
            values = ",".join(["(?,?,?,?,?)"] * len(chunk))
            database.execute(f"INSERT INTO facts VALUES {values}", [cell for row in chunk for cell in row])
        database.execute("COMMIT")


def _resolve(waiting: list[asyncio.Future[None]]) -> None:
    for done in waiting:
        if not done.done():
            done.set_result(None)


def serve(folder: Path, port: int) -> None:
    """Serve until terminated."""
    take = Peer(folder / "peer.sqlite").take
    routes = [Route(path, take, methods=["POST"]) for path in ("/v1/batch", "/v1/track")]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, access_log=False, log_level="error", http="httptools")
