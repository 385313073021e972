"""Leaving by silence (P1): where no subscription facts exist at all, so many days without a login are churn.

`tenure.warehouse.silence` says the same for all customers at once; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tenure.clock import DAY_US
from tenure.rules.lifecycle import Spells


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """What silence means in a venture without subscription facts.

    `heard_from_us` is the first login of anybody: before it nobody could be heard, so nobody was silent.
    """

    inactive_days: int
    heard_from_us: int


def silent_spells(created_us: int, logins_us: Iterable[int], silence: Silence, now_us: int) -> Spells:
    """The spells of one customer: each ends `inactive_days` after its last login, a login on a later day starts the next.

    Args:
        created_us: a customer who never logged in is silent since then.
        logins_us: before now, in any order. Of a day only the last one counts, as the warehouse keeps it.
        silence: of the venture.
        now_us: a limit that lies before it has passed.
    """
    started_us = max(created_us, silence.heard_from_us)
    last_of_day = {at_us // DAY_US: at_us for at_us in sorted(logins_us)}
    moments = sorted([started_us, *(at_us for at_us in last_of_day.values() if at_us >= started_us)])
    ends, starts = [], []
    for at_us, next_us in zip(moments, [*moments[1:], None], strict=True):
        limit_us = at_us + silence.inactive_days * DAY_US
        if next_us is None and limit_us < now_us:
            ends.append(limit_us)
        elif next_us is not None and next_us // DAY_US > limit_us // DAY_US:
            ends.append(limit_us)
            starts.append(next_us // DAY_US * DAY_US)
    return Spells(
        first_ended_us=ends[0] if ends else None,
        last_started_us=starts[-1] if starts else None,
        last_ended_us=ends[-1] if len(ends) > len(starts) else None,
    )
