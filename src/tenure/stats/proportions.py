"""Rates and their differences, with intervals that stay honest at small counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tenure.stats.normal import two_sided_p, z_for
from tenure.stats.result import (
    DEFAULT_LEVEL,
    Answer,
    Interval,
    Outcome,
    Rate,
    not_enough_customers,
    nothing_to_divide,
)


@dataclass(frozen=True, slots=True)
class RateDifference:
    """Treated minus control (or this period minus last) in shares, -1 to 1; p is two-sided, pooled."""

    treated: Rate
    control: Rate
    value: float
    interval: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class RelativeDifference:
    """(treated - control) / control: -0.15 reads "15 percent lower"."""

    treated: Rate
    control: Rate
    value: float
    interval: Interval


def _check(count: float, total: float) -> None:
    if not 0 <= count <= total:
        raise ValueError(f"a count lies between 0 and its total, not {count} of {total}")


def wilson_interval(count: float, total: float, level: float = DEFAULT_LEVEL) -> Interval:
    """Wilson score interval (Wilson 1927) of a share; fractional counts serve effective sample sizes.

    Raises:
        ValueError: total is not positive, or count lies outside 0..total.
    """
    _check(count, total)
    if total <= 0:
        raise ValueError("an interval of a share needs a positive total")
    z = z_for(level)
    share = count / total
    center = (count + z * z / 2) / (total + z * z)
    half = z * math.sqrt(total * share * (1 - share) + z * z / 4) / (total + z * z)
    low = 0.0 if count == 0 else min(share, max(0.0, center - half))
    high = 1.0 if count == total else max(share, min(1.0, center + half))
    return Interval(low, high, level, "Wilson")


def rate(
    count: int, total: int, level: float = DEFAULT_LEVEL, *, min_total: int = 1, of: str = "the total"
) -> Outcome[Rate]:
    """A share with its Wilson interval.

    Args:
        min_total: below this many there is no answer.
        of: what the total counts, for the sentence when it is zero.
    """
    _check(count, total)
    if total == 0:
        return nothing_to_divide(of)
    if total < min_total:
        return not_enough_customers(total, min_total)
    return Answer(rate_of(count, total, level))


def rate_of(count: int, total: int, level: float = DEFAULT_LEVEL) -> Rate:
    """A share whose total is known to be positive; a total of 0 is an error of the caller."""
    return Rate(count, total, count / total, wilson_interval(count, total, level))


def newcombe_interval(treated: Rate, control: Rate, level: float = DEFAULT_LEVEL) -> Interval:
    """Newcombe's hybrid score interval of a difference (Newcombe 1998, method 10)."""
    first = wilson_interval(treated.count, treated.total, level)
    second = wilson_interval(control.count, control.total, level)
    value = treated.value - control.value
    low = value - math.hypot(treated.value - first.low, second.high - control.value)
    high = value + math.hypot(first.high - treated.value, control.value - second.low)
    return Interval(max(-1.0, low), min(1.0, high), level, "Newcombe")


def two_proportion_p_value(treated: Rate, control: Rate) -> float:
    """Two-sided p of the pooled z test; 1 when both rates are 0 or both are 1."""
    pooled = (treated.count + control.count) / (treated.total + control.total)
    variance = pooled * (1 - pooled) * (1 / treated.total + 1 / control.total)
    if variance == 0.0:
        return 1.0
    return two_sided_p((treated.value - control.value) / math.sqrt(variance))


def difference_of_rates(treated: Rate, control: Rate, level: float = DEFAULT_LEVEL) -> RateDifference:
    """Treated minus control with Newcombe interval and pooled two-sided p."""
    return RateDifference(
        treated,
        control,
        treated.value - control.value,
        newcombe_interval(treated, control, level),
        two_proportion_p_value(treated, control),
    )


def relative_difference(
    treated: Rate, control: Rate, level: float = DEFAULT_LEVEL
) -> Outcome[RelativeDifference]:
    """(treated - control) / control with the log interval of the ratio (Katz 1978).

    With no success on the treated side, or nothing but successes on both, that interval does not exist;
    half a success and half a failure are then added to each side, and it is widened to hold the point.
    """
    if control.count == 0:
        return nothing_to_divide("the rate it is compared with")
    value = treated.value / control.value - 1
    interval = _ratio_interval(treated, control, level)
    return Answer(RelativeDifference(treated, control, value, interval))


def _ratio_interval(treated: Rate, control: Rate, level: float) -> Interval:
    degenerate = treated.count == 0 or (treated.value == 1.0 and control.value == 1.0)
    extra = 0.5 if degenerate else 0.0
    x1, n1 = treated.count + extra, treated.total + 2 * extra
    x0, n0 = control.count + extra, control.total + 2 * extra
    half = z_for(level) * math.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
    log_ratio = math.log(x1 / n1) - math.log(x0 / n0)
    point = treated.value / control.value
    low = min(point, math.exp(log_ratio - half))
    high = max(point, math.exp(log_ratio + half))
    return Interval(low - 1, high - 1, level, "adjusted log" if degenerate else "Katz log")
