"""`tenure export`: published scores, their history and all facts, written to files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tenure.app.documents import listed
from tenure.app.standing import state_of_scoring
from tenure.errors import BadInput, Unavailable
from tenure.warehouse.exporting import EXPORTS, exported

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment
    from tenure.warehouse.view import FactsView
    from tenure.warehouse.warehouse import DuckWarehouse

HEALTH = "health"
SCORES = "scores"
"""Scores stand in a folder of their own: `tenure import DIR/facts` reads back only facts."""
FORMATS = ("csv", "parquet", "jsonl")
_PAGE = 10_000


def export(
    deployment: Deployment, warehouse: DuckWarehouse, view: FactsView, folder: Path, only: list[str], format: str
) -> list[dict[str, Any]]:
    """Write the files and say which, with how many rows. A file is complete or not there.

    Raises BadInput for an unknown format or table, Unavailable when the folder cannot be written.
    """
    names = only or [HEALTH, *EXPORTS]
    unknown = [name for name in names if name != HEALTH and name not in EXPORTS]
    if unknown or format not in FORMATS:
        wrong = unknown[0] if unknown else format
        raise BadInput(f"There is no export {wrong!r}.", f"Use {', '.join([HEALTH, *EXPORTS])}, as {', '.join(FORMATS)}.")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            chunks = _health(deployment) if name == HEALTH else exported(name, view, warehouse.engine)
            path = folder / (SCORES if name in (HEALTH, "history") else "facts") / f"{name}.{format}"
            path.parent.mkdir(exist_ok=True)
            written.append({"path": str(path), "rows": write(chunks, path, format)})
    except OSError as problem:
        raise Unavailable(f"{folder} cannot be written ({problem.strerror}).", "Check the path, its rights and disk space.") from None
    return written


def _health(deployment: Deployment) -> Iterator[pa.Table]:
    rows: list[dict[str, Any]] = []
    is_stale = bool(state_of_scoring(deployment, deployment.clock.now_us()).stale_because)
    for row in deployment.store.health.each(deployment.venture.venture_id):
        flat = listed(row, is_stale=is_stale)
        flat |= {f"{name}_points": points for name, points in flat.pop("components").items()}
        flat.pop("status")
        rows.append(flat)
    yield pa.Table.from_pylist(rows) if rows else pa.table({"customer_id": pa.array([], pa.string())})


def write(chunks: Iterable[pa.Table], path: Path, format: str) -> int:
    """Write chunks of one schema to a file through a temporary name; returns the number of rows."""
    part = path.with_name(path.name + ".part")
    rows = 0
    with ExitStack() as stack:
        put = None
        for chunk in chunks:
            put = put or _writer(stack, part, format, chunk.schema)
            put(chunk)
            rows += chunk.num_rows
    part.replace(path)
    return rows


def _writer(stack: ExitStack, path: Path, format: str, schema: pa.Schema) -> Any:
    if format == "csv":
        put = stack.enter_context(pyarrow.csv.CSVWriter(str(path), _flat(schema.empty_table()).schema)).write_table
        return lambda chunk: put(_flat(chunk))
    if format == "parquet":
        return stack.enter_context(pyarrow.parquet.ParquetWriter(str(path), schema)).write_table
    file = stack.enter_context(path.open("w", encoding="utf-8"))

    def lines(chunk: pa.Table) -> None:
        for row in chunk.to_pylist():
            said = {name: value for name, value in row.items() if value is not None}
            file.write(json.dumps(said, ensure_ascii=False, default=str) + "\n")

    return lines


def _flat(chunk: pa.Table) -> pa.Table:
    """Lists as JSON text, empty ones as nothing: a cell of a CSV file holds one value."""
    for place, field in enumerate(chunk.schema):
        if pa.types.is_list(field.type):
            said = [json.dumps(cell, ensure_ascii=False) if cell else None for cell in chunk[place].to_pylist()]
            chunk = chunk.set_column(place, field.name, pa.array(said, pa.string()))
    return chunk
