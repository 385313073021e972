"""JSON built column by column, byte for byte what msgspec writes row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.services.importing import values
from tenure.services.importing.chunk import Chunk, by_distinct, cell, truth
from tenure.services.importing.fields import OBJECT_HOWS, TEXT_HOWS
from tenure.services.importing.plan import Plan
from tenure.services.importing.reading import Refusal

_ESCAPED = np.zeros(256, dtype=bool)
"""The bytes JSON text may not hold as they are."""
_ESCAPED[[*range(32), ord('"'), ord("\\")]] = True


def json_text(value: Any) -> str:
    """A value as compact JSON."""
    return msgspec.json.encode(value).decode()


def json_member(name: str, column: pa.Array, how: str) -> pa.Array:
    """`,"name":value` per row, empty where the value is null."""
    if how in OBJECT_HOWS:
        shown = column
    elif how in TEXT_HOWS:
        shown = _quoted(column)
    else:
        shown = column.cast(pa.string())
    return pc.fill_null(pc.binary_join_element_wise("," + json_text(name) + ":", shown, ""), "")


def _quoted(column: pa.Array) -> pa.Array:
    if _may_need_escape(column):
        return by_distinct(column, lambda value: None if value is None else json_text(value), pa.string())[0]
    return pc.binary_join_element_wise('"', column, '"', "")


def _may_need_escape(column: pa.Array) -> bool:
    """Whether any byte behind the column has to be escaped (bytes of rows sliced away count too: no harm)."""
    data = column.buffers()[2]
    return data is not None and bool(_ESCAPED[np.frombuffer(data, dtype=np.uint8)].any())


def _extra_members(chunk: Chunk, plan: Plan) -> tuple[list[pa.Array], np.ndarray | None]:
    members, refused = [], None
    for column, name in plan.extras:
        prefix = "," + json_text(name) + ":"

        def member(raw: Any, prefix: str = prefix) -> str:
            value = values.loose(raw)
            return "" if value is None else prefix + _checked(value)

        texts, bad = by_distinct(chunk.columns[column], member, pa.string())
        members.append(pc.fill_null(texts, ""))
        if bad is not None:
            refused = bad if refused is None else refused | bad
    return members, refused


def _checked(value: Any) -> str:
    try:
        return json_text(msgspec.json.decode(msgspec.json.encode(value)))
    except (TypeError, ValueError, RecursionError, OverflowError):
        raise Refusal("bad_json") from None


def event_bodies(
    chunk: Chunk, plan: Plan, properties: pa.Array, count: pa.Array
) -> tuple[pa.Array, np.ndarray | None]:
    """Properties of events as JSON text (null when there are none), and which rows are not clean."""
    names = [name for _, name in plan.extras]
    if properties.null_count < len(properties) and (names or count.null_count < len(count)):
        return _row_by_row(chunk, plan, properties, count)
    if "count" in names or len(set(names)) < len(names):
        return _row_by_row(chunk, plan, properties, count)
    if properties.null_count < len(properties):
        return properties, None
    members, refused = _extra_members(chunk, plan)
    return _wrapped([*members, json_member("count", count, "count")], refused)


def joined_object(chunk: Chunk, plan: Plan, given: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
    """Traits of statements: undeclared columns and the JSON column."""
    names = [name for _, name in plan.extras]
    if not names:
        return given, None
    if given.null_count < len(given) or len(set(names)) < len(names):
        return _row_by_row(chunk, plan, given, pa.nulls(len(given), pa.int64()))
    members, refused = _extra_members(chunk, plan)
    return _wrapped(members, refused)


def _wrapped(members: Sequence[pa.Array], refused: np.ndarray | None) -> tuple[pa.Array, np.ndarray | None]:
    inside = pc.binary_join_element_wise(*members, "")
    body = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(inside, start=1), "}", "")
    body = pc.if_else(pc.equal(inside, ""), pa.scalar(None, pa.string()), body)
    too_long = truth(pc.greater(pc.binary_length(body), values.JSON_BYTES))
    if too_long.any():
        refused = too_long if refused is None else refused | too_long
    return body, refused


def _row_by_row(chunk: Chunk, plan: Plan, given: pa.Array, count: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
    """The same where keys may meet: merged as objects, one row after the other."""
    bodies: list[str | None] = []
    refused = np.zeros(len(chunk), dtype=bool)
    columns = [(chunk.columns[column], name) for column, name in plan.extras]
    for index, (text, number) in enumerate(zip(given.to_pylist(), count.to_pylist(), strict=True)):
        try:
            bodies.append(_merged(text, number, [(name, cell(column, index)) for column, name in columns]))
        except Refusal:
            bodies.append(None)
            refused[index] = True
    return pa.array(bodies, pa.string()), refused if refused.any() else None


def _merged(text: str | None, number: int | None, extras: list[tuple[str, Any]]) -> str | None:
    loose = ((name, values.loose(raw)) for name, raw in extras)
    merged = {name: value for name, value in loose if value is not None}
    merged.update(msgspec.json.decode(text) if text else {})
    if number is not None:
        merged["count"] = number
    checked = values.checked_object(merged)
    return None if checked is None else json_text(checked)
