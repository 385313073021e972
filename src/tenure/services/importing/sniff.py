"""Reads the habits of a file from its first rows, where the mapping declares none: decimal mark, order of dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tenure.services.importing.plan import Plan

ROWS_LOOKED_AT = 1_000
_NUMBER_HOWS = frozenset({"cents", "size_cents", "whole", "count", "satisfaction"})
_TIME_HOWS = frozenset({"fact_time", "plan_time"})
_COMMA = re.compile(r"\d,\d{1,2}\D*$|\d\.\d{3},\d")
_POINT = re.compile(r"\d\.\d{1,2}\D*$|\d,\d{3}\.\d")
_DAYS = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-]\d{4}")


def with_habits(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> tuple[Plan, list[str]]:
    """The plan reading numbers and dates as this file writes them, and a note for each habit found."""
    rules, notes = plan.rules, []
    if plan.mapping.decimal_comma is None and _uses_comma(_texts(plan, rows, _NUMBER_HOWS)):
        rules = msgspec.structs.replace(rules, decimal_comma=True)
        notes.append("Numbers are read with a decimal comma (declare decimal_comma to be sure).")
    if plan.mapping.date_order is None and plan.mapping.time_format is None:
        order = _date_order(_texts(plan, rows, _TIME_HOWS))
        if order:
            rules = msgspec.structs.replace(rules, date_order=order)
            first = "day" if order == "dmy" else "month"
            notes.append(f"Dates such as 03/04/2026 are read {first} first (declare date_order to be sure).")
    return msgspec.structs.replace(plan, rules=rules), notes


def _texts(plan: Plan, rows: Sequence[Mapping[str, Any]], hows: frozenset[str]) -> list[str]:
    columns = {column for part in plan.fields if part.field.how in hows for column in part.columns}
    return [text for row in rows for column in columns if isinstance(text := row.get(column), str)]


def _uses_comma(texts: Sequence[str]) -> bool:
    return any(_COMMA.search(text) for text in texts) and not any(_POINT.search(text) for text in texts)


def _date_order(texts: Sequence[str]) -> str | None:
    """Told only by a day above 12; days and months that never show which is which stay refused."""
    found = [match for text in texts if (match := _DAYS.match(text.strip()))]
    day_first = any(int(match.group(1)) > 12 for match in found)
    month_first = any(int(match.group(2)) > 12 for match in found)
    if day_first == month_first:
        return None
    return "dmy" if day_first else "mdy"
