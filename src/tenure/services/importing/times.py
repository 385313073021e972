"""Times as people and programs write them, as integer microseconds UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tenure.clock import to_us
from tenure.services.importing.reading import BLANKS, ReadingRules, Refusal, as_utc, is_missing

EARLIEST_US = to_us(datetime(1900, 1, 1, tzinfo=UTC))
OPEN_END_US = to_us(datetime(9999, 1, 1, tzinfo=UTC))
"""Databases write 9999-12-31 for "no end"."""

_DIGITS = re.compile(r"[+-]?\d{1,19}(\.\d+)?")
_COMPACT_DATE = re.compile(r"(19|20)\d{6}")
_SHORT_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T,]+(.*))?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_FRACTION = re.compile(r"(\d\d:\d\d:\d\d)[.,](\d{6})\d+")
_NAMED_UTC = re.compile(r"\s?(UTC|GMT|Z)$", re.IGNORECASE)
_EPOCH_UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))
"""Below each size a number is seconds, milliseconds, microseconds; above all of them nanoseconds."""


def fact_time_us(raw: Any, rules: ReadingRules) -> int | None:
    """When something happened: not before 1900, not more than a year ahead."""
    return _within(time_us(raw, rules), rules.latest_us)


def plan_time_us(raw: Any, rules: ReadingRules) -> int | None:
    """A planned time, which may lie ahead; the year 9999 means "no end" and is none."""
    moment_us = time_us(raw, rules)
    if moment_us is not None and moment_us >= OPEN_END_US:
        return None
    return _within(moment_us, rules.latest_plan_us)


def _within(moment_us: int | None, latest_us: int) -> int | None:
    if moment_us is None:
        return None
    if moment_us < EARLIEST_US:
        raise Refusal("before_1900")
    if moment_us > latest_us:
        raise Refusal("in_the_far_future")
    return moment_us


def time_us(raw: Any, rules: ReadingRules) -> int | None:
    """Microseconds UTC of a datetime, date, epoch number (s, ms, us, ns by size) or text; None when missing."""
    if is_missing(raw):
        return None
    if isinstance(raw, bool):
        raise Refusal("not_a_time")
    if isinstance(raw, datetime):
        return _instant(raw, rules)
    if isinstance(raw, date):
        return to_us(datetime(raw.year, raw.month, raw.day, tzinfo=UTC))
    if isinstance(raw, int):
        return _epoch(Decimal(raw))
    if isinstance(raw, float):
        return _epoch(Decimal(repr(raw)))
    if isinstance(raw, Decimal):
        return _epoch(raw)
    if isinstance(raw, str):
        return _text_time(raw.strip(BLANKS), rules)
    raise Refusal("not_a_time")


def _instant(moment: datetime, rules: ReadingRules) -> int:
    try:
        return to_us(as_utc(moment, rules.zone))
    except (OverflowError, ValueError):
        raise Refusal("not_a_time") from None


def _epoch(number: Decimal) -> int:
    if not number.is_finite() or abs(number) >= 10**20:
        raise Refusal("not_a_time")
    for limit, factor in _EPOCH_UNITS:
        if abs(number) < limit:
            return int(number * factor)
    return int(number) // 1000


def _text_time(text: str, rules: ReadingRules) -> int:
    for reader in (_declared, _iso, _number, _short_date):
        moment_us = reader(text, rules)
        if moment_us is not None:
            return moment_us
    raise Refusal("not_a_time")


def _declared(text: str, rules: ReadingRules) -> int | None:
    if rules.time_format is None:
        return None
    try:
        moment = datetime.strptime(text, rules.time_format)  # noqa: DTZ007  the zone is added below
    except ValueError:
        return None
    has_clock = any(code in rules.time_format for code in ("%H", "%I", "%T", "%X", "%c"))
    return _instant(moment, rules) if has_clock else to_us(moment.replace(tzinfo=UTC))


def _iso(text: str, rules: ReadingRules) -> int | None:
    if not _ISO.match(text):
        return None
    if len(text) == 10:
        return _parsed(lambda: to_us(datetime.fromisoformat(text).replace(tzinfo=UTC)))
    plain = _NAMED_UTC.sub("+00:00", _FRACTION.sub(r"\1.\2", text))
    return _parsed(lambda: _instant(datetime.fromisoformat(_tight_offset(plain)), rules))


def _tight_offset(text: str) -> str:
    """`2026-01-01 10:00:00 +0100` without the space before its offset, as PostgreSQL and Ruby write it."""
    return re.sub(r"\s+([+-]\d\d:?(\d\d)?)$", r"\1", text)


def _parsed(read: Callable[[], int]) -> int | None:
    try:
        return read()
    except ValueError as problem:
        if isinstance(problem, Refusal):
            raise
        return None


def _number(text: str, rules: ReadingRules) -> int | None:
    if _COMPACT_DATE.fullmatch(text):
        return _parsed(lambda: to_us(datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=UTC)))
    return _epoch(Decimal(text)) if _DIGITS.fullmatch(text) else None


def _short_date(text: str, rules: ReadingRules) -> int | None:
    """2026/3/1, 1.3.2026 (a dot means day first), 03/01/2026 by the declared order; with or without a clock time."""
    match = _SHORT_DATE.fullmatch(text)
    if match is None:
        return None
    first, separator, second, third, clock = match.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    elif len(third) != 4:
        return None
    elif separator == "." or rules.date_order == "dmy":
        year, month, day = third, second, first
    elif rules.date_order == "mdy":
        year, month, day = third, first, second
    else:
        return None
    whole = f"{year}-{month:0>2}-{day:0>2}"
    return _iso(f"{whole}T{_padded(clock)}" if clock else whole, rules)


def _padded(clock: str) -> str:
    """`9:05` as `09:05`; a 12-hour clock as a 24-hour one."""
    match = re.fullmatch(r"(\d{1,2})(:\d\d(?::\d\d)?)(.*?)\s*([AaPp][Mm])?", clock)
    if match is None:
        return clock
    hour, minutes, rest, half = match.groups()
    if half:
        hour = str(int(hour) % 12 + (12 if half.lower() == "pm" else 0))
    return f"{hour:0>2}{minutes}{rest}"
