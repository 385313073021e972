"""The parts of every change, told for many customers at once, are those their definition gives for each alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.scoring.house import House, at, customer, feature, login, ticket
from tests.often import often

from tenure.model.facts import Event, Record, User
from tenure.ports.scoring import KeptScore
from tenure.scorecards import default_scorecard
from tenure.services.scorecards import ScorecardService
from tenure.warehouse.scoring.compiler import scored
from tenure.warehouse.scoring.inputs import read_inputs
from tenure.warehouse.scoring.keeper import ScoreKeeper

CUSTOMERS = tuple("abcdefgh")
WINDOWED = """
name: windows
components:
  - {id: usage, weight: 60, full: 30, measures: [
      {id: days, reads: active_days, window_days: 6, linear: {per_unit: 2}},
      {id: recent, reads: login_recency, bands: [{below: 3, points: 10}, {below: 9, points: 5}, {otherwise: 0}]}]}
  - {id: care, weight: 40, full: 20, measures: [
      {id: old, reads: unresolved_tickets, older_than_days: 2, inverse: {base: 20, minus_per_unit: 7}}]}
"""
days = st.integers(0, 220).map(lambda tenth: tenth / 10)
names = st.sampled_from(CUSTOMERS)
facts: st.SearchStrategy[Record] = st.one_of(
    st.builds(login, names, days),
    st.builds(login, names, days),
    st.builds(feature, names, st.sampled_from(["reports", "alerts", "exports"]), days),
    st.builds(ticket, st.sampled_from(["t1", "t2"]), names, days, st.sampled_from(["open", "solved"])),
    st.builds(lambda day: Event(name="login", occurred_us=at(day), user_id="walker"), days),
    st.builds(lambda name, day: User(user_id="walker", stated_us=at(day), customer_id=name), names, days),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[float, list[Record], bool]]:
    """Refreshes at rising times, some of touched customers only, so that last scores are of different times."""
    return [
        (5.0 * step + 1 + draw(st.integers(0, 39)) / 10, draw(st.lists(facts, min_size=4, max_size=16)), draw(st.booleans()))
        for step in range(draw(st.integers(2, 3)))
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("document", [None, WINDOWED], ids=["default", "windowed"])
@given(histories())
@settings(
    max_examples=often(2, 12), deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_the_parts_are_what_their_definition_says(
    document: str | None, history: list[tuple[float, list[Record], bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        try:
            if document is not None:
                _publish(house, document)
            house.say(*(customer(name, 0) for name in CUSTOMERS))
            house.refresh(0.5)
            for day, records, is_touched in history:
                before = {name: house.keeper.kept(name) for name in CUSTOMERS}
                house.say(*records)
                house.refresh(day, touched_only=is_touched)
                definition = Definition(house)
                for name, last in before.items():
                    _check(definition, last, house.keeper.kept(name))
        finally:
            house.close()


class Definition:
    """Totals of everybody by the facts before a time, as known today, seen from another time."""

    def __init__(self, house: House) -> None:
        assert isinstance(house.keeper, ScoreKeeper)
        self._keeper = house.keeper
        self._found: dict[tuple[int, int, str], dict[str, float]] = {}

    def total(self, last: KeptScore, at_us: int) -> float:
        run = last.run
        key = (run.as_of_us, at_us, run.config_digest)
        if key not in self._found:
            self._found[key] = self._totals(last, at_us)
        return self._found[key][last.customer_id]

    def _totals(self, last: KeptScore, at_us: int) -> dict[str, float]:
        keeper = self._keeper
        config, connected = keeper.config_of(last.run.config_digest), frozenset(last.run.connected)
        view = keeper.views.full(last.run.as_of_us, None, config.mapping)
        inputs = keeper.scratch.keep(read_inputs(view, config, connected, at_us=at_us), "asked")
        rows: list[dict[str, Any]] = scored(inputs, config, connected, at_us).to_pyarrow().to_pylist()
        return {row["customer_id"]: row["total"] for row in rows}


def _check(definition: Definition, last: KeptScore, now: KeptScore) -> None:
    if now.run.run_id == last.run.run_id or now.total == last.total:
        return
    assert now.change is not None
    then, later = definition.total(last, last.run.as_of_us), definition.total(last, now.run.as_of_us)
    assert now.change.late == pytest.approx(then - last.total, abs=1e-8)
    assert now.change.time == pytest.approx(later - then, abs=1e-8)
    assert now.change.behaviour == pytest.approx(now.total - later, abs=1e-8)
    assert now.change.configuration == pytest.approx(0, abs=1e-8)


def _publish(house: House, document: str) -> None:
    service = ScorecardService(
        house.store, house.keeper, venture_id=house.venture_id, parameters=lambda: house.parameters,
        mapping=house.mapping, default_scorecard=default_scorecard(), clock=house.clock,
    )  # fmt: skip
    service.apply(service.plan({"windows.yaml": document}, at(0)), by="Ada", why="to see windows")
