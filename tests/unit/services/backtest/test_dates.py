"""Which past dates are judged."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.clock import DAY_US, HOUR_US
from tenure.errors import BadInput
from tenure.services.backtest.dates import dates_of
from tenure.services.backtest.results import BacktestAsked

NOW_DAY = 20_000


def days(first_started_day: float | None = None, **asked: Any) -> list[float]:
    times = {f"{name}_us": round(asked.pop(name) * DAY_US) for name in ("from_", "to") if name in asked}
    times = {name.replace("__", "_"): value for name, value in times.items()}
    first_us = None if first_started_day is None else round(first_started_day * DAY_US)
    found = dates_of(BacktestAsked(now_us=NOW_DAY * DAY_US + 5 * HOUR_US, **times, **asked), first_us)
    return [at_us / DAY_US for at_us in found]


def test_every_date_has_its_window_over() -> None:
    assert days(NOW_DAY - 50, every_days=10, within_days=28) == [NOW_DAY - 49, NOW_DAY - 39, NOW_DAY - 29]


def test_without_a_start_the_first_date_is_the_day_after_the_first_customer_came() -> None:
    assert days(NOW_DAY - 40.4)[0] == NOW_DAY - 40


def test_without_a_start_the_look_goes_back_a_year_at_most() -> None:
    assert days(NOW_DAY - 3_000, every_days=364) == [NOW_DAY - 28 - 364, NOW_DAY - 28]


def test_a_start_given_is_the_first_date_to_the_microsecond() -> None:
    assert days(from_=NOW_DAY - 60.5, to=NOW_DAY - 40, every_days=14) == [NOW_DAY - 60.5, NOW_DAY - 46.5]


def test_an_end_beyond_the_last_judged_window_is_cut() -> None:
    assert days(from_=NOW_DAY - 30, to=NOW_DAY, every_days=1, within_days=28) == [NOW_DAY - 30, NOW_DAY - 29, NOW_DAY - 28]


def test_without_customers_or_with_a_window_too_long_there_is_no_date() -> None:
    assert days(None) == []
    assert days(NOW_DAY - 20, within_days=28) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"every_days": 0}, "at least one day"),
        ({"within_days": 0}, "at least one day"),
        ({"from_": NOW_DAY - 30, "to": NOW_DAY - 60}, "ends before it starts"),
        ({"from_": 0, "every_days": 1}, "dates"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        days(NOW_DAY - 100, **asked)
