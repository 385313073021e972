"""A piece of a file as columns, whatever the file was: text cells of a CSV, typed Parquet columns, JSON values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.services.importing.reading import BLANKS, MISSING_TEXTS, Refusal, is_missing

Column: TypeAlias = Any
"""A pyarrow Array where the column has one plain type, a list of Python values where it does not."""


class Chunk:
    """Rows of one file: `places` are their row numbers as a person would count them (the header is row 1)."""

    def __init__(self, columns: dict[str, Column], places: np.ndarray) -> None:
        self.columns = columns
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def row(self, index: int) -> dict[str, Any]:
        """One row as plain values."""
        return {name: cell(column, index) for name, column in self.columns.items()}

    def head(self, count: int) -> list[dict[str, Any]]:
        """The first rows as plain values."""
        return [self.row(index) for index in range(min(count, len(self)))]


def cell(column: Column, index: int) -> Any:
    """One value as a Python object; a time Python cannot hold (year 300000) as its number."""
    if isinstance(column, list):
        return column[index]
    scalar = column[index]
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return str(scalar.value)


def is_text(column: Column) -> bool:
    """Whether this is an Arrow column of text."""
    return not isinstance(column, list) and pa.types.is_string(column.type)


def plain(column: pa.Array | pa.ChunkedArray) -> Column:
    """An Arrow column of any type as one the readers know: text, whole and real numbers, flags, times, or objects."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # combine_chunks keeps chunks when offsets would overflow
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return array.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return text_or_objects(array)
    if pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    if pa.types.is_date64(kind):
        return array.cast(pa.date32())
    if pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or _is_simple(kind):
        return array
    return [cell(array, index) for index in range(len(array))]


def _is_simple(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_date32(kind) or pa.types.is_timestamp(kind) or pa.types.is_decimal(kind))


def text_or_objects(array: pa.Array) -> Column:
    """Bytes as text; where some are no UTF-8, those stay bytes in a list (their rows will be refused)."""
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        return [_decoded(raw) for raw in array.to_pylist()]


def _decoded(raw: bytes | None) -> Any:
    try:
        return None if raw is None else raw.decode()
    except UnicodeDecodeError:
        return raw


_MISSING = pa.array(sorted(MISSING_TEXTS), pa.string())


def trimmed(column: pa.Array) -> pa.Array:
    """Text without blanks at its ends; null where it says nothing (the columnar twin of `is_missing`)."""
    text = pc.utf8_trim(column, characters=BLANKS)
    return pc.if_else(pc.is_in(text, value_set=_MISSING), pa.scalar(None, pa.string()), text)


def first_said(columns: list[Column], size: int) -> Column:
    """Per row the first of several columns that says something."""
    if len(columns) == 1:
        return columns[0]
    if columns and all(is_text(column) for column in columns):
        return pc.coalesce(*[trimmed(column) for column in columns])
    return [next((v for v in (cell(c, i) for c in columns) if not is_missing(v)), None) for i in range(size)]


def by_distinct(
    column: Column, read: Callable[[Any], Any], kind: pa.DataType
) -> tuple[pa.Array, np.ndarray | None]:
    """Read every distinct value once: the typed column, and where the value was refused (None: nowhere)."""
    if isinstance(column, list):
        values, refused = _read_all(column, read)
        return pa.array(values, kind), refused
    encoded = column.dictionary_encode(null_encoding="encode")
    distinct = [cell(encoded.dictionary, index) for index in range(len(encoded.dictionary))]
    values, refused = _read_all(distinct, read)
    indices = encoded.indices
    bad = None if refused is None else refused[indices.to_numpy(zero_copy_only=False)]
    return pa.array(values, kind).take(indices), bad


def _read_all(raws: list[Any], read: Callable[[Any], Any]) -> tuple[list[Any], np.ndarray | None]:
    values: list[Any] = []
    refused: list[int] = []
    for index, raw in enumerate(raws):
        try:
            values.append(read(raw))
        except Refusal:
            values.append(None)
            refused.append(index)
    if not refused:
        return values, None
    mask = np.zeros(len(raws), dtype=bool)
    mask[refused] = True
    return values, mask


def truth(mask: pa.Array) -> np.ndarray:
    """A boolean Arrow column as a numpy mask; null counts as false."""
    out: np.ndarray = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return out
