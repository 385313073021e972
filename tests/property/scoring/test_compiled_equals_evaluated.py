"""The two readers of a scorecard agree to the last digit, whatever the scorecard and the customer."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.property.scoring.documents import NOW_US, SOURCES, configs, row_of

from tenure.model.scorecard import ScoringConfig
from tenure.rules.scorecard.evaluate import evaluate
from tenure.rules.scorecard.profile import profile_columns
from tenure.warehouse.scoring.compiler import POINTS_PREFIX, scored
from tenure.warehouse.scoring.inputs import input_columns

_ENGINE = ibis.duckdb.connect(threads=1)
TEXTS = ("plan", "status", "owner", "traits")


def _schema(config: ScoringConfig) -> pa.Schema:
    kinds = {"customer_key": pa.int64(), "customer_id": pa.string(), "spell_started_us": pa.int64()}
    for column in input_columns(config):
        kinds[column.name] = pa.float64() if column.fractional else pa.int64()
    for name in profile_columns(config):
        kinds.setdefault(name, pa.string() if name in TEXTS else pa.int64())
    return pa.schema(list(kinds.items()))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[ScoringConfig, frozenset[str], list[dict[str, Any]]]:
    config = draw(configs())
    counts = {column.name: column.counts for column in input_columns(config)}
    names = {name: counts.get(name, False) for name in _schema(config).names[3:]}
    rows = draw(st.lists(row_of(names), min_size=1, max_size=8))
    spells = [NOW_US - draw(st.integers(1, 200)) * 86_400_000_000 for _ in rows]
    for key, (row, spell) in enumerate(zip(rows, spells, strict=True)):
        row |= {"customer_key": key, "customer_id": f"customer-{key}", "spell_started_us": spell}
    return config, draw(st.sets(st.sampled_from(SOURCES)).map(frozenset)), rows


@given(_cases())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_compiled_and_evaluated_scores_are_equal_to_the_last_digit(
    case: tuple[ScoringConfig, frozenset[str], list[dict[str, Any]]],
) -> None:
    config, connected, rows = case
    table = pa.Table.from_pylist(rows, schema=_schema(config))
    inputs = _ENGINE.create_table("inputs", table, overwrite=True)
    found = _ENGINE.to_pyarrow(scored(inputs, config, connected, NOW_US)).to_pylist()
    for compiled in found:
        evaluated = evaluate(config, compiled, connected, NOW_US)
        assert config.scorecards[compiled["card"]] == evaluated.scorecard
        assert compiled["total"] == evaluated.total
        assert compiled["score"] == evaluated.score
        assert compiled["health_status"] == evaluated.status
        assert compiled["coverage"] == evaluated.coverage
        for part in evaluated.components:
            assert compiled[POINTS_PREFIX + part.component] == part.points
            assert 0 <= part.points <= part.weight + 1e-9
