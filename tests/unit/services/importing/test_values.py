"""Cells as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tenure.clock import to_us
from tenure.services.importing import values
from tenure.services.importing.fields import READERS
from tenure.services.importing.reading import ReadingRules, Refusal
from tenure.services.importing.times import fact_time_us, plan_time_us, time_us

NOW_US = to_us(datetime(2026, 9, 21, tzinfo=UTC))
PLAIN = ReadingRules(now_us=NOW_US)
VIENNA = ReadingRules(now_us=NOW_US, time_zone="Europe/Vienna")
COMMA = ReadingRules(now_us=NOW_US, decimal_comma=True)


def us(*parts: int) -> int:
    return to_us(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-03-01", us(2026, 3, 1)),
        ("2026-03-01T10:00:00Z", us(2026, 3, 1, 10)),
        ("2026-03-01 10:00:00 UTC", us(2026, 3, 1, 10)),
        ("2026-03-01T10:00:00+02:00", us(2026, 3, 1, 8)),
        ("2026-03-01 10:00:00 +0200", us(2026, 3, 1, 8)),
        ("2026-03-01T10:00:00.1234567Z", us(2026, 3, 1, 10, 0, 0, 123456)),
        ("2026-03-01 10:00", us(2026, 3, 1, 10)),
        ("1772359200", us(2026, 3, 1, 10)),
        ("1772359200123", us(2026, 3, 1, 10, 0, 0, 123000)),
        (1772359200123456, us(2026, 3, 1, 10, 0, 0, 123456)),
        (1772359200123456789, us(2026, 3, 1, 10, 0, 0, 123456)),
        (1772359200.5, us(2026, 3, 1, 10, 0, 0, 500000)),
        ("20260301", us(2026, 3, 1)),
        ("1.3.2026", us(2026, 3, 1)),
        ("1.3.2026 9:05", us(2026, 3, 1, 9, 5)),
        ("2026/3/1", us(2026, 3, 1)),
        (date(2026, 3, 1), us(2026, 3, 1)),
        (datetime(2026, 3, 1, 10), us(2026, 3, 1, 10)),
        ("", None),
        ("NULL", None),
        (float("nan"), None),
    ],
)
def test_a_time_is_read_as_written(raw: Any, expected: int | None) -> None:
    assert time_us(raw, PLAIN) == expected


def test_a_time_without_offset_is_in_the_zone_of_its_source() -> None:
    assert time_us("2026-07-01 10:00:00", VIENNA) == us(2026, 7, 1, 8)
    assert time_us("2026-01-01 10:00:00", VIENNA) == us(2026, 1, 1, 9)
    assert time_us(datetime(2026, 7, 1, 10), VIENNA) == us(2026, 7, 1, 8)


def test_a_bare_date_keeps_its_day_whatever_the_zone() -> None:
    assert time_us("2026-07-01", VIENNA) == us(2026, 7, 1)


def test_an_ambiguous_slash_date_is_refused_until_its_order_is_declared() -> None:
    with pytest.raises(Refusal, match="not_a_time"):
        time_us("03/04/2026", PLAIN)
    assert time_us("03/04/2026", ReadingRules(now_us=NOW_US, date_order="dmy")) == us(2026, 4, 3)
    assert time_us("03/04/2026 1:30 PM", ReadingRules(now_us=NOW_US, date_order="mdy")) == us(2026, 3, 4, 13, 30)


def test_a_declared_format_is_tried_first() -> None:
    rules = ReadingRules(now_us=NOW_US, time_format="%d %b %Y %H:%M", time_zone="Europe/Vienna")
    assert time_us("01 Jul 2026 10:00", rules) == us(2026, 7, 1, 8)
    assert time_us("2026-07-01", rules) == us(2026, 7, 1)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("yesterday", "not_a_time"), ("2026-02-30", "not_a_time"), ("0001-01-01", "before_1900"),
        ("2028-01-01", "in_the_far_future"), ("9999-12-31", "in_the_far_future"), (True, "not_a_time"), ("1e400", "not_a_time"),
        ([1], "not_a_time"), ("99999999999999999999", "not_a_time"),
    ],
)  # fmt: skip
def test_what_is_no_time_of_a_fact_is_refused_by_name(raw: Any, rule: str) -> None:
    with pytest.raises(Refusal) as refusal:
        fact_time_us(raw, PLAIN)
    assert refusal.value.rule == rule


def test_the_year_9999_of_a_planned_date_means_no_end() -> None:
    assert plan_time_us("9999-12-31", PLAIN) is None
    assert plan_time_us("2046-01-01", PLAIN) == us(2046, 1, 1)


@pytest.mark.parametrize(
    ("raw", "rules", "expected"),
    [
        ("12.345", PLAIN, 1235), ("12.344", PLAIN, 1234), ("0.005", PLAIN, 1), ("$1,234.50", PLAIN, 123450), ("1 234.50 EUR", PLAIN, 123450),
        ("1.234,50 €", COMMA, 123450), ("1234,5", COMMA, 123450), ("12.345", COMMA, 1234500), (19.99, PLAIN, 1999), (Decimal("0.1"), PLAIN, 10),
        ("1e3", PLAIN, 100000), (7, PLAIN, 700), ("", PLAIN, None), (1.005, PLAIN, 101),
    ],
)  # fmt: skip
def test_money_becomes_cents_by_decimal_arithmetic_half_up(raw: Any, rules: ReadingRules, expected: int | None) -> None:
    assert values.cents(raw, rules) == expected


@pytest.mark.parametrize(
    ("raw", "rule"),
    [("-3", "negative_amount"), ("(3.00)", "negative_amount"), ("abc", "not_a_number"), ("1e400", "number_too_large"), ("12,34", "not_a_number"), (float("inf"), "not_a_number"), ("9" * 17, "number_too_large")],
)
def test_money_that_cannot_be_true_is_refused_by_name(raw: Any, rule: str) -> None:
    with pytest.raises(Refusal) as refusal:
        values.cents(raw, PLAIN)
    assert refusal.value.rule == rule


def test_the_sign_of_a_change_is_dropped_because_its_kind_decides() -> None:
    assert values.size_cents("-12.50", PLAIN) == 1250


@pytest.mark.parametrize(("raw", "expected"), [("yes", True), ("FALSE", False), ("Ja", True), (1, True), ("0", False), (None, None)])
def test_flags_are_read_in_words(raw: Any, expected: bool | None) -> None:
    assert values.flag(raw) is expected


@pytest.mark.parametrize(("raw", "expected"), [("17", 17), ("007", "007"), ("1.10", "1.10"), ("1.5", 1.5), ("true", True), ("+43 1", "+43 1"), ("", None)])
def test_an_undeclared_value_is_a_number_only_where_that_loses_nothing(raw: str, expected: Any) -> None:
    assert values.loose(raw) == expected


@pytest.mark.parametrize(("raw", "days"), [("monthly", 30), ("Annual", 365), ("24 months", 730), ("12", 365), ("90", 90), ("2 years", 730), ("semi-annual", 182)])
def test_a_term_is_read_as_days(raw: str, days: int) -> None:
    assert READERS["term"](raw, PLAIN) == days


def test_json_is_an_object_or_refused() -> None:
    assert values.json_object('{"a": 1}') == {"a": 1}
    for broken in ("[1]", "{", "3", '{"a": "' + "x" * 40_000 + '"}'):
        with pytest.raises(Refusal):
            values.json_object(broken)
