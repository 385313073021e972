"""A real SMTP server on the loopback address, where every mail of a simulation arrives. Some mailboxes do not exist."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from aiosmtpd.smtp import SMTP

HOST = "127.0.0.1"
_PERSON = b"mail"


@dataclass(frozen=True)
class Arrived:
    """One mail as it came over the line."""

    to: str
    data: bytes


class MailServer:
    """Serves from `start` to `stop`, in a thread of its own.

    Args:
        dead_share: share of addresses, chosen by `seed`, that are unknown here (550 5.1.1).
        alive: addresses that always exist (the team's own).
    """

    def __init__(self, dead_share: float = 0.0, seed: int = 0, alive: frozenset[str] = frozenset()) -> None:
        self._dead_share, self._seed, self._alive = dead_share, seed, alive
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.refused: list[str] = []
        self._arrived: list[Arrived] = []
        self._mutex = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="mail-server", daemon=True)
        self._ready = threading.Event()
        self._stopping = asyncio.Event()

    def start(self) -> MailServer:
        self._thread.start()
        self._ready.wait(30)
        return self

    def stop(self) -> None:
        """Let go of the port; what arrived stays."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(30)
        elif not self._loop.is_closed():
            self._loop.close()
        self._socket.close()

    def collect(self) -> list[Arrived]:
        """What arrived since the last time, in order."""
        with self._mutex:
            found, self._arrived = self._arrived, []
        return found

    def is_dead(self, address: str) -> bool:
        """Whether there is no such mailbox: always the same ones."""
        if address in self._alive:
            return False
        digest = blake2b(f"{self._seed}:{address}".encode(), digest_size=8, person=_PERSON).digest()
        return int.from_bytes(digest) / 2**64 < self._dead_share

    # --- hooks of aiosmtpd -------------------------------------------------------------------------------------------

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.is_dead(address):
            self.refused.append(address)
            return "550 5.1.1 unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self._mutex:
            self._arrived += [Arrived(one, bytes(envelope.content)) for one in envelope.rcpt_tos]
        return "250 OK"

    # --- the thread ----------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._until_stopped())
        finally:
            self._loop.close()

    async def _until_stopped(self) -> None:
        server = await self._loop.create_server(self._line, sock=self._socket)
        self._ready.set()
        await self._stopping.wait()
        server.close()
        lines = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in lines:
            one.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    def _line(self) -> SMTP:
        return SMTP(self, hostname=HOST, ident="mail of the simulation", enable_SMTPUTF8=True, loop=self._loop)
