"""The one rounding of published numbers: half up, to one decimal (decision M1)."""

from __future__ import annotations

import math


def round_half_up_tenth(value: float) -> float:
    """floor(x * 10 + 0.5) / 10, the published score.

    Python's own round() rounds halves to even and looks at the exact binary value, so 0.25 becomes 0.2;
    SQL engines disagree with it and with each other. This expression is only IEEE steps that every
    engine does alike, so Python, DuckDB and PostgreSQL publish the same digit.

    Raises:
        ValueError: the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError("only a finite number can be rounded")
    return math.floor(value * 10 + 0.5) / 10


def round_half_up_tenth_of_ratio(numerator: int, denominator: int) -> float:
    """The same rounding of an exact ratio of integers, free of the error of a float division.

    Raises:
        ValueError: the denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive; guard it before rounding")
    return (20 * numerator + denominator) // (2 * denominator) / 10
