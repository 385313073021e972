"""Facts with times of their own mean the same in whatever order and in whatever batches they arrive.

Every statement here says something new: one that repeats the last one known of its source is dropped when it arrives,
so a different statement arriving late in between would be answered differently.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.often import often
from tests.property.warehouse.histories import DAYS, START_US, many_records
from tests.warehouse_builder import BuiltWarehouse

from tenure.clock import HOUR_US
from tenure.model.facts import Answer, Customer, Event, Movement, Record, Ticket, User
from tenure.testing.warehouse import inbox_row
from tenure.warehouse.presenting import named
from tenure.warehouse.view import FactsView

END_US = START_US + (DAYS + 2) * 24 * HOUR_US
NUMBERS = ("customer_key", "user_key", "ticket_key", "name_key", "seq")


def at_its_own_time(record: Record, place: int) -> Record:
    """The record at a time nobody else has, saying what nobody else says."""
    field = "occurred_us" if isinstance(record, Event | Movement) else "answered_us" if isinstance(record, Answer) else "stated_us"
    changed: dict[str, Any] = {field: START_US + place * HOUR_US}
    if isinstance(record, Customer | User):
        changed["name"] = f"said {place}"
    if isinstance(record, Ticket):
        changed["subject"] = f"said {place}"
    return type(record)(**{name: getattr(record, name) for name in record.__struct_fields__} | changed)


def by_id(view: FactsView, texts: ir.Table) -> dict[str, list[str]]:
    """The tables of a view with ids in place of numbers, which are given in order of arrival."""
    customers = view.customers()
    ids = customers.select("customer_key", "customer_id")
    tables = {
        "customers": customers,
        "first_spells": view.first_spells().inner_join(ids, "customer_key"),
        "activity": view.activity().inner_join(view.names(), "name_key").inner_join(ids, "customer_key"),
        "features": view.features().inner_join(ids, "customer_key"),
        "tickets": named(view.tickets(), texts, "ticket_key", "ticket_id").inner_join(ids, "customer_key"),
        "movements": view.movements().inner_join(ids, "customer_key"),
        "answers": view.answers().inner_join(ids, "customer_key"),
        "users": view.users(),
    }
    return {
        name: sorted(
            repr(sorted((column, value) for column, value in row.items() if column not in NUMBERS))
            for row in table.to_pyarrow().to_pylist()
        )
        for name, table in tables.items()
    }


@pytest.mark.thorough
@settings(
    max_examples=often(2, 15),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(many_records, min_size=40, max_size=140), st.data())
def test_order_and_batches_do_not_matter(history: list[Record], data: st.DataObject) -> None:
    facts = [at_its_own_time(record, place) for place, record in enumerate(history)]
    rows = [inbox_row(fact, f"fact {place}") for place, fact in enumerate(facts)]
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    tables = []
    for batches in ([rows], [shuffled[:cut], shuffled[cut:]]):
        house = BuiltWarehouse()
        for batch in batches:
            house.add_rows(batch, START_US + 10 * HOUR_US)
        tables.append(by_id(house.now(END_US), house.warehouse.engine.table("ids")))
        house.close()
    assert tables[0] == tables[1]
