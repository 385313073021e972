"""Calendar months as integers: `year * 12 + month - 1`, in UTC, from times in Python and from columns alike."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from tenure.clock import DAY_US, from_us
from tenure.ports.metric_results import Period

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def month_of_us(moment_us: int) -> int:
    """The month a time lies in."""
    moment = from_us(moment_us)
    return moment.year * 12 + moment.month - 1


def month_column(moment_us: ir.IntegerColumn) -> ir.IntegerColumn:
    """The same of a column of times; the engine's calendar, since arithmetic on days writes SQL by the page."""
    return _month(moment_us // 1000)


def month_column_of_days(day: ir.IntegerColumn) -> ir.IntegerColumn:
    """The same of a column of whole UTC days."""
    return _month(day.cast("int64") * (DAY_US // 1000))


def _month(moment_ms: ir.IntegerColumn) -> ir.IntegerColumn:
    # milliseconds: of seconds DuckDB makes a time in the zone of the session
    moment = moment_ms.as_timestamp("ms")
    month: ir.IntegerColumn = moment.year().cast("int64") * 12 + moment.month() - 1
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
