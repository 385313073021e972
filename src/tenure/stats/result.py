"""What every calculation returns: an answer, or the named reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from tenure.stats.rounding import round_half_up_tenth_of_ratio

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")

DEFAULT_LEVEL = 0.95


class Reason(StrEnum):
    """Why there is no answer; the value is the code shown in JSON."""

    NOT_ENOUGH_ANSWERS = "not_enough_answers"
    NOT_ENOUGH_CUSTOMERS = "not_enough_customers"
    NOT_ENOUGH_DAYS = "not_enough_days"
    NOTHING_TO_DIVIDE = "nothing_to_divide"
    NOT_MATURE_YET = "not_mature_yet"
    ONE_SIDED = "one_sided"
    DOES_NOT_TIE = "does_not_tie"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class Answer(Generic[T_co]):
    """A result that can be shown and acted on."""

    value: T_co

    def map(self, change: Callable[[T_co], U]) -> Answer[U]:
        """Carry the answer through a function."""
        return Answer(change(self.value))

    def or_none(self) -> T_co | None:
        """The value; the twin of `NoAnswer.or_none`."""
        return self.value


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A result that cannot be given: a code for programs, a sentence for people.

    `have` and `need` are counts of answers, customers or days, where a count is what is missing.
    """

    reason: Reason
    sentence: str
    have: int | None = None
    need: int | None = None

    def map(self, change: Callable[..., object]) -> NoAnswer:
        """No answer stays no answer, with its reason."""
        return self

    def or_none(self) -> None:
        """None, for doors that print an empty cell."""
        return


Outcome: TypeAlias = Answer[T_co] | NoAnswer


def not_enough_answers(have: int, need: int) -> NoAnswer:
    """Too few survey answers for a verdict."""
    return NoAnswer(
        Reason.NOT_ENOUGH_ANSWERS, f"Not enough answers: {have} given, {need} needed.", have, need
    )


def not_enough_customers(have: int, need: int) -> NoAnswer:
    """Too few customers for a rate that means anything."""
    return NoAnswer(
        Reason.NOT_ENOUGH_CUSTOMERS, f"Not enough customers: {have} of {need} needed.", have, need
    )


def not_enough_days(have: int, need: int) -> NoAnswer:
    """Too few days with a value."""
    return NoAnswer(
        Reason.NOT_ENOUGH_DAYS, f"Not enough days with a value: {have} of {need} needed.", have, need
    )


def nothing_to_divide(what: str) -> NoAnswer:
    """The divisor is zero; `what` names it, as in "customers at the start"."""
    return NoAnswer(Reason.NOTHING_TO_DIVIDE, f"There is nothing to divide by: {what} is zero.")


def not_mature_yet(sentence: str) -> NoAnswer:
    """Time has not passed yet; the sentence says what must happen first."""
    return NoAnswer(Reason.NOT_MATURE_YET, sentence)


def one_sided(sentence: str) -> NoAnswer:
    """Only one kind of outcome was seen, so nothing can be compared."""
    return NoAnswer(Reason.ONE_SIDED, sentence)


def not_measured(sentence: str) -> NoAnswer:
    """What it would be counted from does not exist; the sentence names it."""
    return NoAnswer(Reason.NOT_MEASURED, sentence)


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; `level` is 0.95 for 95 %, `method` names the formula."""

    low: float
    high: float
    level: float
    method: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"an interval needs two finite ends in order, not {self.low} and {self.high}")

    def contains(self, value: float) -> bool:
        """Is the value inside, ends included?"""
        return self.low <= value <= self.high

    @property
    def width(self) -> float:
        """High minus low."""
        return self.high - self.low

    def scaled(self, factor: float) -> Interval:
        """The interval in another unit, for a positive factor."""
        return Interval(self.low * factor, self.high * factor, self.level, self.method)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its counts and its interval; `value` and the interval are between 0 and 1."""

    count: int
    total: int
    value: float
    interval: Interval

    @property
    def percent(self) -> float:
        """In percent, rounded half up to one decimal from the exact counts."""
        return round_half_up_tenth_of_ratio(100 * self.count, self.total)

    def __str__(self) -> str:
        return f"{self.percent:g} %, {self.count:,} of {self.total:,}"
