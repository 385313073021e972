from __future__ import annotations

import math

import pytest

from tenure.stats.rounding import round_half_up_tenth, round_half_up_tenth_of_ratio


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.25, 0.3),
        (69.95, 70.0),
        (69.94, 69.9),
        (39.96, 40.0),
        (0.0, 0.0),
        (100.0, 100.0),
        (-0.05, 0.0),
        (-0.25, -0.2),
    ],
)
def test_halves_go_up(value: float, rounded: float) -> None:
    assert round_half_up_tenth(value) == rounded


def test_a_ratio_is_rounded_without_the_error_of_a_division() -> None:
    assert round_half_up_tenth_of_ratio(5, 20) == 0.3
    assert round_half_up_tenth_of_ratio(4, 20) == 0.2
    assert round_half_up_tenth_of_ratio(10**20 + 1, 10**20) == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_not_rounded(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        round_half_up_tenth(value)


def test_a_ratio_without_divisor_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="denominator"):
        round_half_up_tenth_of_ratio(1, 0)
