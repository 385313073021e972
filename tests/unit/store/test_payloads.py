"""Batches of facts become payloads and come back as they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.model.facts import InboxRow
from tenure.store import payloads
from tenure.store.arrow import INBOX_SCHEMA, ROW_SCHEMA, table_of
from tenure.store.payloads import (
    FEW_FACTS,
    PAYLOAD_FACTS,
    Batch,
    Format,
    batches_of_rows,
    batches_of_table,
    facts_of,
)

WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
MAYBE = st.none() | TEXT
ROWS = st.builds(InboxRow, st.just(1), WHOLE, WHOLE, WHOLE, TEXT, WHOLE, WHOLE, MAYBE, MAYBE, WHOLE, MAYBE, MAYBE, MAYBE)


def row(number: int, body: str | None = None) -> InboxRow:
    return InboxRow(1, 3, number, number, "http", number, number, name="login", body=body)


def answers(batches: Sequence[Batch], first_seq: int = 1) -> Iterator[pa.RecordBatch]:
    """What a database would say of the batches, a few at a time."""
    for start in range(0, len(batches), 3):
        part = batches[start : start + 3]
        firsts = [first_seq + sum(one.facts for one in batches[: start + place]) for place in range(len(part))]
        lasts = [first + one.facts - 1 for first, one in zip(firsts, part, strict=True)]
        values = [firsts, lasts, [int(one.format) for one in part], [one.payload for one in part]]
        yield pa.record_batch(values, names=["first_seq", "last_seq", "format", "payload"])


def back(batches: Sequence[Batch], after_seq: int = 0, through_seq: int = 10**9) -> pa.Table:
    return pa.Table.from_batches(facts_of(answers(batches), after_seq, through_seq), schema=INBOX_SCHEMA)


@given(groups=st.lists(st.lists(ROWS, min_size=1, max_size=4), max_size=8), large=st.booleans())
def test_any_rows_come_back_as_they_were(groups: list[list[InboxRow]], large: bool) -> None:
    batches = [
        batch
        for place, group in enumerate(groups)
        for batch in (batches_of_table(table_of(group)) if large and place % 2 else batches_of_rows(group))
    ]
    rows = [one for group in groups for one in group]
    table = back(batches)
    assert table.drop_columns(["seq"]).to_pylist() == table_of(rows).to_pylist()
    assert table["seq"].to_pylist() == list(range(1, len(rows) + 1))
    assert all(batch.oldest_us == min(one.received_us for one in group) for batch, group in zip(batches, groups, strict=True))


def test_the_fields_of_a_stored_fact_are_those_of_the_row() -> None:
    kinds = {int: pa.int64(), str: pa.string()}
    for field, stored in zip(ROW_SCHEMA, get_args(payloads._Tuple), strict=True):
        optional = type(None) in get_args(stored)
        assert field.nullable == optional
        base = get_args(stored)[0] if get_args(stored) else stored
        assert kinds[base] == field.type


def test_few_facts_take_little_room_and_many_are_arrow() -> None:
    [few], [many] = batches_of_rows([row(1)]), batches_of_rows([row(number) for number in range(FEW_FACTS + 1)])
    assert (few.format, many.format) == (Format.messagepack, Format.arrow)
    assert len(few.payload) < 100


def test_no_payload_holds_more_than_ten_thousand_facts() -> None:
    batches = batches_of_rows([row(number) for number in range(2 * PAYLOAD_FACTS + 1)])
    assert [batch.facts for batch in batches] == [PAYLOAD_FACTS, PAYLOAD_FACTS, 1]


def test_heavy_facts_are_spread_over_payloads_no_database_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "PAYLOAD_BYTES", 10_000)
    rows = [row(number, "x" * 1_000) for number in range(100)]
    batches = batches_of_rows(rows)
    assert max(len(batch.payload) for batch in batches) < 12_000
    assert back(batches).drop_columns(["seq"]).equals(table_of(rows))


def test_numbers_are_aligned_whatever_stands_before_them() -> None:
    mixed = [batch for size in (1, 70, 3, 5_000, 2, 4_096) for batch in batches_of_rows([row(number) for number in range(size)])]
    for batch in facts_of(answers(mixed), 0, 10**9):
        assert {batch.column(name).buffers()[1].address % 8 for name in ("seq", "key_hi", "received_us")} == {0}


def test_large_batches_are_handed_on_without_a_copy() -> None:
    [batch] = batches_of_rows([row(number) for number in range(5_000)])
    [answer] = answers([batch])
    [read] = facts_of(iter([answer]), 0, 10**9)
    stored = answer.column("payload").buffers()[2]
    assert stored.address <= read.column("key_hi").buffers()[1].address < stored.address + stored.size
