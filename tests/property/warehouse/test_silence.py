"""Leaving by silence (P1): both views say the same, and of each customer what the plain rule says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.often import often
from tests.property.warehouse.histories import (
    CUSTOMERS,
    DAYS,
    START_US,
    aliases,
    events,
    maybe,
    maybe_times,
    times,
    users,
)
from tests.property.warehouse.test_customer_state import FIELDS
from tests.property.warehouse.test_incremental_equals_full import everything
from tests.warehouse_builder import BuiltWarehouse, warehouse_of

from tenure.clock import DAY_US, HOUR_US
from tenure.model.facts import Customer, CustomerStatus, Event
from tenure.model.mapping import FactMapping
from tenure.rules.customer_state import customer_state
from tenure.rules.silence import Silence

QUIET = FactMapping(churn_inactive_days=6)

customers = st.builds(
    Customer,
    customer_id=st.sampled_from(CUSTOMERS),
    stated_us=times,
    created_us=maybe_times,
    status=maybe([CustomerStatus.active, CustomerStatus.trial]),
    internal=maybe([True, False, False]),
)
pytestmark = pytest.mark.thorough

checked = settings(
    max_examples=often(4, 30),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@checked
@given(
    st.lists(st.one_of(events(), events(), events(), customers, users, aliases), min_size=4, max_size=40),
    st.integers(0, 40),
    st.integers(0, DAYS + 20),
)
def test_both_views_see_the_same_silence(history: list[Any], cut: int, day: int) -> None:
    house = BuiltWarehouse(mapping=QUIET)
    now_us = START_US + day * DAY_US + HOUR_US // 2
    house.add(history[:cut], now_us)
    house.add(history[cut:], now_us)
    assert everything(house.now(now_us)) == everything(house.full(now_us))
    end_us = START_US + (DAYS + 30) * DAY_US
    assert everything(house.now(end_us)) == everything(house.full(end_us))
    house.close()


logins = st.builds(Event, name=st.just("login"), occurred_us=times, customer_id=st.sampled_from(CUSTOMERS))


@checked
@given(st.lists(customers, max_size=8), st.lists(logins, max_size=20), st.integers(0, DAYS + 20))
def test_every_silent_customer_is_what_the_rule_says(said: list[Customer], came: list[Event], day: int) -> None:
    now_us = START_US + day * DAY_US + HOUR_US // 2
    told = {(one.customer_id, one.stated_us): one for one in said}
    facts = [*told.values(), *{(one.customer_id, one.occurred_us): one for one in came}.values()]
    house = warehouse_of(facts, START_US + (DAYS + 30) * DAY_US, QUIET)
    rows = house.full(now_us).customers().to_pyarrow().to_pylist()
    house.close()
    heard = [one.occurred_us for one in came if one.occurred_us < now_us]
    silence = Silence(inactive_days=QUIET.churn_inactive_days, heard_from_us=min(heard)) if heard else None
    expected = {}
    for customer_id in CUSTOMERS:
        mine = [one.occurred_us for one in came if one.customer_id == customer_id and one.occurred_us < now_us]
        statements = [one for one in told.values() if one.customer_id == customer_id]
        first_us = min(mine, default=None)
        state = customer_state(_new_only(statements), [], first_us, now_us, silence=silence, logins_us=mine)
        if state is not None:
            expected[customer_id] = {name: getattr(state, name) for name in FIELDS}
    assert {row["customer_id"]: {name: row[name] for name in FIELDS} for row in rows} == expected


def _new_only(statements: list[Customer]) -> list[Customer]:
    """Without those that repeat the one before them: they say nothing new."""
    kept: list[Customer] = []
    for one in sorted(statements, key=lambda each: each.stated_us):
        if not kept or msgspec.structs.replace(one, stated_us=0) != msgspec.structs.replace(kept[-1], stated_us=0):
            kept.append(one)
    return kept
