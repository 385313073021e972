"""NPS, CSAT and CES: one machinery, a mean of bounded answers with an adjusted Wald interval.

Rocks (2016), "Interval estimation for the Net Promoter Score", The American Statistician 70(4): add three
answers (3/4 promoter, 3/2 passive, 3/4 detractor) and take the multinomial (Wald) interval. The plain
Wald interval covers as little as 40 % at small counts and is never used for a single score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tenure.stats.normal import two_sided_p, z_for
from tenure.stats.result import (
    DEFAULT_LEVEL,
    Answer,
    Interval,
    Outcome,
    not_enough_answers,
    nothing_to_divide,
)

PSEUDO_ANSWERS = 3.0
"""How many answers the adjustment adds; half of them passive, the rest split between the ends."""

PLAIN_WALD_FROM = 100
"""A difference of two scores uses plain Wald from this many answers on both sides."""


@dataclass(frozen=True, slots=True)
class NpsCounts:
    """Answers of 9-10, 7-8 and 0-6."""

    promoters: int
    passives: int
    detractors: int

    def __post_init__(self) -> None:
        if min(self.promoters, self.passives, self.detractors) < 0:
            raise ValueError("counts of answers are never negative")

    @property
    def total(self) -> int:
        """All answers."""
        return self.promoters + self.passives + self.detractors

    @classmethod
    def of_scores(cls, answers_per_score: Mapping[int, int]) -> NpsCounts:
        """Counts from a histogram of scores.

        Raises:
            ValueError: a score is not a whole number from 0 to 10.
        """
        if any(score not in range(11) for score in answers_per_score):
            raise ValueError("an NPS score is a whole number from 0 to 10")
        promoters = sum(n for score, n in answers_per_score.items() if score >= 9)
        detractors = sum(n for score, n in answers_per_score.items() if score <= 6)
        return cls(promoters, sum(answers_per_score.values()) - promoters - detractors, detractors)

    def sums(self) -> WeightedSums:
        """As sums of +1, 0 and -1, every answer with weight 1."""
        mean_sum, spread = self.promoters - self.detractors, self.promoters + self.detractors
        return WeightedSums(self.total, self.total, mean_sum, self.total, mean_sum, spread)


@dataclass(frozen=True, slots=True)
class WeightedSums:
    """Sums over answers or accounts whose value x lies in -1..1 and whose weight w is not negative.

    NPS weighted by account: one row per account, x the mean of its answers as +1 / 0 / -1, w = 1; by
    revenue: the same rows with w = ARR in cents. A row is what was drawn independently, so two answers
    of one account are one row.
    """

    count: int
    weight: float
    weight_x: float
    weight2: float
    weight2_x: float
    weight2_x2: float

    def __post_init__(self) -> None:
        # a query hands in numpy integers or decimals; the products below would overflow or refuse
        for name in ("weight", "weight_x", "weight2", "weight2_x", "weight2_x2"):
            object.__setattr__(self, name, float(getattr(self, name)))

    def __add__(self, other: WeightedSums) -> WeightedSums:
        return WeightedSums(
            self.count + other.count,
            self.weight + other.weight,
            self.weight_x + other.weight_x,
            self.weight2 + other.weight2,
            self.weight2_x + other.weight2_x,
            self.weight2_x2 + other.weight2_x2,
        )

    @property
    def mean(self) -> float:
        """Weighted mean of x; the weight must be positive. Clipped, as float sums may overshoot."""
        return max(-1.0, min(1.0, self.weight_x / self.weight))

    @property
    def effective_count(self) -> float:
        """How many equally weighted rows carry as much information (Kish 1965)."""
        return self.weight * self.weight / self.weight2

    def standard_error(self) -> float:
        """Of the weighted mean, linearised; with equal weights sqrt((p + d - (p - d)^2) / n)."""
        mean = self.mean
        spread = self.weight2_x2 - 2 * mean * self.weight2_x + mean * mean * self.weight2
        return math.sqrt(max(0.0, spread)) / self.weight

    def adjusted(self) -> WeightedSums:
        """With the three answers of Rocks added, each of the typical weight sum w^2 / sum w.

        That weight keeps the adjustment at three answers against the effective count, so it is exactly
        Rocks when all weights are equal and does not depend on the unit of the weights.
        """
        unit = self.weight2 / self.weight
        extra, extra2 = PSEUDO_ANSWERS * unit, PSEUDO_ANSWERS * unit * unit
        return WeightedSums(
            self.count,
            self.weight + extra,
            self.weight_x,
            self.weight2 + extra2,
            self.weight2_x,
            self.weight2_x2 + extra2 / 2,
        )


@dataclass(frozen=True, slots=True)
class Nps:
    """Net promoter score, -100 to 100, over `answers` answers (or accounts, when weighted)."""

    value: float
    interval: Interval
    answers: int
    effective_answers: float


@dataclass(frozen=True, slots=True)
class NpsDifference:
    """This score minus the other, in points, -200 to 200."""

    value: float
    interval: Interval
    p_value: float


def adjusted_wald_interval(sums: WeightedSums, level: float = DEFAULT_LEVEL) -> Interval:
    """Adjusted Wald interval of the mean of x, inside -1..1, widened where needed to hold the mean itself.

    The widening matters for a single answer only: the adjustment shrinks to the middle, and with one
    promoter at 95 % its upper end would be 98.5.
    """
    adjusted = sums.adjusted()
    half = z_for(level) * adjusted.standard_error()
    low = max(-1.0, min(adjusted.mean - half, sums.mean))
    high = min(1.0, max(adjusted.mean + half, sums.mean))
    return Interval(low, high, level, "adjusted Wald (Rocks)")


def net_promoter_score(counts: NpsCounts, *, min_answers: int, level: float = DEFAULT_LEVEL) -> Outcome[Nps]:
    """100 x (promoters - detractors) / answers; no answer under `min_answers` (at least 1)."""
    return weighted_net_promoter_score(
        counts.sums(), answers=counts.total, min_answers=min_answers, level=level
    )


def weighted_net_promoter_score(
    sums: WeightedSums, *, answers: int, min_answers: int, level: float = DEFAULT_LEVEL
) -> Outcome[Nps]:
    """NPS of weighted rows; `answers` is the number of answers behind them, which `min_answers` judges."""
    if answers < max(1, min_answers):
        return not_enough_answers(answers, max(1, min_answers))
    if sums.weight <= 0:
        return nothing_to_divide("the weight of the answers")
    interval = adjusted_wald_interval(sums, level).scaled(100)
    return Answer(Nps(100 * sums.mean, interval, answers, sums.effective_count))


def nps_difference(
    now: NpsCounts, before: NpsCounts, *, min_answers: int, level: float = DEFAULT_LEVEL
) -> Outcome[NpsDifference]:
    """This window minus the one before (decision M15), each with at least `min_answers` answers.

    Plain Wald from 100 answers on both sides; with fewer the variance of each side is the adjusted one.
    """
    fewest, need = min(now.total, before.total), max(1, min_answers)
    if fewest < need:
        return not_enough_answers(fewest, need)
    plain = fewest >= PLAIN_WALD_FROM
    first, second = (side.sums() if plain else side.sums().adjusted() for side in (now, before))
    center = 100 * (first.mean - second.mean)
    error = 100 * math.hypot(first.standard_error(), second.standard_error())
    value = 100 * (now.sums().mean - before.sums().mean)
    half = z_for(level) * error
    low, high = max(-200.0, min(value, center - half)), min(200.0, max(value, center + half))
    p_value = two_sided_p(center / error) if error > 0 else float(center == 0)
    interval = Interval(low, high, level, "Wald" if plain else "adjusted Wald")
    return Answer(NpsDifference(value, interval, p_value))


def answers_for_margin(
    promoter_share: float, detractor_share: float, margin_points: float, level: float = DEFAULT_LEVEL
) -> int:
    """How many answers make the interval reach `margin_points` to either side, for planning a survey."""
    variance = promoter_share + detractor_share - (promoter_share - detractor_share) ** 2
    return math.ceil(variance * (100 * z_for(level) / margin_points) ** 2)


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends of an answer scale: CSAT 1-5, CES 1-7."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError("the low end of a scale lies below its high end")


CSAT_SCALE = Scale(1, 5)
CES_SCALE = Scale(1, 7)


@dataclass(frozen=True, slots=True)
class MeanScore:
    """Mean answer in the scale's own units."""

    value: float
    interval: Interval
    answers: int


def mean_score(
    answers: int,
    total: float,
    total_of_squares: float,
    scale: Scale,
    *,
    min_answers: int = 1,
    level: float = DEFAULT_LEVEL,
) -> Outcome[MeanScore]:
    """Mean CSAT or CES from count, sum and sum of squares, with the interval of the NPS machinery.

    The top-box share ("4 or 5 of 5") is `proportions.rate`.
    """
    if answers < max(1, min_answers):
        return not_enough_answers(answers, max(1, min_answers))
    middle, half = (scale.low + scale.high) / 2, (scale.high - scale.low) / 2
    x_sum = (total - answers * middle) / half
    x2_sum = (total_of_squares - 2 * middle * total + answers * middle**2) / half**2
    if abs(x_sum) > answers * (1 + 1e-9) or x2_sum > answers * (1 + 1e-9):
        raise ValueError("answers lie outside their scale")
    inner = adjusted_wald_interval(WeightedSums(answers, answers, x_sum, answers, x_sum, x2_sum), level)
    interval = Interval(middle + half * inner.low, middle + half * inner.high, level, inner.method)
    return Answer(MeanScore(total / answers, interval, answers))
