"""Conditions compiled for the warehouse say of every customer what the rules say, missing fields included."""

from __future__ import annotations

from itertools import product
from typing import Any

import ibis
import pyarrow as pa
import pytest

from tenure.clock import DAY_US
from tenure.rules.conditions import holds, parse_condition
from tenure.rules.scorecard.profile import profile
from tenure.warehouse.conditions import condition_expression

NOW_US = 20_000 * DAY_US
NOTICE_DAYS = 60
TRAITS = (
    None,
    "{}",
    '{"size": 12, "tier": "gold", "flag": true}',
    '{"size": "12", "tier": null, "flag": false}',
    '{"size": 12.5, "tier": 3, "flag": 1}',
    '{"tier": "silver"}',
)
SCHEMA = pa.schema(
    {
        "plan": pa.string(),
        "arr_cents": pa.int64(),
        "internal": pa.bool_(),
        "spell_started_us": pa.int64(),
        "renewal_us": pa.int64(),
        "term_days": pa.int64(),
        "traits": pa.string(),
    }
)
VALUES = (
    ("pro", "", None),
    (100_050, 0, None),
    (True, False, None),
    (NOW_US - 30 * DAY_US, NOW_US - 30 * DAY_US + 1, None),
    (NOW_US - 1, NOW_US + 60 * DAY_US, None),
    (365, 30, None),
)


def customers() -> pa.Table:
    """Every mixture of the values above, each with one of the traits in turn."""
    mixed = [(*row, TRAITS[place % len(TRAITS)]) for place, row in enumerate(product(*VALUES))]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in mixed], SCHEMA)


@pytest.fixture(scope="module")
def asked() -> Any:
    engine = ibis.duckdb.connect(threads=1)
    return engine, engine.create_table("customers", customers())


@pytest.mark.parametrize(
    "text",
    [
        'plan == "pro"',
        'plan != "pro"',
        'plan == ""',
        'plan in ("pro", "basic")',
        "plan is known",
        "plan is missing",
        'not (plan == "pro")',
        "arr == 1000.5",
        "arr != 1000.5",
        "arr < 1000.5",
        "arr <= 1000.5",
        "arr > 0",
        "arr >= 1000.5",
        "arr in (0, 1000.5)",
        "internal == true",
        "internal != true",
        "internal is missing",
        "tenure_days >= 30",
        "days_to_renewal <= 60",
        "days_to_renewal is known",
        'journey_stage == "renewal"',
        'journey_stage in ("onboarding", "activation")',
        "journey_stage is missing",
        "term_days < 365 or term_days is missing",
        "trait.size == 12",
        'trait.size == "12"',
        "trait.size > 12",
        'trait.tier != "gold"',
        "trait.flag == true",
        "trait.flag != true",
        "trait.size is known",
        "trait.tier is missing",
        'plan == "pro" and not (arr >= 1000 or internal == true)',
        'plan is missing or arr < 10 and trait.flag == true',
    ],
)
def test_a_compiled_condition_agrees_with_the_rules_on_every_customer(asked: Any, text: str) -> None:
    engine, table = asked
    condition = parse_condition(text)
    answer = condition_expression(condition, table, NOW_US, NOTICE_DAYS)
    rows = engine.to_pyarrow(table.mutate(answer=answer)).to_pylist()
    expected = [holds(condition, profile(row, NOW_US, NOTICE_DAYS)) for row in rows]
    assert [row["answer"] for row in rows] == expected
    assert {*expected} == {True, False}, "a condition that is true of all or of none proves little"
