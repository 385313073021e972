"""The warehouse's customers are, one by one, what the plain rule says."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.property.warehouse.histories import DAYS, START_US, customers, movements
from tests.warehouse_builder import warehouse_of

from tenure.clock import DAY_US, HOUR_US
from tenure.model.facts import Customer, CustomerStatus, Movement, MovementKind
from tenure.rules.customer_state import customer_state

FIELDS = (
    "created_us",
    "spell_started_us",
    "status",
    "churned_us",
    "cancel_requested_us",
    "first_paid_us",
    "monthly_cents",
    "is_scored",
)
IDS = tuple(f"c{number}" for number in range(40))

statements = st.lists(st.tuples(st.sampled_from(IDS), customers), min_size=90, max_size=200)
changes = st.lists(st.tuples(st.sampled_from(IDS), movements), min_size=70, max_size=150)


def of(customer_id: str, record: Any) -> Any:
    """The record as one of another customer."""
    return type(record)(**{name: getattr(record, name) for name in record.__struct_fields__} | {"customer_id": customer_id})


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(statements, changes, st.integers(0, DAYS + 2))
def test_every_customer_is_what_the_rule_says(
    said: list[tuple[str, Customer]], moved: list[tuple[str, Movement]], day: int
) -> None:
    now_us = START_US + day * DAY_US + HOUR_US // 2
    records = [of(*one) for one in (*said, *moved)]
    told: dict[str, list[Any]] = defaultdict(list)
    for one in records:
        if one not in told[one.customer_id]:
            told[one.customer_id].append(one)
    house = warehouse_of([one for mine in told.values() for one in mine], START_US + (DAYS + 9) * DAY_US)
    rows = house.full(now_us).customers().to_pyarrow().to_pylist()
    house.close()
    found = {row["customer_id"]: {name: row[name] for name in FIELDS} for row in rows}
    expected = {}
    for customer_id, facts in told.items():
        state = customer_state(
            [one for one in facts if isinstance(one, Customer)],
            [one for one in facts if isinstance(one, Movement)],
            None,
            now_us,
        )
        if state is not None:
            expected[customer_id] = {name: getattr(state, name) for name in FIELDS}
    assert found == expected


def test_a_status_counts_over_a_later_statement_that_says_none() -> None:
    """Churned, then a date alone, then "cancelling" with a date long past: told to be back (found by the property above)."""
    day = START_US
    facts = [
        Customer(customer_id="a", stated_us=day + 9 * DAY_US, status=CustomerStatus.churned, churned_us=day + 12 * DAY_US),
        Customer(customer_id="a", stated_us=day + 30 * DAY_US, churned_us=day + 19 * DAY_US),
        Customer(customer_id="a", stated_us=day + 33 * DAY_US, status=CustomerStatus.cancelling, churned_us=day),
    ]
    now_us = day + 36 * DAY_US
    house = warehouse_of(facts, day + 50 * DAY_US)
    [found] = house.full(now_us).customers().to_pyarrow().to_pylist()
    house.close()
    state = customer_state(facts, [], None, now_us)
    assert state is not None
    assert {name: found[name] for name in FIELDS} == {name: getattr(state, name) for name in FIELDS}
    assert (found["status"], found["spell_started_us"]) == ("cancelling", day + 33 * DAY_US)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["new"], "churned"),  # the record says so (P1), and nothing later says otherwise
        (["new", "churn"], "churned"),
        (["new", "churn", "new"], "active"),
        (["churn", "new"], "active"),
    ],
)
def test_whoever_left_at_the_moment_of_the_first_payment_is_gone_unless_money_returned(kinds: list[str], status: str) -> None:
    day, moment = START_US, START_US + 3 * DAY_US
    said = [
        Customer(
            customer_id="a", stated_us=day + 20 * DAY_US, created_us=day, status=CustomerStatus.churned, churned_us=moment
        )
    ]
    moved = [Movement(customer_id="a", occurred_us=moment, kind=MovementKind(kind), monthly_cents=500) for kind in kinds]
    now_us = day + 30 * DAY_US
    house = warehouse_of([*said, *moved], day + 50 * DAY_US)
    [found] = house.full(now_us).customers().to_pyarrow().to_pylist()
    house.close()
    state = customer_state(said, moved, None, now_us)
    assert state is not None
    assert {name: found[name] for name in FIELDS} == {name: getattr(state, name) for name in FIELDS}
    assert found["status"] == status
