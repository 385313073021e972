"""Two workers run the loop over a crowd that crossed at once and are killed again and again: nothing twice, nothing lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from tests.e2e.crash.forks import Child, Forks
from tests.outreach_builder import WEDNESDAY_NOON_US, card
from tests.trigger_world import World

from tenure.app.deployment import opened
from tenure.app.playbooks import checked_files, playbook_service
from tenure.app.workspaces import create_workspace
from tenure.clock import MINUTE_US, FixedClock
from tenure.model.incidents import Mode
from tenure.model.touches import TouchState
from tenure.model.triggers import EndReason, Execution, ExecutionState
from tenure.parameters import Actor
from tenure.ports.touches import TouchFilter
from tenure.store import Store

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("crash-jobs")]

BEFORE, AFTER = 60.0, 30.0
SILENCE_US = 20 * MINUTE_US
"""Longer than a silent worker is taken for alive."""
SETTINGS = {
    "autonomy": {"message": "auto", "survey": "auto", "offer": "auto"}, "critical_alert_delay_minutes": 0,
    "fleet_drop_percent": 100, "quiet_hours": "none",
}  # fmt: skip


@dataclass
class Crowd:
    """A live venture whose customers fall at once: half of them pay (an alert each), the others have ARR 0 (a letter each)."""

    root: Path
    url: str
    store: Store
    forks: Forks
    size: int
    rng: random.Random
    waves: int = 0
    kills: int = 0
    started: int = 2
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.store)
        self.world.now_us = WEDNESDAY_NOON_US
        create_workspace(self.root, "Acme")
        config = self.root / "tenure.toml"
        config.write_text(f'{config.read_text()}\n[store]\nurl = "{self.url}"\n')
        with opened(self.root, clock=FixedClock(self.world.now_us)) as one:
            self.world.venture, self.world.own = one.venture, one.venture.venture_id
            one.parameters.apply(one.parameters.plan(SETTINGS, Actor("chairman"), "test"))
            playbook_service(one).publish(
                checked_files(one), [], by="kim", why="test", now_us=self.world.now_us
            )
            one.store.controls.switch(
                self.world.own, Mode.live, by="kim", why="seen", now_us=self.world.now_us
            )
        self.score(BEFORE)
        self.undisturbed("w1", daily=True)

    @property
    def names(self) -> list[str]:
        return [f"c{number:05}" for number in range(self.size)]

    @property
    def log(self) -> Path:
        return self.root / "taken"

    def score(self, score: float) -> None:
        """Everybody has this score now, and a card that says so."""
        arr = {name: 500_000 * (place % 2) for place, name in enumerate(self.names)}
        self.world.score(dict.fromkeys(self.names, score), arr=arr)
        now_us = self.world.now_us
        cards = [
            card(
                name, score=score, arr_cents=arr[name], health_status="critical" if score < 40 else "at_risk"
            )
            for name in self.names
        ]
        self.store.cards.put(self.world.own, [msgspec.structs.replace(one, as_of_us=now_us) for one in cards])

    def fall(self) -> None:
        """Everybody recovers, and falls again when the cooldown is over."""
        if self.waves:
            self.world.later(days=1)
            self.score(BEFORE)
            self.undisturbed("w1", daily=True)
            self.world.later(days=8)
        self.world.later(minutes=30)
        self.score(AFTER)
        self.waves += 1

    def start(self, worker: str, *, daily: bool = False) -> Child:
        args = {
            "workspace": str(self.root),
            "now_us": self.world.now_us,
            "log": str(self.log),
            "daily": daily,
        }
        return self.forks.start("loop", worker=worker, **args)

    def undisturbed(self, worker: str, *, daily: bool = False) -> None:
        assert self.start(worker, daily=daily).end() == 0

    def survive(self, kills: int, seconds: float) -> None:
        """Two workers go at it; every `seconds` on average one of them dies by SIGKILL and another takes its place.

        Ends after so many kills of a worker at work, or when two in a row found theirs done: then nothing is left to do.
        """
        workers, at_work = [self.start("w1"), self.start("w2")], [True, True]
        while kills and any(at_work):
            place = self.rng.randrange(2)
            time.sleep(self.rng.expovariate(1 / seconds))
            at_work = [at_work[1], workers[place].kill()]
            kills -= at_work[1]
            self.kills += at_work[1]
            self.started += 1
            self.world.now_us += SILENCE_US // 4
            workers[place] = self.start(f"w{self.started}")
        assert [one.end() for one in workers] == [0, 0]
        for last in ("w1", "w2"):
            self.world.now_us += SILENCE_US
            self.undisturbed(last)

    # --- what must hold ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Every fall: one chain, one alert, one call task or one letter, each customer-facing message at most once."""
        chains = self.world.chains()
        assert Counter(one.subject for one in chains) == dict.fromkeys(self.names, self.waves)
        assert [one for one in chains if not is_legal(one)] == []
        self._check_alerts(chains)
        self._check_messages()

    def _check_alerts(self, chains: list[Execution]) -> None:
        critical = [
            one
            for one in self.store.alerts.list(self.world.own, open_only=False)
            if one.kind == "critical_customer"
        ]
        assert Counter(one.execution_id for one in critical) == dict.fromkeys(
            (one.execution_id for one in chains), 1
        )
        calls = [one for one in self.store.tasks.list(self.world.own, open_only=False) if one.kind == "call"]
        assert Counter(one.customer_id for one in calls) == dict.fromkeys(self.names[1::2], self.waves)

    def _check_messages(self) -> None:
        taken = Counter(self.log.read_text().split())
        found = list(self.store.touches.list(self.world.own, TouchFilter()))
        facing = [one for one in found if one.customer_facing]
        assert all(taken[one.key] <= 1 for one in facing), "a customer has a message twice"
        letters = [one for one in facing if one.step == "letter"]
        assert Counter(one.customer_id for one in letters) == dict.fromkeys(self.names[::2], self.waves)
        states = Counter(one.state for one in letters)
        assert states.keys() <= {TouchState.sent, TouchState.unknown}, "none is lost that was not attempted"
        assert states[TouchState.unknown] <= self.kills, (
            "unknown only what a dying worker had begun: at most one a kill"
        )
        assert all(taken[one.key] == 1 for one in letters if one.state is TouchState.sent)
        inside = [one for one in found if not one.customer_facing and one.channel.value in ("slack", "email")]
        assert inside and all(one.state is TouchState.sent and taken[one.key] >= 1 for one in inside)


def is_legal(chain: Execution) -> bool:
    """A state the trigger can be in after a fall and, perhaps, a recovery: open in its first step, or ended with a reason."""
    if chain.state is ExecutionState.terminated:
        return chain.reason == EndReason.recovered and chain.terminated_us is not None
    return chain.iteration == 1 and chain.reason is None and chain.next_check_us is not None


def survived(root: Path, url: str, forks: Forks, *, size: int, kills: int, seconds: float) -> None:
    """The crowd falls as often as it takes to meet a worker at work so many times: a fast machine is done sooner."""
    with Store.open(url, environment={}) as store:
        crowd = Crowd(root, url, store, forks, size, random.Random(size))
        while crowd.kills < kills:
            assert crowd.waves < kills, "a worker is hardly ever met at work: kill sooner, or let more of them fall"
            crowd.fall()
            crowd.survive(kills - crowd.kills, seconds)
        crowd.check()


def test_two_workers_killed_12_times_at_work_over_a_crowd_that_fell_at_once(
    tmp_path: Path, postgres_url: str, forks: Forks
) -> None:
    survived(tmp_path / "acme", postgres_url, forks, size=80, kills=12, seconds=0.4)


@pytest.mark.slow
def test_two_workers_killed_100_times_at_work_over_10_000_that_fell_at_once(
    tmp_path: Path, postgres_url: str, forks: Forks
) -> None:
    """The bar at its size."""
    survived(tmp_path / "acme", postgres_url, forks, size=10_000, kills=100, seconds=6)
