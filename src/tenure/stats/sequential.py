"""Tests that may be looked at every day, and the check that a split was really made as planned.

A fixed-horizon p looked at daily calls noise a success far more often than it says. The confidence
sequence here is valid at every look: the normal mixture of Robbins (1970), Howard et al. (2021,
"Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49), used
asymptotically for a difference of two rates as the mSPRT of Johari et al. (2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from tenure.stats.normal import chi_square_p
from tenure.stats.result import DEFAULT_LEVEL, Answer, Interval, Outcome, Rate, not_enough_customers

SAMPLE_RATIO_ALARM = 0.01
"""A p under this says that the split itself is broken, so no effect should be read."""


@dataclass(frozen=True, slots=True)
class SequentialPlan:
    """Fixed before the first look: where the sequence is to be tightest, and the rate expected there."""

    treated_customers: int
    control_customers: int
    expected_rate: float

    def __post_init__(self) -> None:
        if min(self.treated_customers, self.control_customers) < 1 or not 0 < self.expected_rate < 1:
            raise ValueError("a plan needs customers on both sides and an expected rate between 0 and 1")

    @property
    def information(self) -> float:
        """One over the variance of the difference at the planned size."""
        spread = self.expected_rate * (1 - self.expected_rate)
        return 1 / (spread * (1 / self.treated_customers + 1 / self.control_customers))


@dataclass(frozen=True, slots=True)
class AlwaysValidDifference:
    """Treated minus control with an interval and a p that stay true however often one looks."""

    treated: Rate
    control: Rate
    value: float
    interval: Interval
    p_value: float


def tightest_rho(variance: float, level: float = DEFAULT_LEVEL) -> float:
    """The mixture parameter that makes the boundary narrowest at this intrinsic time (Howard et al. 3.5)."""
    alpha = 1 - level
    return variance / (-float(special.lambertw(-alpha * alpha / math.e, -1).real) - 1)


def normal_mixture_boundary(variance: float, rho: float, level: float = DEFAULT_LEVEL) -> float:
    """sqrt((v + rho) log((v + rho) / (rho alpha^2))): a sum of variance v stays inside, for ever."""
    alpha = 1 - level
    return math.sqrt((variance + rho) * math.log((variance + rho) / (rho * alpha * alpha)))


def always_valid_difference(
    treated: Rate, control: Rate, plan: SequentialPlan, level: float = DEFAULT_LEVEL
) -> AlwaysValidDifference:
    """Difference of two rates, valid at every look.

    The variance uses one success and one failure more on each side, so that a first look without any
    success does not claim certainty. The interval is that of this look alone; whoever looks daily may
    intersect them and take the smallest p so far.
    """
    information = 1 / (_steadied_variance(treated) + _steadied_variance(control))
    rho = tightest_rho(plan.information, level)
    value = treated.value - control.value
    half = normal_mixture_boundary(information, rho, level) / information
    low, high = max(-1.0, value - half), min(1.0, value + half)
    log_evidence = 0.5 * math.log(rho / (information + rho)) + 0.5 * (value * information) ** 2 / (
        information + rho
    )
    p_value = min(1.0, math.exp(-log_evidence))
    return AlwaysValidDifference(
        treated, control, value, Interval(low, high, level, "normal mixture"), p_value
    )


def _steadied_variance(share: Rate) -> float:
    steady = (share.count + 1) / (share.total + 2)
    return steady * (1 - steady) / share.total


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Chi-square check of the counts per variant against the planned shares."""

    statistic: float
    degrees: int
    p_value: float

    @property
    def is_broken(self) -> bool:
        """Is the split so unlikely that no effect should be read?"""
        return self.p_value < SAMPLE_RATIO_ALARM


def sample_ratio(counts: Sequence[int], planned_weights: Sequence[float]) -> Outcome[SampleRatio]:
    """Were customers split as planned? Pearson's chi-square; needs five expected in every variant."""
    if len(counts) != len(planned_weights) or len(counts) < 2 or min(planned_weights) <= 0:
        raise ValueError(
            "every variant needs a count and a positive planned weight, and there are two or more"
        )
    total, all_weights = sum(counts), sum(planned_weights)
    need = math.ceil(5 * all_weights / min(planned_weights))
    if total < need:
        return not_enough_customers(total, need)
    expected = [total * weight / all_weights for weight in planned_weights]
    statistic = sum((seen - e) ** 2 / e for seen, e in zip(counts, expected, strict=True))
    degrees = len(counts) - 1
    return Answer(SampleRatio(statistic, degrees, chi_square_p(statistic, degrees)))
