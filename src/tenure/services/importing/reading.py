"""How the raw text of one source is to be read, and what a value that cannot be read is called."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import DAY_US

MISSING_TEXTS = frozenset(
    {"", "\\N", "NULL", "Null", "null", "<null>", "None", "none", "NaN", "nan", "NaT", "N/A", "n/a", "#N/A"}
)
"""Cells that say "nothing here" (`NA` is not one of them: it is Namibia)."""
BLANKS = " \t\r\n\v\f\u00a0\ufeff"
"""What is cut off both ends of a text; one fixed set, so that Python and Arrow cut the same."""
SHOWN_CHARACTERS = 200
"""A refused value is kept with its problem up to this length."""


class Refusal(ValueError):
    """This value breaks a named rule; becomes a `Problem` where the field is known."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a record was refused: the field, its raw value (shortened) and the rule it broke."""

    field: str
    value: str
    rule: str

    @property
    def sentence(self) -> str:
        """What to tell the person who has to repair it; never contains the value."""
        return f"{self.field}: {RULES.get(self.rule, self.rule)}."


RULES: dict[str, str] = {
    "required": "a value is needed and there is none",
    "not_a_time": "this is not a time; use ISO 8601, epoch numbers, or declare time_format or date_order",
    "before_1900": "this time lies before 1900",
    "in_the_far_future": "this time lies too far in the future",
    "not_a_number": "this is not a number",
    "not_a_whole_number": "a whole number is needed",
    "number_too_large": "this number is too large to be true",
    "negative_amount": "an amount here may not be negative",
    "negative_number": "a number here may not be negative",
    "not_a_flag": "use true or false",
    "not_text": "this is not text",
    "wrong_encoding": "these bytes are not text in the file's encoding",
    "too_long": "this text is too long",
    "control_character": "there is a NUL character in this text",
    "bad_json": "this is not a JSON object",
    "unknown_status": "this status is not known; declare what it means under values",
    "unknown_kind": "this kind of movement is not known; declare what it means under values",
    "unknown_invoice_state": "use paid, past_due or failed",
    "not_a_currency": "use a three-letter currency code",
    "score_out_of_range": "this score is outside the scale of its survey",
    "ends_before_it_starts": "the end lies before the start",
    "ragged_row": "this row does not have as many cells as the header",
    "unclosed_quote": "a quotation mark is opened and never closed",
    "not_an_object": "this line is not a JSON object",
    "needs_the_whole_file": "movements are derived from all rows together; import the corrected file again",
}


class ReadingRules(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Dialect of the values of one source, and the present they are judged against.

    `time_format` is a strptime pattern tried first; `date_order` (ymd, dmy, mdy) reads 03/04/2026;
    `decimal_comma` reads 1.234,50. Times without offset are in `time_zone`; bare dates are midnight UTC of their day.
    """

    now_us: int
    time_zone: str = "UTC"
    time_format: str | None = None
    date_order: str = "ymd"
    decimal_comma: bool = False

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def latest_us(self) -> int:
        """Facts dated later than this are wrong, not early."""
        return self.now_us + 366 * DAY_US

    @property
    def latest_plan_us(self) -> int:
        """Planned dates (renewal, end of term) may lie this far ahead."""
        return self.now_us + 100 * 366 * DAY_US


def text_of(raw: Any) -> str:
    """Any scalar as the text a person would have typed. Raises Refusal for bytes that are no text and for containers."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, int | Decimal):
        return str(raw)
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    if isinstance(raw, bytes):
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise Refusal("wrong_encoding") from None
    raise Refusal("not_text")


def is_missing(raw: Any) -> bool:
    """Whether a cell says nothing: null, blank, NaN, or one of the usual words for it."""
    if raw is None:
        return True
    if isinstance(raw, str):
        return raw in MISSING_TEXTS or raw.strip(BLANKS) in MISSING_TEXTS
    return isinstance(raw, float) and raw != raw


def shown(raw: Any) -> str:
    """The raw value as kept beside its problem."""
    if raw is None:
        return ""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
    return text[:SHOWN_CHARACTERS]


def as_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """An aware UTC time; one without offset is taken in `zone` (the first of two where clocks go back)."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
