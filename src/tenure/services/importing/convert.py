"""A chunk of raw rows into staged facts and refusals: columns where rows are clean, row by row where they are not."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tenure.model.mapping import FactMapping
from tenure.services.importing.chunk import Chunk
from tenure.services.importing.columnar import Table, read_chunk, staged_columns
from tenure.services.importing.fields import PERIODS
from tenure.services.importing.plan import Plan
from tenure.services.importing.reading import Problem
from tenure.services.importing.records import Parsed, Period, parse_row
from tenure.services.importing.staging import STAGED, Staged, stage, staged_table


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A row that stays out, as it came, and why."""

    place: int
    raw: dict[str, Any]
    problems: tuple[Problem, ...]


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What one chunk became. `skipped` rows say nothing (blank) or stand for nothing (count 0)."""

    staged: pa.Table
    refused: tuple[Refused, ...]
    skipped: int
    periods: tuple[Period, ...] = ()


def convert(chunk: Chunk, plan: Plan, mapping: FactMapping) -> Converted:
    """The facts of a chunk in the order of its rows, and what was refused."""
    table = read_chunk(chunk, plan)
    if plan.kind == PERIODS:
        return _periods(table)
    clean = staged_columns(table, mapping)
    rows, refused, blank = _slow_rows(table)
    slow: list[Staged] = []
    for place, parsed in rows:
        if not isinstance(parsed.record, Period):
            slow.append(stage(place, parsed.record, parsed.fact_id, mapping))
    zero = len(chunk) - int(table.refused.sum()) - clean.num_rows
    return Converted(staged=_in_order(clean, slow), refused=tuple(refused), skipped=blank + zero)


def _slow_rows(table: Table) -> tuple[list[tuple[int, Parsed]], list[Refused], int]:
    rows: list[tuple[int, Parsed]] = []
    refused: list[Refused] = []
    blank = 0
    for index in np.flatnonzero(table.refused).tolist():
        raw, place = table.chunk.row(index), int(table.chunk.places[index])
        parsed = parse_row(raw, table.plan)
        if parsed is None:
            blank += 1
        elif isinstance(parsed, Parsed):
            rows.append((place, parsed))
        else:
            refused.append(Refused(place=place, raw=raw, problems=parsed))
    return rows, refused, blank


def _in_order(clean: pa.Table, slow: list[Staged]) -> pa.Table:
    if not slow:
        return clean
    both = pa.concat_tables([clean, staged_table(slow)])
    return both.sort_by("place").select(STAGED.names)


def _periods(table: Table) -> Converted:
    names = ("customer_id", "start", "monthly_amount", "end", "currency", "plan")
    columns = [table.get(name).to_pylist() for name in names]
    periods = [
        Period(customer_id=who, start_us=start, monthly_cents=cents, end_us=end, currency=currency, plan=plan)
        for (who, start, cents, end, currency, plan), bad in zip(zip(*columns, strict=True), table.refused, strict=True)
        if not bad
    ]
    rows, refused, blank = _slow_rows(table)
    periods.extend(parsed.record for _, parsed in rows if isinstance(parsed.record, Period))
    return Converted(staged=staged_table([]), refused=tuple(refused), skipped=blank, periods=tuple(periods))
