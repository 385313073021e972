from __future__ import annotations

import numpy as np
import pytest

from tenure.stats.result import Answer, NoAnswer, Reason
from tenure.stats.trend import DayValue, Direction, Trend, trend


def days(heights: list[float], first_day: int = 20_000) -> list[DayValue]:
    return [DayValue(first_day + i, height) for i, height in enumerate(heights)]


def answered(values: list[DayValue]) -> Trend:
    found = trend(values)
    assert isinstance(found, Answer)
    return found.value


def test_a_straight_line_up_is_improving() -> None:
    found = answered(days([60 + 0.5 * i for i in range(28)]))
    assert found.slope_per_day == pytest.approx(0.5)
    assert found.change == pytest.approx(14)
    assert found.direction is Direction.IMPROVING


def test_noise_around_a_level_is_stable_and_a_fall_through_noise_is_declining() -> None:
    noise = np.random.default_rng(4).normal(0, 1, 28)
    assert answered(days(list(60 + noise))).direction is Direction.STABLE
    assert answered(days([60 - 0.5 * i + e for i, e in enumerate(noise)])).direction is Direction.DECLINING


def test_only_the_last_28_days_count_and_order_does_not() -> None:
    old = days([0.0] * 30, first_day=19_970)
    recent = days([60.0 + (i % 2) for i in range(28)])
    assert answered([*recent[::-1], *old]) == answered(recent)


def test_a_wandering_average_seldom_reads_as_a_trend() -> None:
    """Each day 0.9 of the day before plus noise: plain least squares calls most of these a trend."""
    chance, called = np.random.default_rng(8), 0
    for _ in range(300):
        noise = chance.normal(0, 1, 128)
        for i in range(1, 128):
            noise[i] += 0.9 * noise[i - 1]
        called += answered(days(list(noise[-28:]))).direction is not Direction.STABLE
    assert called / 300 < 0.15


def test_under_a_week_there_are_not_enough_days() -> None:
    missing = trend(days([1.0] * 6))
    assert isinstance(missing, NoAnswer)
    assert (missing.reason, missing.have, missing.need) == (Reason.NOT_ENOUGH_DAYS, 6, 7)
    assert isinstance(trend([]), NoAnswer)


def test_a_day_has_one_value() -> None:
    with pytest.raises(ValueError, match="one finite value per day"):
        trend([*days([1.0] * 7), DayValue(20_000, 2.0)])
