"""Very many random customers at once, and the differences between the two readers of a scorecard over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from tests.property.scoring.documents import NOW_US, PROFILE_VALUES

from tenure.clock import DAY_US
from tenure.model.scorecard import ScoringConfig
from tenure.rules.scorecard.evaluate import Evaluation, evaluate
from tenure.rules.scorecard.profile import profile_columns
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, scored
from tenure.warehouse.scoring.inputs import input_columns

TEXTS = ("plan", "status", "owner", "traits")


def schema_of(config: ScoringConfig) -> pa.Schema:
    """The columns both readers need."""
    kinds = {"customer_key": pa.int64(), "customer_id": pa.string(), "spell_started_us": pa.int64()}
    for column in input_columns(config):
        kinds[column.name] = pa.float64() if column.fractional else pa.int64()
    for name in profile_columns(config):
        kinds.setdefault(name, pa.string() if name in TEXTS else pa.int64())
    return pa.schema(list(kinds.items()))


def random_customers(config: ScoringConfig, chance: np.random.Generator, count: int) -> pa.Table:
    """Customers with every column the configuration reads: nulls, borders and anything between."""
    counts = {column.name: column.counts for column in input_columns(config)}
    columns: dict[str, Any] = {
        "customer_key": np.arange(count),
        "customer_id": [f"customer-{key}" for key in range(count)],
        "spell_started_us": NOW_US - chance.integers(1, 200, count) * DAY_US,
    }
    schema = schema_of(config)
    for field in schema:
        if field.name not in columns:
            columns[field.name] = _column(field.name, counts.get(field.name, False), chance, count)
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _column(name: str, counts: bool, chance: np.random.Generator, count: int) -> Any:
    if name in PROFILE_VALUES:
        values = PROFILE_VALUES[name]
        return [values[place] for place in chance.integers(0, len(values), count)]
    if counts:
        return chance.integers(0, 61, count)
    return pa.array(_numbers(name, chance, count), mask=chance.random(count) < 0.15)


def _numbers(name: str, chance: np.random.Generator, count: int) -> Any:
    """Half of the times lie on whole days before now, where windows, bands and half-lives have their borders."""
    if name in ("renewal_us", "pulse_until_us"):
        days = chance.integers(-50, 100, count) * DAY_US
        return NOW_US + np.where(chance.random(count) < 0.5, days, days + chance.integers(0, DAY_US, count))
    if name.endswith("_us") or "_us_" in name:
        ages_us = chance.integers(1, 500, count) * DAY_US
        return NOW_US - np.where(chance.random(count) < 0.5, ages_us, ages_us - chance.integers(0, DAY_US, count))
    if name == "arr_cents":
        return np.where(chance.random(count) < 0.2, 120_050, chance.integers(0, 10**7, count))
    if name.startswith(("trait", "pulse")):
        whole = chance.integers(0, 101, count).astype(float)
        return np.where(chance.random(count) < 0.5, whole, chance.uniform(-1e6, 1e6, count))
    return chance.integers(0, 1000, count)


class BothReaders:
    """The compiler on an engine of its own, and the evaluator, side by side."""

    def __init__(self) -> None:
        self._engine = ibis.duckdb.connect(threads=1)

    def pairs(
        self, config: ScoringConfig, connected: frozenset[str], customers: pa.Table
    ) -> Iterator[tuple[dict[str, Any], Evaluation]]:
        """Each customer as the compiler scored it, and its evaluation from the same inputs."""
        inputs = self._engine.create_table("inputs", customers, overwrite=True)
        for compiled in self._engine.to_pyarrow(scored(inputs, config, connected, NOW_US)).to_pylist():
            yield compiled, evaluate(config, compiled, connected, NOW_US)

    def differences(self, config: ScoringConfig, connected: frozenset[str], customers: pa.Table) -> list[str]:
        """A line for every customer whose two scores are not the same to the last digit, or not sound."""
        found = []
        scored_rows = 0
        for compiled, evaluated in self.pairs(config, connected, customers):
            scored_rows += 1
            if _told(config, compiled, evaluated) != _expected(evaluated) or not _is_sound(evaluated):
                found.append(f"{compiled} is evaluated as {evaluated}")
        assert scored_rows == customers.num_rows
        return found


def _told(config: ScoringConfig, compiled: dict[str, Any], evaluated: Evaluation) -> tuple[Any, ...]:
    points = tuple(compiled[POINTS_PREFIX + part.component] for part in evaluated.components)
    kept = ("total", "score", "health_status", "coverage")
    return (config.scorecards[compiled["card"]].version, *(compiled[name] for name in kept), points)


def _expected(evaluated: Evaluation) -> tuple[Any, ...]:
    points = tuple(part.points for part in evaluated.components)
    score = (evaluated.total, evaluated.score, evaluated.status, evaluated.coverage)
    return (evaluated.scorecard.version, *score, points)


def _is_sound(evaluated: Evaluation) -> bool:
    return all(0 <= part.points <= part.weight + 1e-9 for part in evaluated.components)
