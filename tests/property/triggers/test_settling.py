"""What the store moves set-wise is what the rule moves one by one, and who is left is who it says fires, holds or waits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.model.crossings import UNARMED_TENTHS, Judgement, Limits
from tenure.model.runs import RunEnd, RunKind
from tenure.rules.triggers.crossing import judge_crossing
from tenure.store import Store
from tenure.store.tables import health

LIMITS = Limits(at_risk_tenths=400, healthy_tenths=700, min_coverage=0.5, cooldown_us=7, high_value_cents=100)
NOW = 1_000
_numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    location = tmp_path_factory.mktemp("s") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Store.open(location if isinstance(location, Path) else str(location), environment={}) as opened:
        yield opened


tenths = st.sampled_from([0, 250, 399, 400, 401, 550, 699, 700, 1000])
rows = st.fixed_dictionaries(
    {
        "score_tenths": tenths,
        "judged": st.one_of(st.none(), st.just(UNARMED_TENTHS), tenths),
        "is_new": st.integers(0, 1),
        "coverage": st.sampled_from([0.2, 0.5, 1.0]),
        "change_configuration": st.sampled_from([None, 0.0, -0.1, -15.0, -60.0, 5.0]),
        "overridden": st.sampled_from(["", "", "", "score", "status", "person", "both"]),
    }
)


def published(index: int, row: dict[str, Any]) -> dict[str, Any]:
    score = row["score_tenths"]
    status = "critical" if score < 400 else "at_risk" if score < 700 else "healthy"
    if row["overridden"] == "status":
        status = "at_risk" if status == "critical" else "critical"
    total = score / 10 + (7.3 if row["overridden"] in ("score", "both") else 0.04)
    return {
        "customer_id": f"c{index}", "score_tenths": score, "total": total, "health_status": status,
        "coverage": row["coverage"], "scorecard": "d", "scorecard_version": "1", "is_new": row["is_new"],
        "change_late": None, "change_time": None, "change_behaviour": None,
        "change_configuration": row["change_configuration"],
    }  # fmt: skip


@given(st.lists(rows, min_size=1, max_size=40))
@settings(max_examples=25)
def test_the_store_settles_what_the_rule_moves(store: Store, given_rows: list[dict[str, Any]]) -> None:
    own = store.ventures.ensure(f"p{next(_numbers)}", name="A", currency="USD", timezone="UTC", now_us=1).venture_id
    run = store.runs.start(own, RunKind.full, as_of_us=NOW, known_batch=1, now_us=NOW)
    table = pa.Table.from_pylist([published(index, row) for index, row in enumerate(given_rows)])
    floats = ("change_late", "change_time", "change_behaviour", "change_configuration")
    for name in floats:
        table = table.set_column(table.column_names.index(name), name, table.column(name).cast(pa.float64()))
    store.health.publish(own, run.run_id, RunEnd(ended_us=NOW), table)
    with store._database.writing() as connection:
        for index, row in enumerate(given_rows):
            mine = sa.and_(health.c.venture_id == own, health.c.customer_id == f"c{index}")
            connection.execute(sa.update(health).where(mine).values(last_judged_score_tenths=row["judged"]))
    for index, row in enumerate(given_rows):
        if row["overridden"] in ("person", "both"):
            store.overrides.add(own, f"c{index}", score=1, status=None, reason="r", person="kim", from_us=1, until_us=NOW * 2, now_us=1)
    names = [f"c{index}" for index in range(len(given_rows))]
    before = store.crossings.standings(own, "RETENTION-001", names, NOW)
    verdicts = {name: judge_crossing(one, LIMITS, NOW) for name, one in before.items()}
    expected = {
        name: one.last_judged_tenths if one.judgement in (Judgement.move, Judgement.wait) else before[name].last_judged_tenths
        for name, one in verdicts.items()
    }
    store.crossings.settle(own, LIMITS, NOW)
    after = {name: one.last_judged_tenths for name, one in store.crossings.standings(own, "RETENTION-001", names, NOW).items()}
    assert after == expected
    below = {one.customer_id for one in store.crossings.below(own, "RETENTION-001", LIMITS, NOW)}
    assert {name for name, one in verdicts.items() if one.judgement is Judgement.fire} <= below
    assert not {name for name, one in verdicts.items() if one.judgement is Judgement.move} & below
    assert store.crossings.settle(own, LIMITS, NOW) == 0, "settled is settled"
