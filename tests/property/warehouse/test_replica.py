"""The replica that moves through the past says at every stop what the facts say of that time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.property.warehouse.histories import DAYS, MAPPINGS, START_US
from tests.property.warehouse.test_incremental_equals_full import (
    END_US,
    TABLES,
    batches,
    built,
    checked,
    content,
    fresh,
)

from tenure.clock import DAY_US, HOUR_US
from tenure.model.facts import InboxRow
from tenure.warehouse.loop.replica import Replica
from tenure.warehouse.view import FactsView

__all__ = ["built"]

def _different(one: FactsView, other: FactsView) -> dict[str, Any]:
    """Rows of either that the other has not, by table."""
    here, there = _everything(one), _everything(other)
    return {name: [*(set(here[name]) ^ set(there[name]))] for name in here if here[name] != there[name]}


stops = st.lists(st.integers(0, DAYS * 24), min_size=2, max_size=3, unique=True).map(sorted)


def _everything(view: FactsView) -> dict[str, Any]:
    return {name: content(view, name) for name in TABLES} | {"connected": sorted(view.connected())}


@pytest.mark.thorough
@settings(checked, phases=[Phase.generate])
@given(batches(), stops, st.integers(0, len(MAPPINGS) - 1), st.booleans())
def test_a_replica_moving_through_the_past_equals_the_facts_of_each_time(
    built: list[Any],
    history: list[tuple[list[InboxRow], int, int]],
    hours: list[int],
    mapping: int,
    is_then: bool,
) -> None:
    house = fresh(built)
    for rows, now_us, _ in history:  # by the mapping the door pulled features with; the replica may be asked by another
        house.add_rows(rows, now_us)
    known = 1 if is_then else None
    times = [START_US + hour * HOUR_US for hour in hours]
    replica = Replica(house.warehouse.engine, MAPPINGS[mapping], times[0], END_US + DAY_US, known)
    try:
        for now_us in times:
            replica.move_to(now_us)
            assert _different(replica.view(), house.full(now_us, known, MAPPINGS[mapping])) == {}
    finally:
        replica.close()
