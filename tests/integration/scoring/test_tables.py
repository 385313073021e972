"""Current scores written in place of earlier ones: the same whether few or most of them change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tenure.warehouse.engine import Engine, WarehouseFile
from tenure.warehouse.scoring import tables

CUSTOMERS = 40
COLUMNS = "customer_key, customer_id, score, profile_run, profile_name, points_value"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with WarehouseFile.open(None) as file:
        tables.create_tables(file.engine)
        file.engine.run(f"ALTER TABLE {tables.CURRENT} ADD COLUMN points_value DOUBLE")
        file.engine.run(
            f"INSERT INTO {tables.CURRENT} ({COLUMNS}) "
            f"SELECT i, 'c' || i, 50, 1, 'before', 7 FROM range({CUSTOMERS}) t(i)"
        )
        yield file.engine


def merged(engine: Engine, changed: int) -> list[tuple[object, ...]]:
    """Everything after customers 0 .. changed - 1 and a new one came, and the last one went."""
    engine.run(
        "CREATE TEMP TABLE given AS SELECT i::INTEGER AS customer_key, 'c' || i AS customer_id, 60.0::DOUBLE AS score, "
        "CASE WHEN i % 2 = 0 THEN 2 ELSE 1 END::BIGINT AS profile_run, 'after' AS profile_name, 8.0::DOUBLE AS points_support "
        f"FROM (SELECT i FROM range({changed}) t(i) UNION ALL SELECT {CUSTOMERS})"
    )
    engine.run(f"CREATE TEMP TABLE gone AS SELECT {CUSTOMERS - 1} AS customer_key")
    tables.merge(engine, tables.CURRENT, engine.ibis.table("given"), engine.ibis.table("gone"))
    return engine.run(f"SELECT {COLUMNS}, points_support FROM {tables.CURRENT} ORDER BY customer_key")


@pytest.mark.parametrize("changed", [3, CUSTOMERS - 2])
def test_changed_rows_stand_in_place_of_the_same_customers(engine: Engine, changed: int) -> None:
    rows = merged(engine, changed)
    assert [row[0] for row in rows] == [*range(CUSTOMERS - 1), CUSTOMERS]
    assert rows[0] == (0, "c0", 60.0, 2, "after", None, 8.0)
    assert rows[-1] == (CUSTOMERS, f"c{CUSTOMERS}", 60.0, 2, "after", None, 8.0)
    assert rows[changed] == (changed, f"c{changed}", 50.0, 1, "before", 7.0, None)


def test_what_lists_show_beside_a_score_is_written_only_when_it_changed(engine: Engine) -> None:
    rows = merged(engine, 3)
    assert [(row[3], row[4]) for row in rows[:3]] == [(2, "after"), (1, "before"), (2, "after")]
