"""Derivations compiled once per process: Ibis takes longer over some of them than the engine takes to run them.

A recipe is built with stand-ins for what changes from run to run (now, the batch known, names of temporary tables);
its text is kept, and the stand-ins are filled in each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from tenure.warehouse.engine import Engine
from tenure.warehouse.schema import Columns

NOW = 8_000_000_000_000_000_001
"""Stands for now_us."""
KNOWN = 2_000_000_011
"""Stands for the batch known."""

_COMPILED: dict[tuple[str, ...], str] = {}


def stand_in(name: str, columns: Columns) -> ir.Table:
    """A table to be named when the recipe is used."""
    return ibis.table(dict(columns), name=f"@{name}@")


def recipe(engine: Engine, key: tuple[str, ...], build: Callable[[], ir.Table]) -> str:
    """The text of a recipe; `key` names it with everything its shape depends on."""
    if key not in _COMPILED:
        _COMPILED[key] = engine.sql_with_whole_numbers(build())
    return _COMPILED[key]


def filled(text: str, now_us: int, known_batch: int | None, tables: Mapping[str, str]) -> str:
    """The text with what it stands for."""
    text = text.replace(str(NOW), str(int(now_us)))
    if known_batch is not None:
        text = text.replace(str(KNOWN), str(int(known_batch)))
    for name, actual in tables.items():
        text = text.replace(f'"@{name}@"', f'"{actual}"')
    return text
