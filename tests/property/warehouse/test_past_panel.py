"""Many days of the past asked at once tell the same, to the last digit, as every day asked for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.often import often
from tests.property.warehouse.histories import COMPANIES, CUSTOMERS, DAYS, MAPPINGS, START_US
from tests.property.warehouse.loop_conditions import conditions
from tests.property.warehouse.test_incremental_equals_full import batches, built, checked, fresh
from tests.property.warehouse.test_loop_fields import everybody

from tenure.clock import DAY_US, HOUR_US
from tenure.model.condition import Compare, Condition, Known
from tenure.model.facts import Event, InboxRow, Movement, MovementKind
from tenure.model.scorecard import ScoringConfig
from tenure.parameters import resolve
from tenure.rules.card_fields import LOOP
from tenure.scorecards import default_scorecard
from tenure.services.scoring.configuration import live_config
from tenure.testing.warehouse import inbox_rows
from tenure.warehouse.loop.past_daily import DailyPast
from tenure.warehouse.loop.past_day import OVERRIDES, PULSES, PastSettings, refresh_times
from tenure.warehouse.loop.past_panel import PanelPast

__all__ = ["built"]
EVERY_MEASURE = (Path(__file__).parents[2] / "integration" / "scoring" / "every_measure.yaml").read_text()
PAID = Movement(customer_id="acme", occurred_us=START_US, kind=MovementKind.new, monthly_cents=100)
"""Somebody pays: silence is no churn."""
REGULARS = [
    Event(name="login", occurred_us=START_US + day * DAY_US + 5 * HOUR_US, user_id="zoe", customer_id="acme")
    for day in range(0, 2 * DAYS, 2)
]
"""Somebody comes every other day, so that last times move while days are asked for together."""
EVERY_FIELD: tuple[Condition, ...] = (
    *(Compare(field, "<=", 9.0) for field in LOOP.numbers),
    *(Compare(field, "==", True) for field in LOOP.flags),
    *(Known(field) for field in LOOP.all),
)
"""A watch on each, whatever the random ones look at."""
someone = st.builds(lambda company, name: company + name, st.sampled_from(COMPANIES), st.sampled_from(CUSTOMERS))
span = st.tuples(st.integers(0, DAYS), st.integers(1, 10)).map(
    lambda days: (START_US + days[0] * DAY_US, START_US + sum(days) * DAY_US)
)
overrides = st.lists(
    st.tuples(someone, st.floats(0, 100), st.sampled_from(["healthy", "critical", None]), span), max_size=6, unique_by=lambda one: one[0]
)
pulses = st.just([]) | st.lists(st.tuples(someone, st.integers(0, 100), span), max_size=4)


def overrides_at(given: list[Any], now_us: int) -> pa.Table:
    rows = [
        {"customer_id": who, "override_id": place, "score": score, "status": status, "until_us": until_us}
        for place, (who, score, status, (from_us, until_us)) in enumerate(given)
        if from_us <= now_us < until_us
    ]
    return pa.Table.from_pylist(rows, schema=OVERRIDES)


def pulses_at(given: list[Any], now_us: int) -> pa.Table:
    rows = [
        {"customer_id": who, "value": float(value), "given_us": from_us, "until_us": until_us}
        for who, value, (from_us, until_us) in given
        if from_us < now_us
    ]
    return pa.Table.from_pylist(rows, schema=PULSES)


def told(past: Any, watches: dict[str, Condition], everybody: list[str], first_us: int) -> list[Any]:
    """Everything a rehearsal may ask of every day; whoever crosses is judged on every other day."""
    found: list[Any] = []
    try:
        for place, day in enumerate(past.days(dict(list(watches.items())[::2]))):
            crossed = {watch: list(customers) for watch, customers in past.crossed(watches).items()}
            for watch, customers in crossed.items() if place % 2 else ():
                past.judged(watch, customers)
            tables = (past.changes(), past.scores(), past.scores_of(everybody[::2]))
            cards = past.cards(everybody) if place in (0, 4) else []
            profiles = sorted(past.profiles_of(everybody).to_pylist(), key=repr) if place in (0, 4) else []
            responses = past.responses(everybody, first_us, day.now_us) if place == 4 else []
            found.append((day, crossed, *(table.to_pylist() for table in tables), list(cards), profiles, responses))
    finally:
        past.close()
    return found


@pytest.mark.thorough
@settings(checked, max_examples=often(2, 12), phases=[Phase.generate])
@given(
    batches(),
    st.integers(1, DAYS - 10),
    st.integers(0, 23),
    st.lists(conditions, min_size=2, max_size=4),
    st.sampled_from([default_scorecard(), EVERY_MEASURE]),
    st.booleans(),
    overrides,
    pulses,
)
def test_many_days_at_once_tell_what_each_day_would(
    built: list[Any],
    history: list[tuple[list[InboxRow], int, int]],
    day: int,
    hour: int,
    asked: list[Condition],
    scorecard: str,
    is_then: bool,
    overridden: list[Any],
    pulsed: list[Any],
) -> None:
    house = fresh(built)
    house.add_rows(inbox_rows([PAID, *REGULARS]), START_US)
    for rows, now_us, mapping in history:
        house.mapping = MAPPINGS[mapping]
        house.add_rows(rows, now_us)
    first_us = START_US + day * DAY_US + hour * HOUR_US
    times = refresh_times(first_us, first_us + 9 * DAY_US, hour)
    configs = [live_config((), text, resolve(), house.mapping, {}) for text in (scorecard, default_scorecard())]

    def config_at(now_us: int) -> ScoringConfig:
        return configs[now_us >= times[6]]

    how = PastSettings(
        config_at,
        known_batch=2 if is_then else None,
        overrides=lambda now_us: overrides_at(overridden, now_us),
        pulses=lambda now_us: pulses_at(pulsed, now_us),
        use_history=False,
    )
    watches = {f"watch {place}": condition for place, condition in enumerate([*asked, *EVERY_FIELD])}
    engine, names = house.warehouse.engine, everybody(house)
    one_by_one = told(DailyPast(engine, how, times), watches, names, times[0])
    with patch("tenure.warehouse.loop.past_panel.MOST_DAYS", 4):
        at_once = told(PanelPast(engine, how, times), watches, names, times[0])
    for plain, fast in zip(one_by_one, at_once, strict=True):
        for mine, theirs in zip(plain, fast, strict=True):
            assert mine == theirs
