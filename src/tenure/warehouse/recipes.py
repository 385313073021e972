"""Derivations compiled once per process: Ibis takes longer over some of them than the engine takes to run them.

A recipe is built with stand-ins for what changes from run to run (now, the batch known, names of temporary tables);
its text is kept, and the stand-ins are filled in each time. Times and days counted from now are found again in the
text because no other number comes near them, and moved along with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.warehouse.engine import Engine
from tenure.warehouse.schema import Columns

NOW = 8_000_000_000_000_000_001
"""Stands for now_us. It is one microsecond past a whole second, so that no time counted back from it by days or hours is
the start of a day: those are counted from the day."""
_NOW_DAY = NOW // DAY_US
_REACH_DAYS = 40_000
"""Windows and limits reach back, or ahead, less than a century."""
_NUMBERS = re.compile(r"(?<![\w.\"@])\d{8,19}(?![\w.])")
KNOWN = 2_000_000_011
"""Stands for the batch known."""

_COMPILED: dict[tuple[object, ...], str] = {}
_MOST_COMPILED = 2_000


def stand_in(name: str, columns: Columns) -> ir.Table:
    """A table to be named when the recipe is used."""
    return ibis.table(dict(columns), name=f"@{name}@")


def schema_of(table: ir.Table) -> Columns:
    """The columns of a table, for a stand-in."""
    return {name: str(kind).removeprefix("!") for name, kind in table.schema().items()}


def recipe(engine: Engine, key: tuple[object, ...], build: Callable[[], ir.Table]) -> str:
    """The text of a recipe; `key` names it with everything its shape depends on."""
    if key not in _COMPILED:
        if len(_COMPILED) >= _MOST_COMPILED:
            del _COMPILED[next(iter(_COMPILED))]
        _COMPILED[key] = engine.sql_with_whole_numbers(build())
    return _COMPILED[key]


class Standing(NamedTuple):
    """A view with stand-ins for what it read already.

    `shape` says what else its answers' texts depend on; `tables` fill the stand-ins.
    """

    view: object
    shape: tuple[object, ...]
    now_us: int
    known_batch: int | None
    tables: Mapping[str, str]


@runtime_checkable
class Repeatable(Protocol):
    """A view whose answers can be compiled once for all views of its shape."""

    def standing(self) -> Standing: ...


def _moved(text: str, now_us: int) -> str:
    """The text with every time and day counted from now counted from this one."""
    today = now_us // DAY_US

    def one(found: re.Match[str]) -> str:
        number = int(found[0])
        if abs(number - NOW) <= _REACH_DAYS * DAY_US:
            is_day = number % DAY_US == 0
            return str(number + (today - _NOW_DAY) * DAY_US if is_day else number - NOW + now_us)
        return str(number - _NOW_DAY + today) if abs(number - _NOW_DAY) <= _REACH_DAYS else found[0]

    return _NUMBERS.sub(one, text)


def filled(text: str, now_us: int, known_batch: int | None, tables: Mapping[str, str]) -> str:
    """The text with what it stands for."""
    text = _moved(text, int(now_us))
    if known_batch is not None:
        text = text.replace(str(KNOWN), str(int(known_batch)))
    for name, actual in tables.items():
        text = text.replace(f'"@{name}@"', f'"{actual}"')
    return text
