"""One cell at a time: raw value in, typed value out, or a Refusal that names the rule it broke."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import msgspec

from tenure.services.importing.reading import BLANKS, ReadingRules, Refusal, is_missing, text_of

ID_CHARACTERS = 255
TEXT_CHARACTERS = 2_000
COMMENT_CHARACTERS = 20_000
JSON_BYTES = 32 * 1024
LARGEST_CENTS = 10**15

_TRUE = frozenset({"true", "t", "yes", "y", "1", "on", "x", "ja", "oui", "si", "sí"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off", "", "nein", "non", "-"})
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_GROUPS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(\.\d*)?")
_MONEY_SIGNS = re.compile(r"[\s\u00a0\u202f'’_$€£¥₹]|\b[A-Z]{3}\b")
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")


def text(raw: Any, limit: int = TEXT_CHARACTERS) -> str | None:
    """Trimmed text, None when missing."""
    if is_missing(raw):
        return None
    value = text_of(raw).strip(BLANKS)
    if len(value) > limit:
        raise Refusal("too_long")
    if "\0" in value:
        raise Refusal("control_character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refusal("wrong_encoding") from None
    return value or None


def number(raw: Any, rules: ReadingRules) -> Decimal | None:
    """An exact decimal of a number or of a text with currency sign, grouping, and the source's decimal mark."""
    if is_missing(raw):
        return None
    if isinstance(raw, bool):
        raise Refusal("not_a_number")
    written = _plain(text_of(raw), rules.decimal_comma) if isinstance(raw, str | bytes) else text_of(raw)
    try:
        value = Decimal(written)
    except InvalidOperation:
        raise Refusal("not_a_number") from None
    if not value.is_finite():
        raise Refusal("not_a_number")
    if value.adjusted() > 15:
        raise Refusal("number_too_large")
    return value


def _plain(written: str, decimal_comma: bool) -> str:
    bare = _MONEY_SIGNS.sub("", written)
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if decimal_comma:
        bare = bare.translate(_SWAPPED)
    if _GROUPS.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _PLAIN_NUMBER.fullmatch(bare):
        raise Refusal("not_a_number")
    return bare


_SWAPPED = str.maketrans(",.", ".,")


def cents(raw: Any, rules: ReadingRules) -> int | None:
    """Money as integer cents, rounded half up; refuses negative amounts."""
    value = signed_cents(raw, rules)
    if value is not None and value < 0:
        raise Refusal("negative_amount")
    return value


def signed_cents(raw: Any, rules: ReadingRules) -> int | None:
    """Money as integer cents, rounded half up (away from zero), sign kept."""
    value = hundredths(raw, rules)
    if value is not None and abs(value) > LARGEST_CENTS:
        raise Refusal("number_too_large")
    return value


def size_cents(raw: Any, rules: ReadingRules) -> int | None:
    """The size of a change of monthly revenue: the kind tells the direction, so the sign is dropped."""
    value = signed_cents(raw, rules)
    return None if value is None else abs(value)


def hundredths(raw: Any, rules: ReadingRules) -> int | None:
    """A number times 100, rounded half up."""
    value = number(raw, rules)
    return None if value is None else int((value * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def satisfaction_hundredths(raw: Any, rules: ReadingRules) -> int | None:
    """CSAT times 100: the scale is the source's own (1-5, 0-100), never negative."""
    value = hundredths(raw, rules)
    if value is not None and not 0 <= value <= 100_00:
        raise Refusal("score_out_of_range")
    return value


def whole(raw: Any, rules: ReadingRules) -> int | None:
    """A whole number; 5.0 is one."""
    value = number(raw, rules)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise Refusal("not_a_whole_number")
    return int(value)


def count(raw: Any, rules: ReadingRules) -> int | None:
    """A whole number that is not negative."""
    value = whole(raw, rules)
    if value is not None and value < 0:
        raise Refusal("negative_number")
    return value


def flag(raw: Any) -> bool | None:
    """True or false, also in the words people use."""
    if is_missing(raw):
        return None
    if isinstance(raw, bool):
        return raw
    word = text_of(raw).strip(BLANKS).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Refusal("not_a_flag")


def json_object(raw: Any) -> dict[str, Any] | None:
    """A JSON object given as text or as an object already (a Parquet struct, a JSON line)."""
    if is_missing(raw):
        return None
    value = raw
    if isinstance(raw, str | bytes):
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Refusal("bad_json") from None
    elif isinstance(raw, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in raw):
        value = dict(raw)  # an Arrow map column
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise Refusal("bad_json")
    return checked_object(dict(value))


def checked_object(value: dict[str, Any]) -> dict[str, Any] | None:
    """The object as JSON will give it back, refused when it cannot be written or is too long; None when empty."""
    try:
        body = msgspec.json.encode(value)
        read_back: dict[str, Any] = msgspec.json.decode(body)
    except (TypeError, ValueError, RecursionError, OverflowError):
        raise Refusal("bad_json") from None
    if len(body) > JSON_BYTES:
        raise Refusal("too_long")
    return read_back or None


def loose(raw: Any) -> Any:
    """The value of an undeclared column: numbers and true / false where the text says exactly that, else text.

    Only what reads back to the same text is converted, so `007`, `1.10` and phone numbers stay text.
    """
    if is_missing(raw):
        return None
    if isinstance(raw, bool | int | list | dict):
        return raw
    if isinstance(raw, float):
        return raw if raw not in (float("inf"), float("-inf")) else None
    value = text(raw, COMMENT_CHARACTERS)
    if value is None:
        return None
    if value in ("true", "false"):
        return value == "true"
    if _JSON_NUMBER.fullmatch(value):
        figure: int | float = float(value) if "." in value else int(value)
        return figure if str(figure) == value else value
    return value
