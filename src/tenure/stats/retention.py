"""The arithmetic of retention: cohorts, the headline, its decline, and the gate "retention improving".

Months are plain integers here; whoever counts the customers owns the calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tenure.stats.proportions import RelativeDifference, rate, relative_difference
from tenure.stats.result import (
    DEFAULT_LEVEL,
    Answer,
    NoAnswer,
    Outcome,
    Rate,
    not_enough_customers,
    not_mature_yet,
)

MATURE_AFTER_DAYS = 28
"""Decision M9; with 30 the January cohort would not be judged on 1 March."""

MIN_CUSTOMERS = 30
"""Decision M8: under this many customers no retention is judged."""

IMPROVEMENT_DAYS = 60
"""Decision M11: how long after launch "not yet" lasts."""


@dataclass(frozen=True, slots=True)
class CohortRetention:
    """Retention of one cohort; place k of each tuple is month (or any period) k after the first.

    Classic: active in month k. Rolling: active in month k or any later one, which the targets judge (M10).
    """

    customers: int
    classic: tuple[Outcome[Rate], ...]
    rolling: tuple[Outcome[Rate], ...]


def cohort_retention(
    customers: int,
    active_in: Sequence[int],
    last_active_in: Sequence[int],
    ended: int,
    level: float = DEFAULT_LEVEL,
) -> CohortRetention:
    """Both definitions from two counts per month of a cohort.

    Args:
        customers: size of the cohort.
        active_in: how many were active in month k.
        last_active_in: of how many month k is the last active one so far; customers never active are
            in none. Of the same length as `active_in`.
        ended: number of months that have ended; later cells have no answer yet (M10).
    """
    if len(active_in) != len(last_active_in):
        raise ValueError("both counts cover the same months")
    later = _reverse_sums(last_active_in)
    if any(now > rolling for now, rolling in zip(active_in, later, strict=True)):
        raise ValueError("whoever is active in a month counts as active in it or later")
    return CohortRetention(
        customers,
        _cells(customers, active_in, ended, level),
        _cells(customers, later, ended, level),
    )


def _reverse_sums(counts: Sequence[int]) -> tuple[int, ...]:
    sums: list[int] = []
    running = 0
    for count in reversed(counts):
        running += count
        sums.append(running)
    return tuple(reversed(sums))


def _cells(customers: int, counts: Sequence[int], ended: int, level: float) -> tuple[Outcome[Rate], ...]:
    return tuple(
        rate(count, customers, level, of="customers in the cohort")
        if k < ended
        else not_mature_yet(f"Month {k} of this cohort has not ended yet.")
        for k, count in enumerate(counts)
    )


def is_mature(month_end_day: int, now_day: int) -> bool:
    """May a cohort be judged? 28 days after its month ended (M9); the end is the first day of the next."""
    return now_day >= month_end_day + MATURE_AFTER_DAYS


class HeadlineDefinition(StrEnum):
    """Which of the two numbers of M8 the headline is."""

    ACTIVE_RETENTION = "active_retention"
    CUSTOMER_RETENTION = "customer_retention"


@dataclass(frozen=True, slots=True)
class CohortCount:
    """How many of a cohort (or of the customers of last month) there are and how many were kept."""

    customers: int
    kept: int


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline retention and which definition it has."""

    rate: Rate
    definition: HeadlineDefinition


def headline_retention(
    mature_cohorts: Sequence[CohortCount],
    last_month: CohortCount,
    *,
    min_customers: int = MIN_CUSTOMERS,
    level: float = DEFAULT_LEVEL,
) -> Outcome[Headline]:
    """The one retention number (M8).

    Args:
        mature_cohorts: the mature cohorts of the last three calendar months; kept means last login less
            than 30 days ago. Pooled, these are the headline when they hold enough customers.
        last_month: active at the start of last month, and of those not churned at its end; the fallback.
    """
    pooled = CohortCount(sum(c.customers for c in mature_cohorts), sum(c.kept for c in mature_cohorts))
    choices = (
        (pooled, HeadlineDefinition.ACTIVE_RETENTION),
        (last_month, HeadlineDefinition.CUSTOMER_RETENTION),
    )
    for count, definition in choices:
        found = rate(count.kept, count.customers, level, min_total=max(1, min_customers))
        if isinstance(found, Answer):
            return Answer(Headline(found.value, definition))
    return not_enough_customers(max(pooled.customers, last_month.customers), max(1, min_customers))


def relative_decline(
    this_month: Rate, last_month: Rate, *, min_customers: int = MIN_CUSTOMERS, level: float = DEFAULT_LEVEL
) -> Outcome[RelativeDifference]:
    """Month-over-month change (this - last) / last with its interval; a decline is negative (M8)."""
    fewest = min(this_month.total, last_month.total)
    if fewest < min_customers:
        return not_enough_customers(fewest, min_customers)
    return relative_difference(this_month, last_month, level)


def declines_by_more_than(change: RelativeDifference, limit_percent: float) -> bool:
    """Is (last - this) / last above the limit? Decided on exact counts, so exactly 15 % is not above."""
    kept_now, kept_before = _exact(change.treated), _exact(change.control)
    return (kept_before - kept_now) * 100 > Fraction(str(limit_percent)) * kept_before


def _exact(share: Rate) -> Fraction:
    return Fraction(share.count, share.total)


class Verdict(StrEnum):
    """What a gate says."""

    PASSED = "passed"
    NOT_YET = "not_yet"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImprovingGate:
    """Verdict of "retention improving"; `late` marks a pass after the 60 days."""

    verdict: Verdict
    late: bool
    sentence: str


def judge_improving(
    headline: Outcome[Rate],
    baseline: Outcome[Rate],
    recovery: Outcome[Rate],
    days_since_launch: int,
    *,
    retention_target_percent: float,
    improvement_percent: float = 5,
    recovery_target_percent: float = 30,
) -> ImprovingGate:
    """Has retention improved? (M11)

    Passes when the headline is at least 5 % (relative) above the baseline, or at least the target and not
    below the baseline, and at-risk recovery is at least 30 %. "Not yet" for 60 days after the first live
    campaign, then "failed"; a later pass is marked late. Without enough customers it stays "not yet" (M8).
    """
    match headline, baseline, recovery:
        case Answer(now), Answer(before), Answer(recovered):
            missing = _missing_for_improvement(now, before, improvement_percent, retention_target_percent)
            missing += _missing_for_recovery(recovered, recovery_target_percent)
        case outcomes:
            sentence = next(one.sentence for one in outcomes if isinstance(one, NoAnswer))
            return ImprovingGate(Verdict.NOT_YET, False, sentence)
    over_time = days_since_launch >= IMPROVEMENT_DAYS
    if not missing:
        return ImprovingGate(Verdict.PASSED, over_time, f"Retention is {now}; the baseline was {before}.")
    verdict = Verdict.FAILED if over_time else Verdict.NOT_YET
    return ImprovingGate(verdict, False, f"Not reached: {'; '.join(missing)}.")


def _missing_for_recovery(recovered: Rate, target_percent: float) -> list[str]:
    if 100 * _exact(recovered) >= Fraction(str(target_percent)):
        return []
    return [f"at-risk recovery is {recovered}, below {target_percent:g} %"]


def _missing_for_improvement(
    headline: Rate, baseline: Rate, improvement_percent: float, target_percent: float
) -> list[str]:
    now, before = _exact(headline), _exact(baseline)
    better = now * 100 >= before * (100 + Fraction(str(improvement_percent)))
    on_target = now * 100 >= Fraction(str(target_percent)) and now >= before
    if better or on_target:
        return []
    return [f"retention is {headline}, baseline {baseline}"]
