"""Ibis on a connection of ours: it remembers the texts of what it compiled, and describes tables without asking twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr.datatypes import DataType
from ibis.expr.operations import DatabaseTable, Namespace

from tenure.warehouse.compiled import sql_of


class RememberingBackend(Backend):  # type: ignore[misc]  # Ibis is untyped here
    """The same questions come every day, and with every tick: their texts are compiled once per process."""

    def compile(
        self, expr: ir.Expr, /, *, limit: int | None = None, params: Mapping[ir.Expr, Any] | None = None, pretty: bool = False
    ) -> str:
        def compiled(asked: ir.Expr) -> str:
            return str(super(RememberingBackend, self).compile(asked, limit=limit, params=params, pretty=pretty))

        is_plain = limit is None and not params and not pretty and isinstance(expr, ir.Table)
        return sql_of(expr, compiled) if is_plain else compiled(expr)

    def keep(self, expression: ir.Table, prefix: str) -> ir.Table:
        """The rows of an expression as a temporary table, there until it is dropped or the connection closed."""
        name = ibis.util.gen_name(prefix)
        self._run_pre_execute_hooks(expression)
        self.con.execute(f'CREATE TEMP TABLE "{name}" AS {with_whole_numbers(expression, self.compile(expression))}')
        return self.described(name, self.con.execute(f'DESCRIBE "{name}"').fetchall())

    def described(self, name: str, columns: Iterable[tuple[Any, ...]]) -> ir.Table:
        """A table for reading, from what DESCRIBE said of it. (Ibis asks the same, but reads the word for every type anew each time.)"""
        schema = ibis.schema({str(column): _type_of(str(kind), null == "YES") for column, kind, null, *_ in columns})
        return DatabaseTable(name, schema=schema, source=self, namespace=Namespace()).to_expr()


@lru_cache(maxsize=512)
def _type_of(word: str, nullable: bool) -> DataType:
    found: DataType = DuckDBType.from_string(word, nullable=nullable)
    return found


def with_whole_numbers(expression: ir.Table, text: str) -> str:
    """The text of an expression with whole numbers in 64 bits: DuckDB's sums would come back as 128-bit decimals."""
    kinds = {name: str(kind).removeprefix("!") for name, kind in expression.schema().items()}
    whole = [f'"{name}"::BIGINT AS "{name}"' for name, kind in kinds.items() if kind == "int64"]
    changed = f" REPLACE ({', '.join(whole)})" if whole else ""
    return f"SELECT *{changed} FROM ({text})"
