"""The arithmetic of points for one customer. The order of every step is part of the definition: the compiler repeats it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tenure.clock import DAY_US
from tenure.model.scorecard import (
    Bands,
    Boolean,
    BySegment,
    Inverse,
    Linear,
    Measure,
    Number,
    ParameterRef,
    Piecewise,
    Shape,
)

LAST_HALVING = 20
"""After so many half-lives a reading says nothing any more."""


@dataclass(frozen=True)
class Floats:
    """Numbers of a document as floats, for a customer in these segments."""

    segments: frozenset[str]

    def read(self, number: Number) -> float:
        if isinstance(number, BySegment):
            return next((value for name, value in number.cases if name in self.segments), number.otherwise)
        if isinstance(number, ParameterRef):
            raise TypeError(f"the parameter {number.parameter} was not resolved")
        return float(number)

    def largest(self, values: Sequence[float]) -> float:
        return max(values)

    def smallest(self, values: Sequence[float]) -> float:
        return min(values)

    def total(self, values: Sequence[float]) -> float:
        found = 0.0
        for value in values:
            found = found + value
        return found


def shape_points(shape: Shape, value: float, how: Floats) -> float:
    """The points a shape gives for a value."""
    match shape:
        case Bands(bands, otherwise):
            return next(
                (how.read(band.points) for band in bands if value < how.read(band.below)), how.read(otherwise)
            )
        case Linear(per_unit, base):
            return how.read(base) + how.read(per_unit) * value
        case Inverse(base, minus_per_unit):
            return how.read(base) - how.read(minus_per_unit) * value
        case Boolean(yes, no):
            return how.read(yes) if value > 0 else how.read(no)
        case Piecewise():
            return _on_the_line(shape, value, how)


def _on_the_line(shape: Piecewise, value: float, how: Floats) -> float:
    knots = [(how.read(knot.at), how.read(knot.points)) for knot in shape.knots]
    if value <= knots[0][0]:
        return knots[0][1]
    for (at, points), (next_at, next_points) in itertools.pairwise(knots):
        if value <= next_at:
            return points + (next_points - points) * ((value - at) / (next_at - at))
    return knots[-1][1]


def limited(points: float, measure: Measure, how: Floats) -> float:
    """Cap first, then floor."""
    if measure.cap is not None:
        points = min(points, how.read(measure.cap))
    return points if measure.floor is None else max(points, how.read(measure.floor))


def faded(points: float, resting: float, age_us: float, half_life_days: int) -> float:
    """The points of a reading this old: they move toward `resting` by half with every half-life.

    Between two halvings the way is straight (2^-n x (1 - part / 2)): the curve 0.5^x would depend on each engine's
    own power function, and scores must be equal to the last digit.
    """
    lives = age_us / (half_life_days * float(DAY_US))
    if lives >= LAST_HALVING:
        return resting
    whole = math.floor(lives)
    share = (1.0 - (lives - whole) / 2.0) / float(2**whole)
    return resting + (points - resting) * share


def published(total: float) -> float:
    """The score people see: half up to one decimal (M1)."""
    return math.floor(total * 10 + 0.5) / 10
