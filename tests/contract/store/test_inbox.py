"""The inbox keeps what it accepted, in order, until the warehouse has it."""

from __future__ import annotations

from typing import Any

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
    assert store.inbox.high_mark(venture.venture_id) > mark
    assert read(store, venture, through=mark)["occurred_us"].to_pylist() == [1_700_000_000_000_001]
    assert read(store, venture, after=mark)["occurred_us"].to_pylist() == [1_700_000_000_000_002]


def test_deleted_sequences_are_never_given_out_again(store: Store, venture: Venture) -> None:
    store.inbox.append([row(venture, number) for number in range(5)])
    mark = store.inbox.high_mark(venture.venture_id)
    assert store.inbox.delete_through(venture.venture_id, mark) == 5
    assert store.inbox.high_mark(venture.venture_id) == mark
    store.inbox.append([row(venture, 6)])
    [seq] = read(store, venture)["seq"].to_pylist()
    assert mark < seq <= store.inbox.high_mark(venture.venture_id)


def test_deleting_takes_whole_batches_and_reading_goes_on_exactly_after_the_mark(store: Store, venture: Venture) -> None:
    store.inbox.append_arrow(table_of([row(venture, number) for number in range(25_000)]))
    seqs = read(store, venture)["seq"].to_pylist()
    assert store.inbox.delete_through(venture.venture_id, seqs[-2]) == 20_000
    assert read(store, venture, after=seqs[-2])["seq"].to_pylist() == [seqs[-1]]
    assert store.inbox.delete_through(venture.venture_id, seqs[-2]) == 0
    assert store.inbox.waiting(venture.venture_id, seqs[-2])[0] == 1
    assert store.inbox.delete_through(venture.venture_id, seqs[-1]) == 5_000


def test_sequences_follow_one_another_over_all_batches_of_a_table(store: Store, venture: Venture) -> None:
    store.inbox.append_arrow(table_of([row(venture, number) for number in range(25_000)]))
    table = read(store, venture)
    first = table["seq"][0].as_py()
    assert table["seq"].to_pylist() == list(range(first, first + 25_000))
    assert table["occurred_us"].to_pylist() == [1_700_000_000_000_000 + number for number in range(25_000)]


@pytest.mark.parametrize("count", [10, 1_000])
def test_reading_is_cut_inside_a_batch_at_both_ends(store: Store, venture: Venture, count: int) -> None:
    store.inbox.append([row(venture, number) for number in range(count)])
    store.inbox.append([row(venture, number) for number in range(count, 2 * count)])
    whole = read(store, venture)
    seqs = whole["seq"].to_pylist()
    for start, end in [(3, 7), (0, 1), (count - 1, count + 1), (count, 2 * count), (5, 5), (2 * count - 1, 2 * count)]:
        after = seqs[start] - 1
        cut = read(store, venture, after=after, through=seqs[end - 1] if end > start else after)
        assert cut.equals(whole.slice(start, end - start))


def test_single_events_are_joined_into_one_batch(store: Store, venture: Venture) -> None:
    for number in range(300):
        store.inbox.append([row(venture, number, user_id=f"u{number}")])
    mark = store.inbox.high_mark(venture.venture_id)
    [batch] = store.inbox.read_arrow(venture.venture_id, 0, mark)
    assert batch["user_id"].to_pylist() == [f"u{number}" for number in range(300)]
    assert batch.schema.equals(INBOX_SCHEMA)


def test_small_and_large_batches_come_back_in_the_order_they_were_accepted(store: Store, venture: Venture) -> None:
    sizes = [1, 3, 100, 2, 12_000, 1, 65, 64, 5_000, 1]
    rows = [row(venture, number, name=f"n{number % 7}") for number in range(sum(sizes))]
    done = 0
    for size in sizes:
        store.inbox.append(rows[done : done + size])
        done += size
    table = read(store, venture)
    assert table.drop_columns(["seq"]).equals(table_of(rows))
    assert table["seq"].to_pylist() == sorted(set(table["seq"].to_pylist()))


def test_a_row_of_any_size_goes_in_and_comes_back(store: Store, venture: Venture) -> None:
    rows = [row(venture, number, body="x" * 1_000_000) for number in range(70)]
    store.inbox.append(rows)
    assert read(store, venture).drop_columns(["seq"]).equals(table_of(rows))


@pytest.mark.parametrize("values", [{"name": "half \ud800"}, {"anonymous": 2**63}, {"body": 7}, {"anonymous": None}])
def test_what_could_not_be_read_back_is_refused_whole(store: Store, venture: Venture, values: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        store.inbox.append([row(venture, 1), row(venture, 2, **values)])
    assert store.inbox.waiting(venture.venture_id, 0) == (0, None)


def test_waiting_counts_what_the_warehouse_does_not_have_and_names_the_oldest(
    store: Store, venture: Venture
) -> None:
    store.inbox.append([row(venture, number) for number in (5, 4, 6)])
    store.inbox.append([row(venture, number) for number in (9, 8)])
    seqs = read(store, venture)["seq"].to_pylist()
    oldest = {after: store.inbox.waiting(venture.venture_id, after) for after in [0, *seqs]}
    assert list(oldest.values()) == [
        (5, 1_700_000_000_000_004),
        (4, 1_700_000_000_000_004),
        (3, 1_700_000_000_000_006),
        (2, 1_700_000_000_000_008),
        (1, 1_700_000_000_000_008),
        (0, None),
    ]


def test_ventures_see_and_delete_only_their_own_rows(
    store: Store, venture: Venture, stranger: Venture
) -> None:
    store.inbox.append([row(venture, 1), row(stranger, 2), row(venture, 3)])
    store.inbox.append_arrow(table_of([row(stranger if number % 3 else venture, number) for number in range(4, 304)]))
    mark = store.inbox.high_mark(venture.venture_id)
    theirs = [2, *(number for number in range(4, 304) if number % 3)]
    assert read(store, stranger)["occurred_us"].to_pylist() == [1_700_000_000_000_000 + number for number in theirs]
    assert store.inbox.delete_through(stranger.venture_id, mark) == 201
    assert store.inbox.waiting(venture.venture_id, 0)[0] == 102


def test_an_empty_group_is_nothing(store: Store, venture: Venture) -> None:
    before = store.inbox.high_mark(venture.venture_id)
    store.inbox.append([])
    store.inbox.append_arrow(table_of([]))
    assert store.inbox.high_mark(venture.venture_id) == before
