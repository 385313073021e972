"""Goals of a customer, as people write them, until they are in the statement."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.services.importing.conftest import NOW_US, Desk
from tests.warehouse_builder import BuiltWarehouse

from tenure.clock import to_us
from tenure.model.facts import Goal
from tenure.services.importing.goals import goals
from tenure.services.importing.reading import ReadingRules, Refusal

RULES = ReadingRules(now_us=to_us(datetime(2026, 9, 21, tzinfo=UTC)))
MARCH_US = to_us(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", None),
        ("[]", None),
        ("save time", (Goal(name="save time"),)),
        ("save time; win, twice\ngrow", (Goal(name="save time"), Goal(name="win, twice"), Goal(name="grow"))),
        ('["save time", "grow"]', (Goal(name="save time"), Goal(name="grow"))),
        ('[{"name": "grow", "reached_at": "2026-03-01"}]', (Goal(name="grow", reached_us=MARCH_US),)),
        ('{"name": "grow", "reached_us": null}', (Goal(name="grow"),)),
        (["grow"], (Goal(name="grow"),)),
        ([{"name": "grow", "reached_at": None}], (Goal(name="grow"),)),
    ],
)
def test_goals_are_a_list_or_text(raw: Any, expected: tuple[Goal, ...] | None) -> None:
    assert goals(raw, RULES) == expected


@pytest.mark.parametrize(("raw", "rule"), [("[1]", "not_goals"), ("[oops", "bad_json"), (7, "not_goals"), ([{"at": 1}], "not_goals")])
def test_what_is_no_goal_is_refused(raw: Any, rule: str) -> None:
    with pytest.raises(Refusal) as refused:
        goals(raw, RULES)
    assert refused.value.rule == rule


def stated(desk: Desk) -> dict[str | None, Any]:
    return {row.customer_id: msgspec.json.decode(row.body or "{}").get("goals") for row in desk.inbox.rows}


def test_a_column_of_a_csv_file_reaches_the_statement_and_the_view(desk: Desk) -> None:
    content = 'customer_id,goals\nc1,"[""save time""]"\nc2,save time; grow\nc3,\nc4,[1]\n'
    desk.load("customers.csv", content)
    assert stated(desk) == {"c1": [{"name": "save time"}], "c2": [{"name": "save time"}, {"name": "grow"}], "c3": None}
    house = BuiltWarehouse()
    house.add_rows(desk.inbox.rows, NOW_US + 1)
    found = {row["customer_id"]: row["goals"] for row in house.full(NOW_US + 1).customers().to_pyarrow().to_pylist()}
    assert found["c2"] == '[{"name":"save time"},{"name":"grow"}]'
    house.close()


def test_a_list_column_of_a_parquet_file_reaches_the_statement(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"customer_id": ["c1", "c2"], "goals": [["save time", "grow"], None]}), path)
    desk.service.import_paths(1, [path], now_us=RULES.now_us)
    assert stated(desk) == {"c1": [{"name": "save time"}, {"name": "grow"}], "c2": None}
