"""Compiled expressions, remembered: building SQL of a scorecard costs more than running it on a small warehouse.

An expression is built once over stand-in tables and a stand-in time; later calls only put names and time in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir

STAND_IN_NOW_US = 8_123_456_789_012_345
"""No time and no number of a scorecard is this one."""

Build = Callable[..., ir.Table]
Key = tuple[object, ...]


class Templates:
    """SQL texts by what they depend on."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._texts: dict[Key, str] = {}

    def sql(
        self, engine: Any, key: Key, build: Build, tables: Mapping[str, ir.Table], now_us: int | str = 0
    ) -> str:
        """The SQL of `build(**tables)`.

        Args:
            engine: an Ibis backend.
            key: everything the expression depends on besides the columns of the tables; times are not part of it:
                `build` uses STAND_IN_NOW_US.
            tables: physical tables by the argument they are for.
        """
        whole = (*key, *((name, tuple(table.schema().items())) for name, table in tables.items()))
        text = self._texts.get(whole)
        if text is None:
            stand_ins = {
                name: ibis.table(table.schema(), name=_stand_in(name)) for name, table in tables.items()
            }
            text = str(engine.compile(build(**stand_ins)))
            if len(self._texts) >= self._most:
                self._texts.clear()
            self._texts[whole] = text
        for name, table in tables.items():
            text = text.replace(f'"{_stand_in(name)}"', f'"{table.get_name()}"')
        return text.replace(str(STAND_IN_NOW_US), str(now_us))


def _stand_in(name: str) -> str:
    return f"stand_in_{name}"


@lru_cache(maxsize=1)
def shared() -> Templates:
    """The templates of this process."""
    return Templates()
