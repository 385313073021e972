"""What a view says, in ids and places instead of a warehouse's own integers, so that two warehouses can be compared."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure.warehouse.engine import Engine
from tenure.warehouse.view import FactsView

_KEYS = ("customer_key", "user_key")


def tables_of(engine: Engine, view: FactsView) -> dict[str, list[str]]:
    """Every table of a view, its rows as text in an order of their own."""
    names = view.names()
    tables = {
        "customers": view.customers(),
        "first_spells": view.first_spells(),
        "activity": view.activity().join(names, "name_key").drop("name_key"),
        "last_seen": view.last_seen(),
        "user_days": view.user_days(0),
        "features": view.features(),
        "tickets": view.tickets(),
        "movements": view.movements(),
        "answers": view.answers(),
        "users": view.users(),
    }
    return {name: _rows(_with_places(_with_ids(engine, table))) for name, table in tables.items()}


def _with_places(table: ir.Table) -> ir.Table:
    """Sequences replaced by the place they stand for: an inbox may leave gaps, only the order says something."""
    return table.mutate(seq=ibis.row_number().over(order_by=table.seq)) if "seq" in table.columns else table


def _with_ids(engine: Engine, table: ir.Table) -> ir.Table:
    """The integer keys replaced by the ids they stand for."""
    for key in _KEYS:
        if key in table.columns:
            ids = engine.table("ids").select(**{f"{key}_": "id_key", key.replace("key", "text"): "id"})
            table = table.left_join(ids, table[key].cast("int64") == ids[f"{key}_"].cast("int64"))
            table = table.drop(key, f"{key}_")
    return table


def _rows(table: ir.Table) -> list[str]:
    found = table.to_pyarrow().to_pylist()
    assert found, "an empty table proves nothing"
    return sorted(str(sorted(row.items())) for row in found)
