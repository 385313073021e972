"""Whole tables and rows of them: made, filled, replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tenure.warehouse.schema import TABLES

TYPES = {
    "int32": "INTEGER",
    "int64": "BIGINT",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
}


def create_statements() -> Iterator[str]:
    """Make what is missing of an empty or existing warehouse."""
    for name, columns in TABLES.items():
        listed = ", ".join(f"{column} {TYPES[kind]}" for column, kind in columns.items())
        yield f"CREATE TABLE IF NOT EXISTS {name} ({listed})"
    yield (
        "CREATE OR REPLACE TEMP MACRO merged_traits(texts) AS CASE WHEN len(texts) > 0 THEN "
        "list_reduce(texts, lambda kept, said: CAST(json_merge_patch(kept::JSON, said::JSON) AS VARCHAR)) END"
    )


UPGRADES = {
    1: "CREATE OR REPLACE TABLE feature_totals AS SELECT customer_key, feature_key, min(first_us) AS first_us, "
    "max(last_us) AS last_us, sum(n)::BIGINT AS n FROM feature_totals GROUP BY ALL"
}
"""What brings a file of each earlier schema to the next."""


def unstage(names: Iterable[str]) -> Iterator[str]:
    """Take temporary tables of a drain away."""
    yield "DROP VIEW IF EXISTS temp.novel"
    yield "DROP VIEW IF EXISTS temp.keyed"
    for name in names:
        yield f"DROP TABLE IF EXISTS temp.{name}"


def insert(table: str, select: str) -> str:
    return f"INSERT INTO {table} {select}"


def insert_select_by_name(table: str, select: str) -> str:
    """Append the rows of a select; columns go by name."""
    return f"INSERT INTO {table} BY NAME {select}"


def append(table: str) -> str:
    """Keep the new facts for ever."""
    return f"INSERT INTO {table} BY NAME SELECT * FROM added_{table}"


def swap(table: str, select: str) -> str:
    """Write a whole table anew from a select that may read it, in the order and types of its columns."""
    columns = ", ".join(f"{name}::{TYPES[kind]} AS {name}" for name, kind in TABLES[table].items())
    return f"CREATE OR REPLACE TABLE {table} AS SELECT {columns} FROM ({select})"


def replace(table: str, key: str, keys: str) -> str:
    """Take the rows of some subjects away before they are written anew."""
    return f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {keys})"


def replaced(table: str, key: str, keys: str, source: str) -> tuple[str, str]:
    """Write the rows of some subjects anew."""
    return replace(table, key, keys), insert_select_by_name(table, f"SELECT * FROM {source}")
