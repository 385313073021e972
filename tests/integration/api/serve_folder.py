"""A server process of its own over a store folder, to be killed: prints its port and key, then serves."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import uvicorn

from tenure.api.app import create_app
from tenure.api.server import server_config
from tenure.clock import SystemClock
from tenure.model.keys import KeyKind
from tenure.model.mapping import FactMapping
from tenure.services.ingest.keys import StoreKeys
from tenure.services.ingest.service import Ingest
from tenure.store import Store


class Services:
    """The least a server needs."""

    def __init__(self, folder: Path) -> None:
        self.store, clock = Store.open(folder), SystemClock()
        now_us = clock.now_us()
        venture = self.store.ventures.ensure("main", name="main", currency="USD", timezone="UTC", now_us=now_us)
        keys = self.store.keys
        self.key = keys.create(venture.venture_id, KeyKind.write, name="test", by="test", now_us=now_us).token
        self.ingest = Ingest(self.store.inbox, self.store.quarantine, StoreKeys(keys, lambda _: FactMapping()), clock)

    def status(self, venture_id: int) -> dict[str, object]:
        return {}

    def not_ready_because(self) -> str:
        return ""


async def main(folder: Path) -> None:
    services = Services(folder)
    server = uvicorn.Server(server_config(create_app(services), "127.0.0.1", 0))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(json.dumps({"port": port, "key": services.key}), flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
