"""The refresh is killed again and again: the store shows one complete run, and the next refresh makes everything good."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.crash.conftest import new_workspace
from tests.e2e.crash.facts import Stream
from tests.e2e.crash.forks import Forks, Moment, moments
from tests.e2e.crash.mill import Mill
from tests.e2e.crash.work import COMMIT, DELETE, STORE_COMMIT
from tests.often import often

from tenure.app.deployment import Deployment, opened
from tenure.app.handlers import Handlers
from tenure.model.listing import ListedHealth
from tenure.model.runs import Run, RunState
from tenure.services.scoring.service import ABANDONED

pytestmark = pytest.mark.thorough

FACTS_A_ROUND = 60
HEALED_EVERY = 20
AIMS = (COMMIT, STORE_COMMIT, DELETE)


@dataclass(frozen=True)
class Shown:
    """What pages see: the last published run and everybody's health."""

    run: Run | None
    health: Sequence[ListedHealth]

    @classmethod
    def of(cls, deployment: Deployment) -> Shown:
        store, venture_id = deployment.store, deployment.venture.venture_id
        return cls(store.runs.last_published(venture_id), tuple(store.health.each(venture_id)))

    @property
    def scores(self) -> dict[str, tuple[float, str]]:
        return {one.customer_id: (one.score, one.status.value) for one in self.health}


def test_a_refresh_killed_again_and_again_never_shows_a_mixture_and_heals(tmp_path: Path, forks: Forks) -> None:
    folder = tmp_path / "work"
    new_workspace(folder)
    survive(Mill(folder, forks, Stream(5, venture_id=1), random.Random(5)), with_facts=often(3, 8), without_facts=often(6, 12))


@pytest.mark.postgres
def test_a_refresh_on_postgresql_killed_again_and_again_never_shows_a_mixture_and_heals(
    tmp_path: Path, forks: Forks, postgres_url: str
) -> None:
    folder = tmp_path / "work"
    new_workspace(folder, postgres_url)
    survive(Mill(folder, forks, Stream(6, venture_id=1), random.Random(6)), with_facts=often(3, 4), without_facts=often(3, 4))


def survive(mill: Mill, with_facts: int, without_facts: int) -> None:
    """Rounds with new facts are mostly killed in the drain; those without reach scoring and publishing."""
    rounds = plan(mill, with_facts, without_facts)
    for number, (moment, facts) in enumerate(rounds):
        if number % HEALED_EVERY == 0:
            check_healed(mill)
        mill.accept(facts)
        check_killed(mill, moment, full=mill.rng.random() < 0.2)
        mill.check_facts()
    assert mill.interrupted > len(rounds) / 3, "many kills must hit a refresh at work"
    check_healed(mill)
    mill.check_all_moved()


def plan(mill: Mill, with_facts: int, without_facts: int) -> list[tuple[Moment, int]]:
    """When to kill each round, and how many facts arrive before it."""
    rounds: list[tuple[Moment, int]] = []
    mill.accept(FACTS_A_ROUND * 5)
    assert mill.start("refresh", full=False).end() == 0
    for count, facts in ((with_facts, FACTS_A_ROUND), (without_facts, 0)):
        mill.accept(facts)
        undisturbed = mill.start("refresh", full=False)
        assert undisturbed.end() == 0
        rounds += [(moment, facts) for moment in moments(undisturbed.marks, count, AIMS, mill.rng)]
    mill.rng.shuffle(rounds)
    return rounds


def check_killed(mill: Mill, moment: Moment, full: bool) -> None:
    """What is shown after a kill is what was shown before, or all of what the killed run computed."""
    with opened(mill.workspace) as deployment:
        before = Shown.of(deployment)
    mill.interrupted += mill.start("refresh", full=full).kill_at(moment)
    with opened(mill.workspace) as deployment:
        after = Shown.of(deployment)
        assert only_the_newest_runs(deployment)
        if before.run != after.run:
            assert after.scores == recomputed(deployment, after.run)
        else:
            assert after == before


def check_healed(mill: Mill) -> None:
    """A refresh nobody kills: scores are those of the facts, and what was left behind has been recorded as failed."""
    assert mill.start("refresh", full=False).end() == 0
    with opened(mill.workspace) as deployment:
        shown = Shown.of(deployment)
        assert shown.run is not None and shown.run.as_of_us == mill.now_us
        assert shown.scores and shown.scores == recomputed(deployment, shown.run)
        runs = deployment.store.runs.list(deployment.venture.venture_id, limit=1_000)
    assert {run.state for run in runs} <= {RunState.published, RunState.failed}
    assert {run.message for run in runs if run.state is RunState.failed} <= {ABANDONED}


def only_the_newest_runs(deployment: Deployment) -> bool:
    """No run but the one just killed may still call itself running."""
    newest, *older = deployment.store.runs.list(deployment.venture.venture_id, limit=1_000)
    return all(run.state is not RunState.running for run in older) and newest.started_us > 0


def recomputed(deployment: Deployment, run: Run | None) -> dict[str, tuple[float, str]]:
    """Everybody's score of a run again, from facts alone."""
    assert run is not None
    with deployment.session.held():
        scores = Handlers(deployment).scoring().at(run.as_of_us, run.known_batch)
    rows = scores.select(["customer_id", "score", "health_status"]).to_pylist()
    return {row["customer_id"]: (row["score"], row["health_status"]) for row in rows}
