"""The inbox keeps what it accepted, in order, until the warehouse has it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tenure.errors import BadInput
from tenure.model.facts import FactKind, InboxRow
from tenure.model.ventures import Venture
from tenure.store import Store
from tenure.store.arrow import INBOX_SCHEMA, table_of


def row(venture: Venture, number: int, **values: object) -> InboxRow:
    return InboxRow(
        venture_id=venture.venture_id,
        kind=FactKind.event,
        key_hi=-(2**63) + number,
        key_lo=2**63 - 1 - number,
        source="http",
        occurred_us=1_700_000_000_000_000 + number,
        received_us=1_700_000_000_000_000 + number,
        **values,  # type: ignore[arg-type]
    )


def read(store: Store, venture: Venture, after: int = 0, through: int | None = None) -> pa.Table:
    mark = store.inbox.high_mark(venture.venture_id) if through is None else through
    return pa.Table.from_batches(store.inbox.read_arrow(venture.venture_id, after, mark), schema=INBOX_SCHEMA)


def test_rows_come_back_as_they_were_and_in_order(store: Store, venture: Venture) -> None:
    rows = [
        row(venture, 1, customer_id="c1", user_id="u1", name="login", body='{"a": "é \\u0000 \U0001f600"}'),
        row(venture, 2, user_id="", anonymous=1, name='a,b\n"c"\'\r\n', feature="\\N", body=""),
        row(venture, 3),
    ]
    store.inbox.append(rows)
    table = read(store, venture)
    assert table.drop_columns(["seq"]).equals(table_of(rows))
    assert table["seq"].to_pylist() == sorted(table["seq"].to_pylist())


def test_a_column_without_any_value_keeps_its_type(store: Store, venture: Venture) -> None:
    store.inbox.append([row(venture, number) for number in range(10)])
    assert read(store, venture).schema.equals(INBOX_SCHEMA)


def test_a_column_whose_first_value_comes_late_keeps_its_type_and_the_value(
    store: Store, venture: Venture
) -> None:
    store.inbox.append([row(venture, number) for number in range(70_000)])
    store.inbox.append([row(venture, 70_000, customer_id="42", body="7", name="1.5")])
    batches = list(store.inbox.read_arrow(venture.venture_id, 0, store.inbox.high_mark(venture.venture_id)))
    assert all(batch.schema.equals(INBOX_SCHEMA) for batch in batches)
    table = pa.Table.from_batches(batches)
    assert table.num_rows == 70_001
    assert table.slice(70_000).select(["customer_id", "name", "body"]).to_pylist() == [
        {"customer_id": "42", "name": "1.5", "body": "7"}
    ]


def test_nothing_to_read_is_no_batch(store: Store, venture: Venture) -> None:
    assert list(store.inbox.read_arrow(venture.venture_id, 0, 10**9)) == []


def test_arrow_tables_go_in_with_columns_in_any_order_and_optional_ones_missing(
    store: Store, venture: Venture
) -> None:
    table = table_of([row(venture, number, user_id=f"u{number}") for number in range(1_000)])
    store.inbox.append_arrow(table.select(sorted(set(table.column_names) - {"body", "feature"})))
    assert read(store, venture).drop_columns(["seq"]).equals(table)


def test_an_arrow_table_with_a_missing_value_is_refused_whole(store: Store, venture: Venture) -> None:
    table = table_of([row(venture, 1)])
    broken = table.set_column(4, "source", pa.array([None], pa.string()))
    with pytest.raises(BadInput, match="source"):
        store.inbox.append_arrow(broken)
    assert store.inbox.waiting(venture.venture_id, 0) == (0, None)


def test_a_text_no_database_can_hold_is_bad_input_and_keeps_nothing(store: Store, venture: Venture) -> None:
    with pytest.raises(BadInput):
        store.inbox.append([row(venture, 1), row(venture, 2, name="half \ud800 a pair")])
    assert store.inbox.waiting(venture.venture_id, 0) == (0, None)


def test_the_mark_is_the_last_sequence_and_reading_stops_there(store: Store, venture: Venture) -> None:
    store.inbox.append([row(venture, 1)])
    mark = store.inbox.high_mark(venture.venture_id)
    store.inbox.append([row(venture, 2)])
    assert store.inbox.high_mark(venture.venture_id) == mark + 1
    assert read(store, venture, through=mark)["occurred_us"].to_pylist() == [1_700_000_000_000_001]
    assert read(store, venture, after=mark)["occurred_us"].to_pylist() == [1_700_000_000_000_002]


def test_deleted_sequences_are_never_given_out_again(store: Store, venture: Venture) -> None:
    store.inbox.append([row(venture, number) for number in range(5)])
    mark = store.inbox.high_mark(venture.venture_id)
    assert store.inbox.delete_through(venture.venture_id, mark) == 5
    assert store.inbox.high_mark(venture.venture_id) == mark
    store.inbox.append([row(venture, 6)])
    assert read(store, venture)["seq"].to_pylist() == [mark + 1]


def test_deleting_goes_exactly_to_the_mark_over_many_chunks(store: Store, venture: Venture) -> None:
    store.inbox.append_arrow(table_of([row(venture, number) for number in range(25_000)]))
    mark = store.inbox.high_mark(venture.venture_id)
    assert store.inbox.delete_through(venture.venture_id, mark - 1) == 24_999
    assert read(store, venture)["seq"].to_pylist() == [mark]
    assert store.inbox.delete_through(venture.venture_id, mark - 1) == 0


def test_waiting_counts_what_the_warehouse_does_not_have_and_names_the_oldest(
    store: Store, venture: Venture
) -> None:
    store.inbox.append([row(venture, number) for number in (5, 4, 6)])
    mark = store.inbox.high_mark(venture.venture_id)
    assert store.inbox.waiting(venture.venture_id, 0) == (3, 1_700_000_000_000_004)
    assert store.inbox.waiting(venture.venture_id, mark - 1) == (1, 1_700_000_000_000_006)


def test_ventures_see_and_delete_only_their_own_rows(
    store: Store, venture: Venture, stranger: Venture
) -> None:
    store.inbox.append([row(venture, 1), row(stranger, 2), row(venture, 3)])
    mark = store.inbox.high_mark(venture.venture_id)
    assert read(store, stranger)["occurred_us"].to_pylist() == [1_700_000_000_000_002]
    assert store.inbox.delete_through(stranger.venture_id, mark) == 1
    assert store.inbox.waiting(venture.venture_id, 0)[0] == 2


def test_an_empty_group_is_nothing(store: Store, venture: Venture) -> None:
    before = store.inbox.high_mark(venture.venture_id)
    store.inbox.append([])
    store.inbox.append_arrow(table_of([]))
    assert store.inbox.high_mark(venture.venture_id) == before
