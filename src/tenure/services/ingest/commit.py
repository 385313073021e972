"""Group commit: whatever arrives while one transaction is being written becomes the next one.

One writer thread, many waiting requests. The event loop never touches the store: it collects a group, hands it to the
thread, and when the thread says it is durable answers everybody in the group and hands over the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from tenure.errors import Unavailable
from tenure.model.facts import InboxRow
from tenure.model.quarantine import Refusal
from tenure.ports.inbox import Inbox
from tenure.ports.quarantine import Quarantine
from tenure.services.ingest.refusals import InboxFull


class Part(msgspec.Struct, frozen=True, gc=False):
    """What one request brings: accepted rows and refused records, kept together or not at all."""

    rows: Sequence[InboxRow]
    refused: Sequence[Refusal] = ()
    venture_id: int = 0

    def __len__(self) -> int:
        return len(self.rows) + len(self.refused)


Waiting = tuple[Part, "asyncio.Future[None]"]
Report = Callable[[int, float], None]
"""Told after each commit: how many rows, how many seconds."""


class GroupCommit:
    """Makes parts durable; `commit` returns when they are. Used from one event loop.

    Args:
        inbox, quarantine: where the writer thread puts rows and refused records.
        max_waiting: rows that may wait, in all; more raises InboxFull.
        max_rows: rows of one transaction (a single larger request still is one).
        seconds: a monotonic clock.
        report: told of each commit.
    """

    def __init__(
        self,
        inbox: Inbox,
        quarantine: Quarantine,
        seconds: Callable[[], float],
        max_waiting: int = 100_000,
        max_rows: int = 20_000,
        report: Report | None = None,
    ) -> None:
        self._inbox = inbox
        self._quarantine = quarantine
        self._seconds = seconds
        self._max_waiting = max_waiting
        self._max_rows = max_rows
        self._report = report
        self._queue: list[Waiting] = []
        self._waiting = 0
        self._is_writing = False
        self._idle: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tenure-inbox")

    @property
    def waiting(self) -> int:
        """Rows not yet durable."""
        return self._waiting

    async def commit(self, part: Part) -> None:
        """Returns when all of the part is durable. Raises InboxFull when it cannot be taken (none of it is kept)."""
        size = len(part)
        if size == 0:
            return
        if self._waiting + size > self._max_waiting and self._waiting:
            raise InboxFull
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting += size
        self._queue.append((part, done))
        if not self._is_writing:
            self._start(loop)
        await done

    async def close(self) -> None:
        """Waits until everything taken is durable, then ends the thread."""
        while self._is_writing:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._thread.shutdown(wait=True)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_writing = True
        group = self._next_group()
        self._thread.submit(self._write, group, loop)

    def _next_group(self) -> list[Waiting]:
        """The oldest requests that fit into one transaction, at least one."""
        total = 0
        for count, (part, _) in enumerate(self._queue):
            total += len(part)
            if total > self._max_rows and count:
                group, self._queue = self._queue[:count], self._queue[count:]
                return group
        group, self._queue = self._queue, []
        return group

    def _write(self, group: list[Waiting], loop: asyncio.AbstractEventLoop) -> None:
        began = self._seconds()
        outcomes = self._outcomes([part for part, _ in group])
        took = self._seconds() - began
        loop.call_soon_threadsafe(self._finish, group, outcomes, took, loop)

    def _outcomes(self, parts: list[Part]) -> list[Exception | None]:
        """All parts in one transaction; when something in them cannot be stored, each alone, so that only it fails."""
        try:
            self._store(parts)
        except Unavailable as problem:
            return [problem] * len(parts)
        except Exception as problem:
            if len(parts) == 1:
                return [problem]
            return [outcome for part in parts for outcome in self._outcomes([part])]
        return [None] * len(parts)

    def _store(self, parts: list[Part]) -> None:
        """Refused records first: after a crash in between, the client's resend finds them already there."""
        for venture_id in {part.venture_id for part in parts if part.refused}:
            refused = [bad for part in parts if part.venture_id == venture_id for bad in part.refused]
            self._quarantine.add(venture_id, refused)
        rows = [row for part in parts for row in part.rows]
        if rows:
            self._inbox.append(rows)

    def _finish(
        self, group: list[Waiting], outcomes: list[Exception | None], took: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        size = sum(len(part) for part, _ in group)
        self._waiting -= size
        for (_, done), problem in zip(group, outcomes, strict=True):
            if done.done():
                continue
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(InboxFull("The facts could not be stored."))
        if self._report is not None:
            self._report(size, took)
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_writing = False
        if self._queue:
            self._start(loop)
        elif self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
