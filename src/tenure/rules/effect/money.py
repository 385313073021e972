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
    """The retention difference times the treated ARR; unknown ARR adds nothing and is counted in the sentence (R5)."""
    arr = sum(case.arr_cents or 0 for case in treated)
    unknown = sum(case.arr_cents is None for case in treated)
    cost = sum(case.cost_cents for case in treated)
    note = f" The ARR of {unknown:,} of {len(treated):,} is not known." if unknown else ""
    if isinstance(retention, Answer):
        found = retention.value
        low, high = int(found.interval.low * arr), int(found.interval.high * arr)
        proven = found.interval.low > 0
        said = "Retention difference to the holdout times the ARR treated, over 12 months."
        return ValueKept(
            cents=int(found.value * arr), low=low, high=high, cost_cents=cost, is_proven=proven, sentence=said + note
        )
    recovered = sum(case.arr_cents or 0 for case in treated if case.recovered)
    said = f"Recovered ARR, not proven: {retention.sentence}"
    return ValueKept(cents=recovered, low=None, high=None, cost_cents=cost, is_proven=False, sentence=said + note)
