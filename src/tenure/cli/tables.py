"""Rows of documents as a table for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")


def paint_rows(console: Console, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], nothing: str) -> None:
    """The named fields of each row; `nothing` is said where there are none."""
    if not rows:
        console.print(nothing)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console.print(table)


def paint_document(console: Console, document: Mapping[str, Any]) -> None:
    """Every field on a line of its own; nested ones indented."""
    for name, value in document.items():
        if value in (None, "", [], {}):
            continue
        label = escape(name.replace("_", " "))
        if isinstance(value, Mapping):
            console.print(f"{label}:")
            for inner, said in value.items():
                console.print(f"  {escape(str(inner).replace('_', ' '))}: {_cell(said)}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            console.print(f"{label}:")
            for one in value:
                console.print("  " + ", ".join(f"{escape(str(key))} {_cell(said)}" for key, said in one.items() if said not in (None, "")))
        else:
            console.print(f"{label}: {_cell(value)}")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return escape(", ".join(str(one) for one in value))
    return escape(to_the_minute(str(value)))


def to_the_minute(text: str) -> str:
    """`2026-06-01 12:00` of `2026-06-01T12:00:07.252069Z`; other texts as they are."""
    found = _MOMENT.fullmatch(text)
    return f"{found[1]} {found[2]}" if found else text
