"""Money kept against money spent (M18): the first thing a finance chief attacks, so only what the holdout proves counts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tenure.rules.effect.case import Case
from tenure.stats.result import Answer, Outcome
from tenure.stats.sequential import AlwaysValidDifference


class ValueKept(msgspec.Struct, frozen=True, kw_only=True):
    """Over 12 months, in cents. Without a holdout `low` and `high` are None and it reads "recovered ARR, not proven"."""

    cents: int
    low: int | None
    high: int | None
    cost_cents: float
    is_proven: bool
    sentence: str


def value_kept(treated: Sequence[Case], retention: Outcome[AlwaysValidDifference]) -> ValueKept:
    """The retention difference times the treated ARR that was drawn; unknown ARR adds nothing and is counted (R5).

    Who could not be held out is not in the difference, so its ARR is not claimed.
    """
    cost = sum(case.cost_cents for case in treated)
    if isinstance(retention, Answer):
        found, drawn = retention.value, [case for case in treated if case.drawn]
        arr = sum(case.arr_cents or 0 for case in drawn)
        low, high = int(found.interval.low * arr), int(found.interval.high * arr)
        exempt = len(treated) - len(drawn)
        said = "Retention difference to the holdout times the ARR treated, over 12 months."
        said += f" {exempt:,} who could not be held out are not in it." if exempt else ""
        return ValueKept(
            cents=int(found.value * arr), low=low, high=high, cost_cents=cost, is_proven=found.interval.low > 0, sentence=said + _unknown(drawn)
        )
    recovered = sum(case.arr_cents or 0 for case in treated if case.recovered)
    said = f"Recovered ARR, not proven: {retention.sentence}"
    return ValueKept(cents=recovered, low=None, high=None, cost_cents=cost, is_proven=False, sentence=said + _unknown(treated))


def _unknown(cases: Sequence[Case]) -> str:
    unknown = sum(case.arr_cents is None for case in cases)
    return f" The ARR of {unknown:,} of {len(cases):,} is not known." if unknown else ""
