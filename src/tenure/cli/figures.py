"""Metric documents as a person reads them on a terminal: rates with counts and interval, reasons where there is no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

LONGEST_TABLE = 24
_QUIET = ("metric", "as_of", "known_batch", "by", "segment", "currency")


def paint_document(console: Console, document: Any, title: str = "") -> None:
    """A whole metric document, nested as it is."""
    if title:
        console.print(f"[bold]{escape(title)}[/]")
    _paint(console, document, 0, str(document.get("currency", "")) if isinstance(document, Mapping) else "")


def _paint(console: Console, value: Any, depth: int, currency: str) -> None:
    pad = "  " * depth
    for name, inner in value.items():
        if name in _QUIET and not isinstance(inner, Mapping | list):
            continue
        label = escape(name.replace("_", " ").removesuffix(" cents"))
        said = figure(name, inner, currency)
        if said is not None:
            console.print(f"{pad}{label}: {said}")
        elif isinstance(inner, Mapping):
            console.print(f"{pad}{label}")
            _paint(console, inner, depth + 1, currency)
        else:
            _paint_rows(console, label, inner, pad, currency)


def figure(name: str, value: Any, currency: str = "") -> str | None:
    """One value as text; None when it is a table or a tree."""
    if isinstance(value, Mapping):
        return _compound(value)
    if isinstance(value, list):
        return _plain_list(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_cents"):
        return f"{value / 100:,.2f} {currency}".rstrip()
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _compound(value: Mapping[str, Any]) -> str | None:
    if "no_answer" in value:
        return f"[dim]no answer: {escape(str(value['sentence']))}[/]"
    if "percent" in value:
        return _rate(value)
    return "–" if not value else None


def _rate(value: Mapping[str, Any]) -> str:
    text = f"[bold]{value['percent']:.1f} %[/]"
    if value.get("count") is not None and value.get("of") is not None:
        text += f", {value['count']:,} of {value['of']:,}"
    if value.get("low_percent") is not None:
        text += f" [dim]({value['low_percent']:.1f} to {value['high_percent']:.1f} %)[/]"
    return text


def _plain_list(value: Sequence[Any]) -> str | None:
    if not value:
        return "–"
    if any(isinstance(item, Mapping | list) for item in value):
        return None
    shown = ", ".join(escape(str(item)) for item in value[:LONGEST_TABLE])
    return shown + (f", ... ({len(value):,} in all)" if len(value) > LONGEST_TABLE else "")


def _paint_rows(console: Console, label: str, rows: Sequence[Any], pad: str, currency: str) -> None:
    console.print(f"{pad}{label}")
    if not all(isinstance(row, Mapping) for row in rows):
        for row in rows[:LONGEST_TABLE]:
            console.print(f"{pad}  {escape(str(row))}")
        return
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(pad)
    for column in columns:
        table.add_column(escape(column.replace("_", " ")))
    shown, why = flat[-LONGEST_TABLE:], dict[str, None]()
    for row in shown:
        table.add_row("", *(_in_table(column, row.get(column), currency, why) for column in columns))
    console.print(table)
    for sentence in why:
        console.print(f"{pad}  [dim]–: {escape(sentence)}[/]")


def _in_table(column: str, value: Any, currency: str, why: dict[str, None]) -> str:
    """A cell; the reason of a missing answer is said once, under the table."""
    if isinstance(value, Mapping) and "no_answer" in value:
        why[str(value["sentence"])] = None
        return "[dim]–[/]"
    return figure(column, value, currency) or ""


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Columns of a row: rates and reasons stay whole, deeper trees become `outer inner` columns, lists are left out."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and "percent" not in value and "no_answer" not in value:
            flat |= _flat(value, f"{key} ")
        elif not isinstance(value, list):
            flat[key] = value
    return flat
