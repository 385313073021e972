"""Records as rows: a frozen struct to the columns of its table and back, enums and nested structs through JSON columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from tenure.store.columns import Small

R = TypeVar("R")


def to_row(record: msgspec.Struct, table: sa.Table, **others: Any) -> dict[str, Any]:
    """The columns of `table` that the record has, and `others`; booleans become 0 and 1.

    Columns the record does not have (venture_id, is_open, ...) are given in `others`.
    """
    fields = {name: msgspec.to_builtins(getattr(record, name)) for name in record.__struct_fields__}
    row = {name: value for name, value in (fields | others).items() if name in table.c}
    return {name: int(value) if isinstance(value, bool) and table.c[name].type is Small else value for name, value in row.items()}


def from_row(row: Row[Any] | Mapping[str, Any], kind: type[R]) -> R:
    """The record of a row; columns it does not know are left out."""
    values = dict(zip(row._fields, row, strict=True)) if isinstance(row, Row) else row
    known: tuple[str, ...] = kind.__struct_fields__  # type: ignore[attr-defined]
    return msgspec.convert({name: values[name] for name in known if name in values}, kind, strict=False)
