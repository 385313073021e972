"""The two readers of a scorecard agree to the last digit, whatever the scorecard and the customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.property.scoring.customers import BothReaders, random_customers, schema_of
from tests.property.scoring.documents import NOW_US, SOURCES, configs, row_of

from tenure.clock import DAY_US
from tenure.model.scorecard import ScoringConfig
from tenure.warehouse.scoring.inputs import input_columns

MILLION = 1_000_000
CUSTOMERS_A_CONFIGURATION = 2_000
_READERS = BothReaders()
connected_sources = st.sets(st.sampled_from(SOURCES)).map(frozenset)


def generated(examples: int) -> settings:
    """The same examples every time, none of them shrunk."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def _cases(draw: st.DrawFn) -> tuple[ScoringConfig, frozenset[str], list[dict[str, Any]]]:
    config = draw(configs())
    counts = {column.name: column.counts for column in input_columns(config)}
    names = {name: counts.get(name, False) for name in schema_of(config).names[3:]}
    rows = draw(st.lists(row_of(names), min_size=1, max_size=8))
    spells = [NOW_US - draw(st.integers(1, 200)) * DAY_US for _ in rows]
    for key, (row, spell) in enumerate(zip(rows, spells, strict=True)):
        row |= {"customer_key": key, "customer_id": f"customer-{key}", "spell_started_us": spell}
    return config, draw(connected_sources), rows


@given(_cases())
@generated(15)
def test_compiled_and_evaluated_scores_are_equal_to_the_last_digit(
    case: tuple[ScoringConfig, frozenset[str], list[dict[str, Any]]],
) -> None:
    config, connected, rows = case
    customers = pa.Table.from_pylist(rows, schema=schema_of(config))
    assert _READERS.differences(config, connected, customers) == []


def scores_compared(configurations: int, customers_each: int) -> int:
    """Compare that many random customers of each of that many random configurations; how many were compared."""
    compared = 0

    @given(configs(), connected_sources)
    @generated(configurations)
    def compare(config: ScoringConfig, connected: frozenset[str]) -> None:
        nonlocal compared
        customers = random_customers(config, np.random.default_rng(compared), customers_each)
        differences = _READERS.differences(config, connected, customers)
        assert differences[:3] == [], f"{len(differences)} of {customers_each} differ"
        compared += customers_each

    compare()
    return compared


def test_scores_of_some_thousand_random_customers_are_equal() -> None:
    assert scores_compared(configurations=25, customers_each=300) == 7_500


@pytest.mark.slow
def test_scores_of_a_million_random_customers_are_equal() -> None:
    assert scores_compared(MILLION // CUSTOMERS_A_CONFIGURATION, CUSTOMERS_A_CONFIGURATION) == MILLION
