"""An export names facts by their own keys, so that importing it adds nothing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.warehouse_builder import BuiltWarehouse, warehouse_of

from tenure.clock import DAY_US
from tenure.ids import fact_key
from tenure.model.facts import Movement, MovementKind, Ticket, TicketStatus
from tenure.warehouse.exporting import exported, uuids

NOW_US = 20_000 * DAY_US


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_the_text_of_a_key_is_the_key(ids: list[str]) -> None:
    keys = [fact_key("event", "files", one) for one in ids]
    high, low = (pa.chunked_array([pa.array([key[half] for key in keys], pa.int64())]) for half in (0, 1))
    texts = uuids(high, low).to_pylist()
    assert [fact_key("event", "anything", text) for text in texts] == keys


def rows(built: BuiltWarehouse, name: str) -> list[dict[str, Any]]:
    return [row for part in exported(name, built.full(NOW_US), built.warehouse.engine) for row in part.to_pylist()]


def test_what_a_later_word_of_a_ticket_leaves_open_is_exported_as_known() -> None:
    opened = Ticket(ticket_id="t", stated_us=NOW_US - 9 * DAY_US, customer_id="c", created_us=NOW_US - 10 * DAY_US)
    solved = Ticket(ticket_id="t", stated_us=NOW_US - 5 * DAY_US, status=TicketStatus.solved)
    undated = Ticket(ticket_id="u", stated_us=NOW_US - 4 * DAY_US, customer_id="c", status=TicketStatus.open)
    found = rows(warehouse_of([solved, opened, undated], NOW_US), "tickets")
    made, said = "2024-09-24T00:00:00.000000Z", "2024-09-30T00:00:00.000000Z"
    assert [(row["customer_id"], row["status"], row["created_at"]) for row in found] == [("c", None, made), ("c", "solved", made), ("c", "open", said)]


def test_movements_of_one_moment_are_exported_in_the_order_they_came() -> None:
    kinds = [MovementKind.new, MovementKind.churn, MovementKind.reactivation] * 20
    movements = [Movement(customer_id="c", occurred_us=DAY_US, kind=kind, monthly_cents=100) for kind in kinds]
    assert [row["kind"] for row in rows(warehouse_of(movements, NOW_US), "revenue")] == [kind.value for kind in kinds]
