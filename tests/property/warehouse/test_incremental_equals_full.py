"""What drains maintain equals what facts say, whatever came in which order, twice, late or too early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.often import often
from tests.property.warehouse.histories import DAYS, MAPPINGS, START_US, many_records
from tests.warehouse_builder import BuiltWarehouse

from tenure.clock import DAY_US, HOUR_US
from tenure.model.facts import InboxRow
from tenure.testing.warehouse import inbox_rows
from tenure.warehouse.view import FactsView

END_US = START_US + (DAYS + 2) * DAY_US
FROM_DAY = START_US // DAY_US + 10

TABLES: dict[str, Any] = {
    "customers": lambda view: view.customers(),
    "first_spells": lambda view: view.first_spells(),
    "activity": lambda view: view.activity(),
    "logins": lambda view: view.activity(view.mapping.login_names, FROM_DAY),
    "last_seen": lambda view: view.last_seen(),
    "last_login": lambda view: view.last_seen(view.mapping.login_names),
    "user_days": lambda view: view.user_days(FROM_DAY),
    "features": lambda view: view.features(),
    "tickets": lambda view: view.tickets(),
    "movements": lambda view: view.movements(),
    "answers": lambda view: view.answers(),
    "users": lambda view: view.users(),
}

pytestmark = pytest.mark.thorough

checked = settings(
    max_examples=often(3, 25),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def content(view: FactsView, table: str) -> list[str]:
    """The rows of a table of a view, in an order of their own."""
    found = TABLES[table](view).to_pyarrow().to_pylist()
    return sorted(repr(sorted(row.items(), key=lambda item: item[0])) for row in found)


def everything(view: FactsView) -> dict[str, Any]:
    return {name: content(view, name) for name in TABLES} | {"connected": sorted(view.connected())}


@pytest.fixture
def built() -> Iterator[list[BuiltWarehouse]]:
    made: list[BuiltWarehouse] = []
    yield made
    for warehouse in made:
        warehouse.close()


def fresh(made: list[BuiltWarehouse]) -> BuiltWarehouse:
    """A new warehouse; the ones of earlier examples are closed."""
    while made:
        made.pop().close()
    made.append(BuiltWarehouse())
    return made[-1]


nows = st.integers(0, DAYS * 24).map(lambda hours: START_US + hours * HOUR_US)


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[list[InboxRow], int, int]]:
    """Rows in random batches, some handed in twice, each with a now and a mapping."""
    rows = inbox_rows(draw(st.lists(many_records, min_size=40, max_size=140)))
    count = draw(st.integers(1, 3))
    places = [draw(st.integers(0, count - 1)) for _ in rows]
    again = [draw(st.integers(0, count - 1)) for _ in rows]
    found = []
    for number in range(count):
        mine = [row for row, place, second in zip(rows, places, again, strict=True) if number in (place, second)]
        found.append((draw(st.permutations(mine)), draw(nows), draw(st.integers(0, len(MAPPINGS) - 1))))
    return found


@checked
@given(batches())
def test_accumulated_equals_full(built: list[BuiltWarehouse], history: list[tuple[list[InboxRow], int, int]]) -> None:
    house = fresh(built)
    for rows, now_us, mapping in history:
        house.mapping = MAPPINGS[mapping]
        house.add_rows(rows, now_us)
    at_us = house.warehouse.accumulated_to_us()
    assert everything(house.now(at_us)) == everything(house.full(at_us))
    assert everything(house.now(END_US)) == everything(house.full(END_US))


@checked
@given(st.lists(many_records, min_size=40, max_size=140), nows)
def test_twice_is_once(built: list[BuiltWarehouse], history: list[Any], now_us: int) -> None:
    house = fresh(built)
    rows = inbox_rows(history)
    house.add_rows(rows, now_us)
    once = everything(house.now(now_us))
    result = house.add_rows(rows[::-1], now_us)
    assert sum(result.added.values()) == 0
    assert everything(house.now(now_us)) == once
