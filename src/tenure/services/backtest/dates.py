"""Which past dates are judged: whole days, a step apart, each with its window over."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.clock import DAY_US, iso
from tenure.errors import BadInput
from tenure.services.backtest.results import BacktestAsked

LONGEST_LOOK_DAYS = 364
MOST_DATES = 400


@dataclass(frozen=True, slots=True)
class PastDate:
    """A date, and the batch its scores may know (None: everything that arrived until today)."""

    at_us: int
    known_batch: int | None


def dates_of(asked: BacktestAsked, first_started_us: int | None) -> list[int]:
    """The dates, oldest first; none where no window is over yet.

    Raises:
        BadInput: steps or window are no positive days, the order is wrong, or there are too many dates.
    """
    if asked.every_days < 1 or asked.within_days < 1:
        raise BadInput("Steps and window of a backtest are at least one day.", "Use --every 14 --within 28.")
    if asked.from_us is not None and asked.to_us is not None and asked.to_us < asked.from_us:
        raise BadInput("The backtest ends before it starts.", "Give --from an earlier time than --to.")
    last_us = _last_us(asked)
    first_us = _first_us(asked, last_us, first_started_us)
    if first_us is None:
        return []
    found = list(range(first_us, last_us + 1, asked.every_days * DAY_US))
    if len(found) > MOST_DATES:
        raise BadInput(f"That would be {len(found)} dates.", f"Use a larger --every; at most {MOST_DATES} dates are judged.")
    return found


def _last_us(asked: BacktestAsked) -> int:
    """The last time whose window is over."""
    over_us = asked.now_us - asked.within_days * DAY_US
    return over_us if asked.to_us is None else min(over_us, asked.to_us)


def _first_us(asked: BacktestAsked, last_us: int, first_started_us: int | None) -> int | None:
    if asked.from_us is not None:
        return asked.from_us
    if first_started_us is None:
        return None
    day_after_us = (first_started_us // DAY_US + 1) * DAY_US
    return max(day_after_us, (last_us // DAY_US - LONGEST_LOOK_DAYS) * DAY_US)


def why_none(asked: BacktestAsked) -> str:
    """A sentence for an empty list of dates."""
    return (
        f"No date has a window of {asked.within_days} days that is over by {iso(asked.now_us)}, with anybody there to score."
    )
