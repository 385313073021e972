"""Rollups hold parts that add up when read; now and then parts are added up for good, so that reading stays short.

Totals per customer are rewritten when they have doubled: however many drains there are, a row is rewritten once for
every row added. Days are added up once they are over.
"""

from __future__ import annotations

from tenure.clock import DAY_US
from tenure.warehouse import rollups
from tenure.warehouse.engine import Engine
from tenure.warehouse.recipes import filled, recipe, stand_in
from tenure.warehouse.schema import STATES
from tenure.warehouse.writer import tables

_TOTALS = {"name_totals": ("customer_key", "name_key")}
_DAYS = {"activity": ("customer_key", "name_key", "day"), "user_days": ("customer_key", "user_key", "day")}
_SMALL = 200_000
"""So few rows are not worth the trouble."""
_FEW_BATCHES = 3
"""A day that came in so few pieces is left as it is."""


def compact(engine: Engine, now_us: int) -> None:
    """Add parts up where it pays; called by every drain, inside its transaction."""
    for table, keys in _TOTALS.items():
        rows, base = engine.number(f"SELECT count(*) FROM {table}"), engine.mark(f"compacted_{table}")
        if rows > _SMALL + 2 * base:
            engine.run(tables.swap(table, _added_up(engine, table, keys, table)))
            engine.set_mark(f"compacted_{table}", engine.number(f"SELECT count(*) FROM {table}"))
    _compact_days(engine, now_us // DAY_US)


def _compact_days(engine: Engine, today: int) -> None:
    first = engine.mark("compacted_to_day")
    if first >= today:
        return
    engine.set_mark("compacted_to_day", today)
    batches = f"SELECT count(*) FROM batches WHERE at_us >= {first * DAY_US} AND at_us < {today * DAY_US}"
    if first == 0 or engine.number(batches) <= _FEW_BATCHES * (today - first):
        return
    for table, keys in _DAYS.items():
        days = f"day >= {first} AND day < {today}"
        mine = engine.keep_sql(f"SELECT * FROM {table} WHERE {days}", "days")
        engine.run(f"DELETE FROM {table} WHERE {days}")
        engine.run(tables.insert_select_by_name(table, _added_up(engine, table, keys, mine)))
        engine.forget([mine])


def _added_up(engine: Engine, table: str, keys: tuple[str, ...], source: str) -> str:
    parts = stand_in("parts", STATES[table])
    whole = recipe(
        engine, ("added up", table), lambda: rollups.added_up(parts, keys) if "n" in parts.columns else parts.distinct()
    )
    return filled(whole, 0, None, {"parts": source})
