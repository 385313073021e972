"""Delivery is killed again and again: to a customer at most once, inside at least once, and nothing is lost unattempted."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.e2e.crash.forks import Child, Forks, moments
from tests.e2e.crash.work import CALLED, TAKEN
from tests.often import often
from tests.outreach_builder import WEDNESDAY_NOON_US, card, notice, wanted

from tenure.clock import MINUTE_US
from tenure.model.incidents import Mode
from tenure.model.touches import TouchState
from tenure.ports.touches import TouchFilter
from tenure.store import Store

pytestmark = pytest.mark.thorough

MESSAGES, NOTICES = 6, 2
"""Wanted anew in every round."""


@dataclass
class PostOffice:
    """A live venture whose delivery is killed."""

    location: str
    log: Path
    forks: Forks
    workers: list[str]
    rng: random.Random
    now_us: int = WEDNESDAY_NOON_US
    wanted: int = 0
    kills: int = 0
    venture_id: int = field(init=False)

    def __post_init__(self) -> None:
        with Store.open(self.location, environment={}) as store:
            self.venture_id = store.ventures.ensure("acme", name="Acme", currency="USD", timezone="UTC", now_us=1).venture_id
            store.controls.switch(self.venture_id, Mode.live, by="kim", why="seen", now_us=1)

    def want(self) -> None:
        numbers = range(self.wanted, self.wanted + MESSAGES)
        self.wanted += MESSAGES
        with Store.open(self.location, environment={}) as store:
            store.cards.put(self.venture_id, [card(f"c{i}") for i in numbers])
            letters = [wanted(f"k{i}", customer_id=f"c{i}") for i in numbers]
            store.touches.want(self.venture_id, [*letters, *(notice(f"n{i}") for i in list(numbers)[:NOTICES])], now_us=self.now_us)

    def start(self, worker: str) -> Child:
        args = {"location": self.location, "venture_id": self.venture_id, "now_us": self.now_us, "log": str(self.log)}
        return self.forks.start("deliver", worker=worker, **args)

    def survive(self, rounds: int) -> None:
        self.want()
        undisturbed = self.start(self.workers[0])
        assert undisturbed.end() == 0
        for moment in moments(undisturbed.marks, rounds, (CALLED, TAKEN), self.rng):
            self.now_us += 20 * MINUTE_US  # longer than a silent worker is taken for alive
            self.want()
            children = [self.start(worker) for worker in self.workers]
            victim = self.rng.choice(children)
            self.kills += victim.kill_at(moment)
            for child in children:
                if child is not victim:
                    assert child.end() == 0
            self.check()
        self.now_us += 20 * MINUTE_US
        for worker in self.workers:
            assert self.start(worker).end() == 0
        self.check_all_settled()

    def check(self) -> Counter[str]:
        """No customer has anything twice."""
        taken = Counter(self.log.read_text().split())
        assert all(count == 1 for key, count in taken.items() if key.startswith("k"))
        return taken

    def check_all_settled(self) -> None:
        taken = self.check()
        with Store.open(self.location, environment={}) as store:
            found = {one.key: one.state for one in store.touches.list(self.venture_id, TouchFilter())}
        letters = {key: state for key, state in found.items() if key.startswith("k")}
        assert len(letters) == self.wanted
        assert set(letters.values()) <= {TouchState.sent, TouchState.unknown}
        assert all(taken[key] == 1 for key, state in letters.items() if state is TouchState.sent)
        # nothing is called unknown that no dying worker had begun: at most one a kill
        assert sum(state is TouchState.unknown for state in letters.values()) <= self.kills
        inside = {key: state for key, state in found.items() if key.startswith("n")}
        assert set(inside.values()) == {TouchState.sent} and all(taken[key] >= 1 for key in inside)


def test_one_worker_on_sqlite_killed_again_and_again(tmp_path: Path, forks: Forks) -> None:
    post = PostOffice(str(tmp_path / "store"), tmp_path / "taken", forks, ["w1"], random.Random(5))
    rounds = often(12, 30)
    post.survive(rounds)
    assert post.kills > rounds / 3, "many kills must hit a delivery at work"


@pytest.mark.postgres
def test_two_workers_on_postgresql_one_of_them_killed_again_and_again(tmp_path: Path, postgres_url: str, forks: Forks) -> None:
    post = PostOffice(postgres_url, tmp_path / "taken", forks, ["w1", "w2"], random.Random(7))
    rounds = often(9, 20)
    post.survive(rounds)
    assert post.kills > rounds / 5, "enough kills must hit a delivery at work"
