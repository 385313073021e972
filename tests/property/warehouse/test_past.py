"""A rehearsal of the past scores every day as the facts of that day do, to the last digit, and shows the same fields."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.property.warehouse.histories import DAYS, START_US
from tests.property.warehouse.loop_conditions import conditions
from tests.property.warehouse.test_incremental_equals_full import batches, built, checked, fresh
from tests.property.warehouse.test_loop_fields import everybody

from tenure.clock import DAY_US
from tenure.model.condition import Condition
from tenure.model.facts import InboxRow
from tenure.model.scorecard import ScoringConfig
from tenure.parameters import resolve
from tenure.rules.card_fields import card_profile
from tenure.rules.conditions import holds
from tenure.scorecards import default_scorecard
from tenure.services.scoring.configuration import live_config
from tenure.warehouse.loop.past import PastSubjects
from tenure.warehouse.scoring.keeper import ScoreKeeper

__all__ = ["built"]

NO_PULSES = pa.schema(
    {"customer_id": pa.string(), "value": pa.float64(), "given_us": pa.int64(), "until_us": pa.int64()}
).empty_table()


def config_of(house: Any) -> ScoringConfig:
    return live_config((), default_scorecard(), resolve(), house.mapping, {})


@pytest.mark.thorough
@settings(checked, phases=[Phase.generate])
@given(batches(), st.integers(3, DAYS - 6), st.lists(conditions, min_size=2, max_size=4), st.booleans())
def test_every_day_of_a_rehearsal_is_scored_as_its_facts_say(
    built: list[Any],
    history: list[tuple[list[InboxRow], int, int]],
    day: int,
    asked: list[Condition],
    is_then: bool,
) -> None:
    house = fresh(built)
    for rows, now_us, _ in history:
        house.add_rows(rows, now_us)
    config, known = config_of(house), 1 if is_then else None
    keeper = ScoreKeeper(house.warehouse.engine)
    past = PastSubjects(house.warehouse.engine, lambda now_us: config, known_batch=known)
    watches = {f"watch {place}": condition for place, condition in enumerate(asked)}
    try:
        for place, today in enumerate(past.days(START_US + day * DAY_US, START_US + (day + 5) * DAY_US)):
            crossed = past.crossed(watches, today.now_us)
            if place in (0, 4):
                computed = keeper.scores_at(today.now_us, known, config, NO_PULSES)
                mine = past.scores().select(["customer_id", "total", "score", "health_status", "coverage"])
                assert mine.to_pylist() == computed.select(mine.column_names).to_pylist()
            if place == 0:
                cards = [card for card in past.cards(everybody(house), today.now_us) if not card.internal]
                profiles = {card.customer_id: card_profile(card, today.now_us) for card in cards}
                for watch, condition in watches.items():
                    assert crossed[watch] == sorted(name for name, profile in profiles.items() if holds(condition, profile))
    finally:
        past.close()
