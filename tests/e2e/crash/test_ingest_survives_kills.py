"""The process at the door is killed again and again: what it answered is there, what not is there whole or not at all."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.e2e.crash.calls import Batch, Client, Key, batches
from tests.e2e.crash.conftest import new_workspace
from tests.e2e.crash.forks import Child, Forks, Moment
from tests.e2e.crash.mill import moved_keys
from tests.often import often

from tenure.app.deployment import opened
from tenure.clock import SystemClock

pytestmark = pytest.mark.thorough

CONNECTIONS = 4
CALLS_A_BATCH = 12
BATCHES_A_ROUND = 20
SHARE_AT_STARTUP = 0.1
"""Rounds whose kill comes before the first request, while files are opened and recovered."""


@dataclass
class Door:
    """A workspace whose server is killed, the client that sends to it, and what must have become of the calls."""

    workspace: Path
    forks: Forks
    client: Client
    rng: random.Random
    mark: int = 0
    resent: list[Batch] = field(default_factory=list)
    interrupted: int = 0

    def serve(self) -> Child:
        return self.forks.start("door", workspace=str(self.workspace))

    def load(self) -> list[Batch]:
        """New batches, and half of those that got no answer: some clients try again, some give up."""
        again = [batch for batch in self.resent if self.rng.random() < 0.5]
        return again + batches(self.rng, BATCHES_A_ROUND - len(again), CALLS_A_BATCH)

    def undisturbed_seconds(self) -> tuple[float, float]:
        """How long the start and a round take when nobody is killed."""
        seconds = SystemClock().monotonic
        began = seconds()
        child = self.serve()
        port = ready_port(child)
        ready = seconds()
        self.client.post(port, self.load(), CONNECTIONS).join()
        answered = seconds()
        child.kill()
        self.check_round()
        return ready - began, answered - ready

    def round(self, startup_seconds: float, round_seconds: float) -> None:
        """Serve, send, kill, look."""
        child = self.serve()
        if self.rng.random() < SHARE_AT_STARTUP:
            child.kill_at(Moment("", 0, self.rng.random() * startup_seconds))
        else:
            self._kill_under_load(child, round_seconds)
        self.check_round()

    def _kill_under_load(self, child: Child, round_seconds: float) -> None:
        load = self.load()
        sending = self.client.post(ready_port(child), load, CONNECTIONS)
        self.client.wait_for_answers(self.rng.randrange(BATCHES_A_ROUND), sending)
        time.sleep(self.rng.random() * 4 * round_seconds / BATCHES_A_ROUND)
        child.kill()
        sending.join()
        self.interrupted += len(self.client.answered) < len(load)

    def check_round(self) -> None:
        """Every answered row is in the inbox, every unanswered request whole or absent; then forget the round."""
        kept = self.kept_since_mark()
        for batch in self.client.answered:
            assert batch.keys <= kept
        for batch in self.client.unanswered:
            assert batch.keys <= kept or batch.keys.isdisjoint(kept)
        assert not self.client.surprises
        self.resent = self.client.start_over()

    def kept_since_mark(self) -> set[Key]:
        with opened(self.workspace) as deployment:
            inbox, venture_id = deployment.store.inbox, deployment.venture.venture_id
            through = inbox.high_mark(venture_id)
            found = list(inbox.read_arrow(venture_id, self.mark, through))
            self.mark = through
        halves = [(batch["key_hi"].to_pylist(), batch["key_lo"].to_pylist()) for batch in found]
        return {key for highs, lows in halves for key in zip(highs, lows, strict=True)}

    def quarantined(self) -> list[str]:
        """The messageIds of refused calls."""
        with opened(self.workspace) as deployment:
            waiting = deployment.store.quarantine.list(deployment.venture.venture_id, limit=1_000_000)
            return [item.refusal.record["messageId"] for item in waiting]


def ready_port(child: Child) -> int:
    ready = child.wait_for("ready")
    assert ready is not None
    return int(ready.text.split()[1])


def survive(door: Door, rounds: int) -> None:
    startup_seconds, round_seconds = door.undisturbed_seconds()
    for _ in range(rounds):
        door.round(startup_seconds, round_seconds)
    assert door.interrupted > rounds / 3, "many kills must hit a server at work"


def check_all(door: Door) -> None:
    """After the last kill: nothing answered is missing, nothing was made up, every refusal answered is on record."""
    answered, sent = door.client.ever_answered, door.client.ever_answered + door.client.ever_unanswered
    door.mark = 0
    assert all_keys(answered) <= door.kept_since_mark() <= all_keys(sent)
    refused = door.quarantined()
    assert {refusal for batch in answered for refusal in batch.refused} <= set(refused)
    door.forks.run("drain", workspace=str(door.workspace), now_us=SystemClock().now_us())
    with opened(door.workspace) as deployment, deployment.session.held():
        moved = moved_keys(deployment.session.warehouse)
        counted = deployment.session.warehouse.counts().events
    assert all(count == 1 for count in moved.values())
    assert all_events(answered) <= moved.keys() <= all_keys(sent)
    assert len(all_events(answered)) <= counted <= len(all_events(sent))


def all_events(some: Sequence[Batch]) -> set[Key]:
    return {key for batch in some for key in batch.events}


def all_keys(some: Sequence[Batch]) -> set[Key]:
    return {key for batch in some for key in batch.keys}


def test_nothing_answered_is_lost_when_the_server_is_killed_again_and_again(tmp_path: Path, forks: Forks) -> None:
    folder = tmp_path / "work"
    door = Door(folder, forks, Client(new_workspace(folder)), random.Random(1))
    survive(door, rounds=often(165, 200))
    check_all(door)


@pytest.mark.postgres
def test_nothing_answered_is_lost_on_postgresql_killed_again_and_again(tmp_path: Path, forks: Forks, postgres_url: str) -> None:
    folder = tmp_path / "work"
    door = Door(folder, forks, Client(new_workspace(folder, postgres_url)), random.Random(2))
    survive(door, rounds=often(6, 12))
    check_all(door)
