"""Tables are brought to the declared columns and types, or refused in one sentence."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tenure.errors import BadInput
from tenure.model.facts import InboxRow
from tenure.store.arrow import INBOX_SCHEMA, ROW_SCHEMA, conform, csv_bytes, python_columns, table_of
from tenure.store.health import CUSTOMERS_SCHEMA

SCHEMA = pa.schema(
    [pa.field("id", pa.string(), nullable=False), pa.field("n", pa.int64()), pa.field("x", pa.float64())]
)


def test_the_arrow_columns_are_those_of_the_row() -> None:
    assert tuple(ROW_SCHEMA.names) == InboxRow.__struct_fields__
    assert INBOX_SCHEMA.names == ["seq", *ROW_SCHEMA.names]


def test_narrower_types_are_widened_and_missing_columns_are_null() -> None:
    table = pa.table({"n": pa.array([1], pa.int16()), "id": pa.array(["a"], pa.large_string())})
    assert conform(table, SCHEMA, "rows").to_pylist() == [{"id": "a", "n": 1, "x": None}]


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (pa.table({"id": ["a"], "mood": [1]}), "mood"),
        (pa.table({"id": [None]}), "id"),
        (pa.table({"n": [1]}), "id"),
        (pa.table({"id": ["a"], "n": ["many"]}), "n"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(table: pa.Table, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        conform(table, SCHEMA, "rows")


def test_an_integer_too_large_for_the_inbox_is_refused() -> None:
    with pytest.raises(BadInput):
        table_of([InboxRow(1, 3, 2**63, 0, "http", 1, 1)])


def test_nothing_and_the_empty_text_differ_in_what_postgres_reads() -> None:
    table = pa.table({"id": ["", None, 'a"b'], "n": [1, None, 3]})
    assert bytes(csv_bytes(table)).decode() == '"",1\n,\n"a""b",3\n'


def test_columns_become_python_values() -> None:
    table = pa.table({"id": ["a", None], "n": [1, 2], "x": [0.5, None], "b": [True, False]})
    assert python_columns(table) == [["a", None], [1, 2], [0.5, None], [True, False]]
    assert all(type(value) is int for value in python_columns(table)[1])


def test_no_rows_are_an_empty_table_of_the_right_types() -> None:
    assert table_of([]).schema == ROW_SCHEMA
    assert (
        conform(pa.table({"customer_id": pa.array([], pa.string())}), CUSTOMERS_SCHEMA, "profiles").num_rows
        == 0
    )
