"""Results as stable JSON: one function for every metric.

A rate is {"percent", "count", "of", "low_percent", "high_percent"}; a share of money has "cents" and "of_cents"
instead of counts; no answer is {"no_answer": code, "sentence": why}; an interval {"low", "high"}; a name ending in
`_us` loses the ending and becomes ISO 8601 text; a fractional number is rounded to six decimals, so that the order in
which an engine adds does not show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from tenure.clock import iso
from tenure.stats.result import Answer, Interval, NoAnswer, Rate
from tenure.stats.revenue import MoneyRate

DECIMALS = 6


def to_json(value: Any) -> Any:
    """Any result as JSON-able values."""
    match value:
        case Answer():
            return to_json(value.value)
        case NoAnswer():
            return _no_answer(value)
        case Rate():
            return {
                "percent": value.percent,
                "count": value.count,
                "of": value.total,
                "low_percent": _percent(value.interval.low),
                "high_percent": _percent(value.interval.high),
            }
        case MoneyRate():
            return _money_rate(value)
        case Interval():
            return {"low": _rounded(value.low), "high": _rounded(value.high)}
        case Enum():
            return value.value
        case float() | Decimal():
            return _rounded(float(value))
        case Mapping():
            return {str(to_json(key)): to_json(one) for key, one in value.items()}
        case tuple() | list():
            return [to_json(one) for one in value]
    fields = _fields(value)
    return value if fields is None else dict(_entry(name, getattr(value, name)) for name in fields)


def _fields(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, msgspec.Struct):
        return value.__struct_fields__
    if dataclasses.is_dataclass(value):
        return tuple(one.name for one in dataclasses.fields(value))
    return None


def _entry(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith("_us"):
        return name.removesuffix("_us"), None if value is None else iso(value)
    return name, to_json(value)


def _no_answer(value: NoAnswer) -> dict[str, Any]:
    said: dict[str, Any] = {"no_answer": value.reason.value, "sentence": value.sentence}
    if value.have is not None:
        said["have"] = value.have
    if value.need is not None:
        said["need"] = value.need
    return said


def _money_rate(value: MoneyRate) -> dict[str, Any]:
    interval = value.interval
    return {
        "percent": _percent(value.value),
        "cents": value.cents,
        "of_cents": value.of_cents,
        "low_percent": None if interval is None else _percent(interval.low),
        "high_percent": None if interval is None else _percent(interval.high),
    }


def _percent(share: float) -> float:
    """Two decimals: a hundredth of a percent of a large ledger is real money."""
    return round(100 * share, 2)


def _rounded(value: float) -> float:
    return round(value, DECIMALS)
