"""Whatever arrives, in whatever order, late or twice: scores from accumulators equal scores from facts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.scoring.house import House, at, customer, feature, login, ticket
from tests.often import often

from tenure.model.facts import Record

CUSTOMERS = ("a", "b", "c")
days = st.integers(0, 300).map(lambda tenth: tenth / 10)
facts: st.SearchStrategy[Record] = st.one_of(
    st.builds(login, st.sampled_from(CUSTOMERS), days),
    st.builds(feature, st.sampled_from(CUSTOMERS), st.sampled_from(["reports", "alerts"]), days),
    st.builds(
        ticket,
        st.sampled_from(["t1", "t2"]),
        st.sampled_from(CUSTOMERS),
        days,
        st.sampled_from(["open", "solved"]),
    ),
    st.builds(lambda name, day: customer(name, day, created_us=at(0)), st.sampled_from(CUSTOMERS), days),
    st.builds(
        lambda name, day: customer(name, day, created_us=at(0), churned_us=at(day + 3)),
        st.sampled_from(CUSTOMERS),
        days,
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[float, list[Record], str]]:
    """Refreshes at rising times, each after some facts of any date; duplicates come from repeating earlier ones."""
    told: list[Record] = []
    found = []
    for step in range(draw(st.integers(2, 4))):
        new = draw(st.lists(facts, max_size=6))
        again = draw(st.lists(st.sampled_from(told), max_size=2)) if told else []
        told += new
        how = draw(st.sampled_from(["incremental", "touched"]))
        found.append((5.0 * step + draw(st.integers(1, 4)), [*new, *again], how))
    return found


@pytest.mark.thorough
@given(histories())
@settings(
    max_examples=often(3, 20),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_incremental_scores_equal_full_scores(history: list[tuple[float, list[Record], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        try:
            house.say(*(customer(name, 0) for name in CUSTOMERS))
            house.refresh(0.5)
            for day, records, how in history:
                house.say(*records)
                house.refresh(day, touched_only=how == "touched")
            house.refresh(history[-1][0] + 0.1)
            _same(house, at(history[-1][0] + 0.1))
        finally:
            house.close()


def _same(house: House, now_us: int) -> None:
    computed: dict[str, Any] = {row["customer_id"]: row for row in house.service.at(now_us).to_pylist()}
    assert set(house.scores()) == set(computed)
    for name, row in computed.items():
        kept = house.keeper.kept(name)
        assert (kept.total, kept.coverage) == (row["total"], row["coverage"])
        assert house.store.health.get(house.venture_id, name).score == row["score"]
        if kept.change is not None:
            parts = kept.change.late + kept.change.time + kept.change.behaviour + kept.change.configuration
            assert parts == kept.change.total
