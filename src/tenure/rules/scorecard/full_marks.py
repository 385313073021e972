"""The highest points a measure and a component can give (M3), written once for both readers.

`read` turns a number of the document into the reader's own (a float, or an Ibis value).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tenure.model.scorecard import Bands, Boolean, Component, Inverse, Linear, Measure, Number, Piecewise

T = TypeVar("T")


class Arithmetic(Protocol[T]):
    """What a reader can do with its numbers."""

    def read(self, number: Number) -> T: ...

    def largest(self, values: Sequence[T]) -> T: ...

    def smallest(self, values: Sequence[T]) -> T: ...

    def total(self, values: Sequence[T]) -> T: ...


def is_bounded(measure: Measure) -> bool:
    """Whether the measure has highest points: a line that may rise for ever needs a cap."""
    return measure.cap is not None or not isinstance(measure.shape, Linear)


def highest(measure: Measure, how: Arithmetic[T]) -> T:
    """The most points a bounded measure can give."""
    limits = [how.largest([how.read(number) for number in _tops(measure)])] if _tops(measure) else []
    if measure.cap is not None:
        limits.append(how.read(measure.cap))
    found = how.smallest(limits)
    return found if measure.floor is None else how.largest([found, how.read(measure.floor)])


def full_marks(component: Component, how: Arithmetic[T]) -> T:
    """What the component's rule can give at most: stated, else the sum over its measures."""
    if component.full is not None:
        return how.read(component.full)
    return how.total([highest(measure, how) for measure in component.measures])


def _tops(measure: Measure) -> tuple[Number, ...]:
    match measure.shape:
        case Bands(bands, otherwise):
            return (*(band.points for band in bands), otherwise)
        case Inverse(base):
            return (base,)
        case Piecewise(knots):
            return tuple(knot.points for knot in knots)
        case Boolean(yes, no):
            return yes, no
        case Linear():
            return ()


Reader = Callable[[Number], T]
