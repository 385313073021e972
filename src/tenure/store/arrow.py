"""Rows as Arrow tables and back, with types fixed by us and never guessed from values."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv

from tenure.errors import BadInput
from tenure.model.facts import InboxRow

ROW_SCHEMA = pa.schema(
    [
        pa.field("venture_id", pa.int64(), nullable=False),
        pa.field("kind", pa.int64(), nullable=False),
        pa.field("key_hi", pa.int64(), nullable=False),
        pa.field("key_lo", pa.int64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("occurred_us", pa.int64(), nullable=False),
        pa.field("received_us", pa.int64(), nullable=False),
        pa.field("customer_id", pa.string()),
        pa.field("user_id", pa.string()),
        pa.field("anonymous", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("feature", pa.string()),
        pa.field("body", pa.string()),
    ]
)
"""The columns of `InboxRow`, in order."""

INBOX_SCHEMA = pa.schema([pa.field("seq", pa.int64(), nullable=False), *ROW_SCHEMA])
"""What `read_arrow` gives, whatever the values."""


def table_of(rows: Sequence[InboxRow]) -> pa.Table:
    """Inbox rows as a table. Turned over as tuples: a getattr per cell cost four times as much, on the ingest path."""
    return table_of_tuples([msgspec.structs.astuple(row) for row in rows])


def table_of_tuples(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """The same for tuples of the fields of `InboxRow`; raises BadInput for a value the inbox cannot hold."""
    columns = list(zip(*rows, strict=True)) or [()] * len(ROW_SCHEMA)
    try:
        arrays = [pa.array(column, type_) for column, type_ in zip(columns, ROW_SCHEMA.types, strict=True)]
    except (UnicodeEncodeError, OverflowError, pa.ArrowException):
        raise BadInput(
            "A fact has a value the inbox cannot hold.", "Check the record before handing it in."
        ) from None
    return pa.Table.from_arrays(arrays, schema=ROW_SCHEMA)


def conform(table: pa.Table, schema: pa.Schema, what: str) -> pa.Table:
    """The table with exactly these columns, types and no null where none may be; raises BadInput.

    A nullable column of the schema may be missing: it is all null then.
    """
    known = set(schema.names)
    unknown = [name for name in table.column_names if name not in known]
    if unknown:
        raise BadInput(f"The {what} have a column {unknown[0]} that does not belong there.", "Leave it out.")
    return pa.table([_column(table, field, what) for field in schema], schema=schema)


def _column(table: pa.Table, field: pa.Field, what: str) -> pa.ChunkedArray:
    if field.name not in table.column_names:
        column = pa.chunked_array([pa.nulls(table.num_rows, field.type)])
    else:
        column = table.column(field.name)
    if not field.nullable and column.null_count:
        raise BadInput(
            f"The {what} need a value for {field.name} in every row.", "Fill it in or leave the row out."
        )
    try:
        return column if column.type == field.type else column.cast(field.type)
    except pa.ArrowException:
        raise BadInput(
            f"The {what} have a column {field.name} of the wrong type ({column.type}).", f"Use {field.type}."
        ) from None


def csv_bytes(table: pa.Table) -> memoryview:
    """The table as PostgreSQL's COPY ... CSV reads it: text quoted, null as nothing."""
    out = io.BytesIO()
    pa_csv.write_csv(table, out, pa_csv.WriteOptions(include_header=False, quoting_style="needed"))
    return out.getbuffer()


def python_columns(table: pa.Table) -> list[list[Any]]:
    """Each column as a list of Python values; numbers without null go the fast way."""
    return [_values(table.column(name)) for name in table.column_names]


def _values(column: pa.ChunkedArray) -> list[Any]:
    if column.null_count == 0 and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        values: list[Any] = column.to_numpy().tolist()
    else:
        values = column.to_pylist()
    return values
