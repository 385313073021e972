"""Group commit: who waits for whom, and who fails with whom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from tenure.errors import Unavailable
from tenure.model.facts import InboxRow
from tenure.services.ingest.commit import GroupCommit, Part
from tenure.services.ingest.refusals import InboxFull


def row(name: str) -> InboxRow:
    return InboxRow(1, 3, 0, 0, "http", 0, 0, name=name)


class Gate:
    """An inbox whose appends wait until the gate is open."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.groups: list[list[str | None]] = []

    def append(self, rows: Sequence[InboxRow]) -> None:
        self.entered.set()
        assert self.open.wait(20)
        if any(row.name == "locked" for row in rows):
            raise Unavailable("Locked.", "Later.")
        if any(row.name == "poison" for row in rows):
            raise ValueError("this row cannot be stored")
        self.groups.append([row.name for row in rows])

    def add(self, venture_id: int, refusals: Sequence[Any]) -> int:
        return 0


def writer(gate: Gate, **options: Any) -> GroupCommit:
    return GroupCommit(gate, gate, lambda: 0.0, **options)  # type: ignore[arg-type]


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 20)


async def started(commit: GroupCommit, *names: str) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(commit.commit(Part([row(name)]))) for name in names]
    await asyncio.sleep(0)
    return tasks


def test_what_arrives_during_a_write_becomes_one_transaction() -> None:
    async def play() -> None:
        gate = Gate()
        commit = writer(gate)
        first = await started(commit, "a")
        await until(gate.entered)
        others = await started(commit, "b", "c", "d")
        assert commit.waiting == 4
        assert not any(task.done() for task in [*first, *others])
        gate.open.set()
        await asyncio.gather(*first, *others)
        await commit.close()
        assert gate.groups == [["a"], ["b", "c", "d"]]
        assert commit.waiting == 0

    asyncio.run(play())


def test_a_group_ends_where_its_rows_are_full_but_takes_at_least_one_request() -> None:
    async def play() -> None:
        gate = Gate()
        commit = writer(gate, max_rows=2)
        tasks = await started(commit, "a")
        await until(gate.entered)
        tasks += await started(commit, "b", "c", "d")
        tasks.append(asyncio.create_task(commit.commit(Part([row("e")] * 3))))
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)
        await commit.close()
        assert gate.groups == [["a"], ["b", "c"], ["d"], ["e", "e", "e"]]

    asyncio.run(play())


def test_a_full_queue_refuses_and_keeps_nothing() -> None:
    async def play() -> None:
        gate = Gate()
        commit = writer(gate, max_waiting=2)
        tasks = await started(commit, "a", "b")
        with pytest.raises(InboxFull) as told:
            await commit.commit(Part([row("c")]))
        assert told.value.retry_after_seconds == 1
        gate.open.set()
        await asyncio.gather(*tasks)
        await commit.commit(Part([row("d")]))
        await commit.close()
        assert [name for group in gate.groups for name in group] == ["a", "b", "d"]

    asyncio.run(play())


def test_one_request_that_cannot_be_stored_fails_alone() -> None:
    async def play() -> None:
        gate = Gate()
        commit = writer(gate)
        tasks = await started(commit, "a")
        await until(gate.entered)
        tasks += await started(commit, "b", "poison", "c")
        gate.open.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await commit.close()
        assert [type(outcome) for outcome in outcomes] == [type(None), type(None), InboxFull, type(None)]
        assert gate.groups == [["a"], ["b"], ["c"]]

    asyncio.run(play())


def test_a_locked_store_fails_the_whole_group_once() -> None:
    async def play() -> None:
        gate = Gate()
        commit = writer(gate)
        tasks = await started(commit, "a")
        await until(gate.entered)
        tasks += await started(commit, "b", "locked")
        gate.open.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await commit.close()
        assert [type(outcome) for outcome in outcomes] == [type(None), InboxFull, InboxFull]

    asyncio.run(play())


def test_a_client_that_hangs_up_stops_nobody() -> None:
    async def play() -> None:
        gate = Gate()
        commit = writer(gate)
        gone, stays = await started(commit, "a", "b")
        await until(gate.entered)
        gone.cancel()
        gate.open.set()
        await stays
        await commit.close()
        assert sorted(name or "" for group in gate.groups for name in group) == ["a", "b"]

    asyncio.run(play())
