"""A whole fleet falling at once is a broken pipe, not behaviour (A4)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from tenure.clock import DAY_US

WEEK_US = 7 * DAY_US
WEEKS_COMPARED = 4


class Falls(msgspec.Struct, frozen=True, kw_only=True):
    """Customers that fell a band in one run, by behaviour or time (a run with another configuration counts none)."""

    run_id: int
    as_of_us: int
    fallen: int


class FleetDrop(msgspec.Struct, frozen=True, kw_only=True):
    """Too many fell. `worst_run` names the occasion: the same falls are one incident."""

    fallen: int
    usual: float
    scored: int
    worst_run: int


def fleet_drop(
    falls: Sequence[Falls], scored: int, now_us: int, *, percent: float, least_customers: int, first_us: int
) -> FleetDrop | None:
    """Whether the falls of the last 24 hours, less the median of the same weekday in the last four weeks, are too many.

    Args:
        falls: of the last 29 days.
        scored: all scored customers of the venture, never only the few touched in a run.
        percent, least_customers: `fleet_drop_percent` and `fleet_drop_min_customers`; more than the one and at least the other.
        first_us: the first published run; weeks before it are not compared.
    """
    recent = [one for one in falls if now_us - DAY_US < one.as_of_us <= now_us]
    fallen = sum(one.fallen for one in recent)
    usual = _usual(falls, now_us, first_us)
    excess = fallen - usual
    if scored <= 0 or excess < least_customers or excess * 100 <= percent * scored:
        return None
    worst = max(recent, key=lambda one: (one.fallen, one.run_id))
    return FleetDrop(fallen=fallen, usual=usual, scored=scored, worst_run=worst.run_id)


def _usual(falls: Sequence[Falls], now_us: int, first_us: int) -> float:
    counts = []
    for week in range(1, WEEKS_COMPARED + 1):
        end_us = now_us - week * WEEK_US
        if end_us - DAY_US >= first_us:
            counts.append(sum(one.fallen for one in falls if end_us - DAY_US < one.as_of_us <= end_us))
    return float(statistics.median(counts)) if counts else 0.0
