"""Who stays: active retention of recent cohorts, cohort retention by month, the headline and its change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US, day_of
from tenure.stats.proportions import RelativeDifference, rate
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate, not_mature_yet
from tenure.stats.retention import (
    CohortCount,
    CohortRetention,
    Headline,
    cohort_retention,
    headline_retention,
    is_mature,
    relative_decline,
)
from tenure.warehouse.metrics.calendar import first_day, month_of_us, month_start_us, month_text
from tenure.warehouse.metrics.members import external_customers, last_logins, rows
from tenure.warehouse.view import FactsView

RECENT_MONTHS = 3
COHORTS_SHOWN = 24
TARGET_MONTHS = (1, 3, 6)

ViewAt = Callable[[int], FactsView]
"""Gives the view at an earlier time (us), with what is known now."""


@dataclass(frozen=True, slots=True)
class ActiveCohort:
    """Active retention of the customers created in one month; only mature cohorts are judged (M9)."""

    cohort: str
    active: Outcome[Rate]
    is_mature: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """Cohort retention of one month of sign-ups; place k is month k after it."""

    cohort: str
    retention: CohortRetention


@dataclass(frozen=True, slots=True)
class MilestoneRetention:
    """Rolling retention k months after sign-up, pooled over every cohort old enough, against its target (M10)."""

    months: int
    rolling: Outcome[Rate]
    target_percent: float
    on_target: bool | None


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """The retention page."""

    headline: Outcome[Headline]
    previous_headline: Outcome[Headline]
    change: Outcome[RelativeDifference]
    active: tuple[ActiveCohort, ...]
    cohorts: tuple[Cohort, ...]
    milestones: tuple[MilestoneRetention, ...]


def active_members(view: FactsView, active_days: int = 30) -> ir.Table:
    """customer_id, cohort (month), is_active: whether the last login is less than `active_days` old."""
    customers = external_customers(view)
    logins = last_logins(view)
    joined = customers.left_join(logins, "customer_key")
    fresh = joined.last_us > view.now_us - active_days * DAY_US
    return joined.select(
        customer_id=joined.customer_id,
        cohort=month_of_us(joined.created_us),
        is_active=ibis.coalesce(fresh, False),
        plan=joined.plan,
        stage=joined.stage,
        owner=joined.owner,
        industry=joined.industry,
        size=joined.size,
    )


def cohort_members(view: FactsView) -> ir.Table:
    """customer_id, cohort, month_k: one row per customer and month in which it logged in (M10)."""
    customers = external_customers(view)
    activity = view.activity(view.mapping.login_names)
    months = activity.select("customer_key", month=month_of_us(activity.day.cast("int64") * DAY_US)).distinct()
    joined = customers.inner_join(months, "customer_key")
    month_k = joined.month - month_of_us(joined.created_us)
    return joined.select(
        customer_id=joined.customer_id, cohort=month_of_us(joined.created_us), month_k=month_k
    ).filter(ibis._.month_k >= 0)


def active_cohorts(view: FactsView, active_days: int = 30, months: int = RECENT_MONTHS) -> list[tuple[int, CohortCount]]:
    """Cohort month and its counts, of the last calendar months before the current one."""
    now_month = month_of_us(view.now_us)
    members = active_members(view, active_days)
    recent = members.filter((members.cohort >= now_month - months) & (members.cohort < now_month))
    found = rows(
        recent.group_by("cohort").agg(customers=recent.count(), kept=recent.is_active.cast("int64").sum()).order_by("cohort")
    )
    return [(row["cohort"], CohortCount(row["customers"], int(row["kept"]))) for row in found]


def customer_retention_members(view: FactsView, month: int) -> ir.Table:
    """Customers at the start of a month: customer_id, is_kept (not churned at its end). The fallback of M8."""
    start, end = month_start_us(month), month_start_us(month + 1)
    customers = external_customers(view)
    here = customers.filter(
        (customers.created_us < start)
        & (customers.status != "trial")
        & (customers.churned_us.isnull() | (customers.churned_us >= start))
    )
    return here.select("customer_id", is_kept=here.churned_us.isnull() | (here.churned_us >= end))


def headline(view: FactsView, active_days: int = 30) -> Outcome[Headline]:
    """The one retention number at this view's time (M8)."""
    today = day_of(view.now_us)
    mature = [
        count for month, count in active_cohorts(view, active_days) if is_mature(first_day(month + 1), today)
    ]
    members = customer_retention_members(view, month_of_us(view.now_us) - 1)
    row = rows(members.agg(customers=members.count(), kept=members.is_kept.cast("int64").sum()))[0]
    return headline_retention(mature, CohortCount(row["customers"], int(row["kept"] or 0)))


def cohorts(view: FactsView, shown: int = COHORTS_SHOWN) -> list[tuple[int, CohortRetention]]:
    """Cohort retention of the newest months of sign-ups."""
    now_month = month_of_us(view.now_us)
    sizes = _cohort_sizes(view, now_month - shown)
    active, last = _cohort_counts(view, now_month - shown)
    return [(month, _one_cohort(size, now_month - month, active.get(month, {}), last.get(month, {}))) for month, size in sizes.items()]


def _one_cohort(size: int, age: int, active: dict[int, int], last: dict[int, int]) -> CohortRetention:
    span = range(age + 1)
    return cohort_retention(size, [active.get(k, 0) for k in span], [last.get(k, 0) for k in span], ended=age)


def _cohort_sizes(view: FactsView, since: int) -> dict[int, int]:
    customers = external_customers(view)
    members = customers.select("customer_id", cohort=month_of_us(customers.created_us)).filter(ibis._.cohort >= since)
    found = rows(members.group_by("cohort").agg(customers=members.count()).order_by("cohort"))
    return {row["cohort"]: row["customers"] for row in found}


def _cohort_counts(view: FactsView, since: int) -> tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]]:
    members = cohort_members(view).filter(ibis._.cohort >= since)
    lasts = members.group_by(["customer_id", "cohort"]).agg(month_k=members.month_k.max())
    return _nested(members), _nested(lasts)


def _nested(members: ir.Table) -> dict[int, dict[int, int]]:
    nested: dict[int, dict[int, int]] = {}
    for row in rows(members.group_by(["cohort", "month_k"]).agg(customers=members.count())):
        nested.setdefault(row["cohort"], {})[row["month_k"]] = row["customers"]
    return nested


def milestone(found: list[tuple[int, CohortRetention]], months: int, target_percent: float) -> MilestoneRetention:
    """Rolling retention at `months`, pooled over the cohorts whose month `months` has ended."""
    kept = total = 0
    for _, cohort in found:
        cell = cohort.rolling[months] if months < len(cohort.rolling) else None
        if isinstance(cell, Answer):
            kept, total = kept + cell.value.count, total + cell.value.total
    pooled = rate(kept, total, of=f"customers who signed up more than {months} months ago")
    on_target = pooled.value.percent >= target_percent if isinstance(pooled, Answer) else None
    return MilestoneRetention(months, pooled, target_percent, on_target)


def retention(
    view: FactsView, view_at: ViewAt, targets_percent: tuple[float, float, float] = (85, 70, 60), active_days: int = 30
) -> RetentionResult:
    """Everything of the retention page. The headline is the one stored on the 1st of this month (M8)."""
    this_month = month_start_us(month_of_us(view.now_us))
    last_month = month_start_us(month_of_us(view.now_us) - 1)
    now, before = headline(view_at(this_month), active_days), headline(view_at(last_month), active_days)
    found = cohorts(view)
    return RetentionResult(
        headline=now,
        previous_headline=before,
        change=_change(now, before),
        active=tuple(_active_cohort(month, count, view.now_us) for month, count in active_cohorts(view, active_days)),
        cohorts=tuple(Cohort(month_text(month), cohort) for month, cohort in found),
        milestones=tuple(milestone(found, k, target) for k, target in zip(TARGET_MONTHS, targets_percent, strict=True)),
    )


def _active_cohort(month: int, count: CohortCount, now_us: int) -> ActiveCohort:
    active = rate(count.kept, count.customers, of="customers in the cohort")
    return ActiveCohort(month_text(month), active, is_mature(first_day(month + 1), day_of(now_us)))


def _change(now: Outcome[Headline], before: Outcome[Headline]) -> Outcome[RelativeDifference]:
    """Month-over-month; two headlines of different definitions cannot be compared."""
    if isinstance(now, NoAnswer):
        return now
    if isinstance(before, NoAnswer):
        return before
    if now.value.definition != before.value.definition:
        return not_mature_yet("This month and last month are measured by different definitions, so they are not compared.")
    return relative_decline(now.value.rate, before.value.rate)
