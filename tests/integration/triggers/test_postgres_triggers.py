"""PostgreSQL: plain SQL over the analysts' names finds whom the engine finds; two workers fire each crossing once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from tests.often import often
from tests.trigger_world import MONDAY, World

from tenure.clock import DAY_US, HOUR_US, MINUTE_US, from_us
from tenure.model.intents import RaiseAlert
from tenure.store import Store

pytestmark = [pytest.mark.postgres, pytest.mark.thorough]

PLAIN_SQL = sa.text(
    "SELECT user_id FROM customer_health_scores WHERE venture = :venture AND total_health_score < 40 "
    "AND previous_health_score >= 40 "
    "AND (last_intervention IS NULL OR last_intervention < CAST(:now AS timestamptz) - interval '7 days') ORDER BY user_id"
)


@pytest.fixture
def stores(postgres_url: str) -> Iterator[list[Store]]:
    """The same store as two workers open it."""
    opened = [Store.open(postgres_url, environment={}) for _ in range(2)]
    yield opened
    for one in opened:
        one.close()


def plain(world: World) -> list[str]:
    with world.store._database.reading() as connection:
        found = connection.execute(PLAIN_SQL, {"venture": world.venture.key, "now": from_us(world.now_us)})
        return [row.user_id for row in found]


def walk(rng: random.Random, scores: dict[str, float], share: float) -> dict[str, float]:
    """Some scores move, often around the threshold."""
    moved = {name: score for name, score in scores.items() if rng.random() < share}
    return {
        name: max(0.0, min(100.0, round(score + rng.gauss(0, 14), 1) if rng.random() < 0.8 else rng.uniform(35, 45)))
        for name, score in moved.items()
    }


def test_I7_plain_sql_finds_the_same_customers_as_the_engine_over_30_days(stores: list[Store]) -> None:
    """5-minute runs of a few touched customers in a working hour of each day, and a daily run of everybody."""
    world, rng = World(stores[0]), random.Random(7)
    customers = {f"c{number:03}": float(rng.randint(20, 90)) for number in range(60)}
    world.score(customers)
    world.tick()
    fired: Counter[str] = Counter()
    for day in range(30):
        for minutes, share in [(0, 0.5), *((9 * 60 + 5 * step, 0.1) for step in range(often(3, 6)))]:
            world.now_us = MONDAY - 9 * HOUR_US + (day + 1) * DAY_US + minutes * MINUTE_US
            world.score({name: round(score, 1) for name, score in walk(rng, world.scores, share).items()} or {"c000": world.scores["c000"]})
            expected = plain(world)
            assert list(world.tick().fired) == expected, from_us(world.now_us)
            fired.update(expected)
    assert sum(fired.values()) > 60
    assert max(fired.values()) > 1, "somebody fell again after the cooldown"
    assert len(world.chains()) == sum(fired.values())


def test_I7_a_new_customer_below_on_day_15_is_found_by_plain_sql_too(stores: list[Store]) -> None:
    world = World(stores[0])
    world.score({"c1": 30, "c2": 60}, is_new=1)
    world.tick()
    assert plain(world) == []
    world.later(days=15)
    world.score({"c1": 30}, is_new=0)
    assert plain(world) == ["c1"]
    assert world.tick().fired == ("c1",)


def test_two_workers_open_each_chain_and_want_each_alert_once(stores: list[Store]) -> None:
    world = World(stores[0])
    names = [f"c{number:04}" for number in range(1_500)]
    world.score(dict.fromkeys(names, 60.0))
    world.evaluate()
    world.later(minutes=5)
    world.score(dict.fromkeys(names, 30.0))
    twin = World.__new__(World)
    twin.__dict__ = world.__dict__ | {"store": stores[1]}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: one.tick(), [world, twin, world, twin]))
    assert sum(len(one.fired) for one in found) == len(names)
    assert sorted(one.subject for one in world.chains()) == names
    alerts = world.intents("raise_alert")
    assert Counter(one.customer_id for one in alerts) == Counter(names)
    assert all(isinstance(one.wish, RaiseAlert) and one.cause.execution_id is not None for one in alerts)


def test_two_workers_take_each_chain_one_step_once(stores: list[Store]) -> None:
    world = World(stores[0])
    names = [f"c{number:03}" for number in range(300)]
    world.score(dict.fromkeys(names, 60.0))
    world.evaluate()
    world.score(dict.fromkeys(names, 30.0))
    world.tick()
    world.now_us = int(datetime(2026, 3, 5, 12, tzinfo=UTC).timestamp()) * 1_000_000
    twin = World.__new__(World)
    twin.__dict__ = world.__dict__ | {"store": stores[1]}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.advance(), [world, twin, world, twin]))
    assert {(one.iteration, one.state.value, one.actions) for one in world.chains()} == {(2, "escalated", 4)}
    assert len(world.intents("ask_decision")) == len(names)
