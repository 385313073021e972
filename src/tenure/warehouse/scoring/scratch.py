"""Temporary tables of one computation: kept while it runs, dropped when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Protocol, runtime_checkable

import ibis.expr.types as ir
import pyarrow as pa

from tenure.warehouse.engine import Engine
from tenure.warehouse.recipes import Repeatable, filled, recipe, schema_of, stand_in
from tenure.warehouse.scoring import tables as kept_tables
from tenure.warehouse.scoring.templates import Build, Key, shared

_numbers = count(1)


@runtime_checkable
class Closing(Protocol):
    """Has temporary tables of its own."""

    def close(self) -> None: ...


class Scratch:
    """Computes an expression once, where several steps read it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._names: list[str] = []
        self._open: list[Closing] = []

    def closing(self, opened: object) -> None:
        """Something with tables of its own, to be closed when this is over."""
        if isinstance(opened, Closing):
            self._open.append(opened)

    def keep(self, expression: ir.Table, prefix: str) -> ir.Table:
        """The rows of an expression as a temporary table, whole numbers in 64 bits (DuckDB sums them in 128)."""
        return self._made(prefix, self._engine.sql_with_whole_numbers(expression))

    def templated(
        self, key: Key, build: Build, tables: Mapping[str, ir.Table], now_us: int | str, prefix: str
    ) -> ir.Table:
        """The same through a template (see `templates`): for what every run computes.

        `now_us` may be the name of a column that every step of the expression carries.
        """
        return self._made(prefix, shared().sql(self._engine.ibis, key, build, tables, now_us))

    def through(
        self,
        key: Key,
        view: Any,
        build: Callable[..., ir.Table],
        tables: Mapping[str, ir.Table],
        prefix: str,
    ) -> ir.Table:
        """What `build(view, **tables)` reads, compiled once for all views of a shape where the view allows it.

        Args:
            key: everything the expression depends on besides the view and the columns of the tables; times must come
                from the view alone.
        """
        if not isinstance(view, Repeatable):
            return self.keep(build(view, **tables), prefix)
        standing = view.standing()
        columns = {role: schema_of(table) for role, table in tables.items()}
        whole = (*key, *standing.shape, *((role, *found.items()) for role, found in columns.items()))
        text = recipe(
            self._engine,
            whole,
            lambda: build(standing.view, **{role: stand_in(role, found) for role, found in columns.items()}),
        )
        names = {**standing.tables, **{role: table.get_name() for role, table in tables.items()}}
        return self._made(prefix, filled(text, standing.now_us, standing.known_batch, names))

    def row(self, key: Key, build: Build, tables: Mapping[str, ir.Table]) -> dict[str, Any]:
        """The single row of an aggregate, through a template."""
        asked = self._engine.connection.execute(shared().sql(self._engine.ibis, key, build, tables))
        names = [column[0] for column in asked.description or ()]
        return dict(zip(names, asked.fetchall()[0], strict=True))

    def text(self, key: Key, build: Build, tables: Mapping[str, ir.Table], now_us: int = 0) -> str:
        """The select of a template, for the writer to build on."""
        return shared().sql(self._engine.ibis, key, build, tables, now_us)

    def select(self, text: str, instead: Mapping[str, str], prefix: str) -> ir.Table:
        """A select with some of its columns replaced by expressions of the engine's language."""
        return self._made(prefix, kept_tables.with_columns(text, instead))

    def where(self, table: ir.Table, columns: Sequence[str], condition: str, prefix: str) -> ir.Table:
        """Some columns of the rows for which a condition of the engine's language holds."""
        listed = ", ".join(f'"{name}"' for name in columns)
        return self._made(prefix, f"SELECT {listed} FROM {table.get_name()} WHERE {condition}")

    def selected(self, text: str, prefix: str) -> ir.Table:
        """The rows of a writer's select."""
        return self._made(prefix, text)

    def given(self, rows: pa.Table, prefix: str) -> ir.Table:
        """A handed-in table as one of the engine."""
        self._engine.connection.register("given_rows", rows)
        try:
            return self._made(prefix, "SELECT * FROM given_rows")
        finally:
            self._engine.connection.unregister("given_rows")

    def is_empty(self, table: ir.Table) -> bool:
        """Whether a kept table has no rows."""
        return self.size(table) == 0

    def size(self, table: ir.Table) -> int:
        """How many rows a kept table has."""
        return self._engine.number(f"SELECT count(*) FROM {table.get_name()}")

    def first(self, table: ir.Table) -> int:
        """The number in the first row of a kept table of one column."""
        return self._engine.number(f"FROM {table.get_name()}")

    def forget(self) -> None:
        """Drop everything kept so far."""
        for opened in self._open:
            opened.close()
        self._open = []
        for name in self._names:
            self._engine.run(f"DROP TABLE IF EXISTS temp.{name}")
        self._names = []

    def _made(self, prefix: str, select: str) -> ir.Table:
        name = f"scoring_{prefix}_{next(_numbers)}"
        self._engine.run(f"CREATE TEMP TABLE {name} AS {select}")
        self._names.append(name)
        return self._engine.described(name)
