"""Calendar months from whole UTC days, in integers, the same on every engine and in Python.

A month is `year * 12 + month - 1`. The expression is Howard Hinnant's civil_from_days.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

import ibis.expr.types as ir

from tenure.clock import DAY_US
from tenure.ports.metric_results import Period

Whole = TypeVar("Whole", int, ir.IntegerColumn)

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def month_of_day(day: Whole) -> Whole:
    """The month a whole UTC day lies in; works on Python integers and on Ibis columns alike."""
    shifted = day + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    wraps = shifted_month // 10
    month: Whole = (year_of_era + era * 400 + wraps) * 12 + shifted_month + 2 - 12 * wraps
    return month


def month_of_us(moment_us: Whole) -> Whole:
    """The month a time lies in."""
    month: Whole = month_of_day(moment_us // DAY_US)
    return month


def first_day(month: int) -> int:
    """The first whole UTC day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal() - _EPOCH_ORDINAL


def month_start_us(month: int) -> int:
    """Midnight UTC at which a month begins."""
    return first_day(month) * DAY_US


def month_text(month: int) -> str:
    """`2026-03`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def month_from_text(text: str) -> int:
    """The month of `2026-03`; raises ValueError when it is not one."""
    year, _, number = text.partition("-")
    month = int(year) * 12 + int(number) - 1
    if month_text(month) != text:
        raise ValueError(f"{text!r} is not a month such as 2026-03")
    return month


def month_period(month: int) -> Period:
    """One calendar month."""
    return Period(month_text(month), month_start_us(month), month_start_us(month + 1))


def closed_months(now_us: int, months: int, first_month: int | None) -> list[int]:
    """The last `months` months that have ended, none before the first; none at all where there is no first."""
    now_month = month_of_us(now_us)
    return [] if first_month is None else list(range(max(first_month, now_month - months), now_month))
