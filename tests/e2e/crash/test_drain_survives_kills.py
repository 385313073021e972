"""The drain is killed again and again: every accepted fact is in the warehouse or still waits, never both, never neither."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.e2e.crash.conftest import new_workspace
from tests.e2e.crash.facts import Stream
from tests.e2e.crash.forks import Forks, moments
from tests.e2e.crash.mill import Mill
from tests.e2e.crash.work import COMMIT, DELETE
from tests.often import often

pytestmark = pytest.mark.thorough

FACTS_A_ROUND = 60
KINDS = (1, 1, 1, 3, 7)
"""Most rounds bring events only: the fewer kinds, the fewer statements, and all are killed often enough."""


def test_a_drain_killed_again_and_again_moves_every_fact_exactly_once(tmp_path: Path, forks: Forks) -> None:
    folder = tmp_path / "work"
    new_workspace(folder)
    survive(Mill(folder, forks, Stream(3, venture_id=1), random.Random(3)), rounds=often(15, 34))


def survive(mill: Mill, rounds: int) -> None:
    mill.accept(FACTS_A_ROUND)
    undisturbed = mill.start("drain")
    assert undisturbed.end() == 0
    mill.check_facts()
    for moment in moments(undisturbed.marks, rounds, (COMMIT, DELETE), mill.rng):
        mill.accept(FACTS_A_ROUND, mill.rng.choice(KINDS))
        mill.interrupted += mill.start("drain").kill_at(moment)
        mill.check_facts()
    assert mill.interrupted > rounds / 3, "many kills must hit a drain at work"
    assert mill.start("drain").end() == 0
    mill.check_all_moved()
