"""Who stays: active retention of recent cohorts, cohort retention by month, the headline and its change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tenure.clock import DAY_US, day_of
from tenure.ports.metric_results import (
    ActiveCohort,
    Cohort,
    MilestoneRetention,
    MonthHeadline,
    RetentionResult,
)
from tenure.ports.metrics import MetricSettings
from tenure.stats.proportions import RelativeDifference, rate
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate, not_mature_yet
from tenure.stats.retention import (
    MIN_CUSTOMERS,
    CohortCount,
    CohortRetention,
    Headline,
    HeadlineDefinition,
    ImprovingGate,
    Verdict,
    cohort_retention,
    declines_by_more_than,
    headline_retention,
    is_mature,
    relative_decline,
)
from tenure.warehouse.metrics.calendar import (
    first_day,
    month_column,
    month_column_of_days,
    month_from_text,
    month_of_us,
    month_period,
    month_start_us,
    month_text,
)
from tenure.warehouse.metrics.churn import NOBODY, ChurnCount, churn_counts, churn_members
from tenure.warehouse.metrics.members import (
    Population,
    how_many,
    is_true,
    last_logins,
    rows,
    segments_of,
)

RECENT_MONTHS = 3
COHORTS_SHOWN = 24
HEADLINES_SHOWN = 6
MILESTONES = (1, 3, 6, 12)


def active_members(population: Population) -> ir.Table:
    """customer_id, segment, cohort (month), is_active at now: the last login is less than `retention_active_days` old."""
    customers = population.customers()
    joined = customers.left_join(last_logins(population.view), "customer_key")
    fresh = joined.last_us > population.view.now_us - population.settings.retention_active_days * DAY_US
    return joined.select(
        "customer_id", "segment", cohort=month_column(joined.created_us), is_active=is_true(fresh)
    )


def _seen_at(population: Population, months: Sequence[int]) -> ir.Table:
    """customer_id, segment, cohort, and `seen_M`: active at midnight of the 1st of each of these months.

    Read from the logins of each day, in one pass, instead of from a view of the past per month. Only customers of
    the three cohorts before any of the months.
    """
    days = population.settings.retention_active_days
    starts = {month: first_day(month) for month in months}
    logins = population.view.activity(population.view.mapping.login_names, min(starts.values()) - days)
    logins = logins.filter(logins.day < max(starts.values()))
    seen = {
        f"seen_{month}": is_true(((logins.day < start) & (logins.last_us > (start - days) * DAY_US)).any())
        for month, start in starts.items()
    }
    by_customer = logins.group_by("customer_key").agg(**seen)
    customers = population.customers()
    cohorts = customers.select("customer_key", "customer_id", "segment", cohort=month_column(customers.created_us))
    recent = cohorts.filter((cohorts.cohort >= min(months) - RECENT_MONTHS) & (cohorts.cohort < max(months)))
    return recent.left_join(by_customer, "customer_key")


def _is_pooled(found: ir.Table, month: int) -> Any:
    """Of a cohort that may be judged on the 1st of the month: one of the three before it, and mature (M9)."""
    mature = [
        cohort for cohort in range(month - RECENT_MONTHS, month) if is_mature(first_day(cohort + 1), first_day(month))
    ]
    return found.cohort.isin(mature)


def active_months(population: Population) -> ir.Table:
    """customer_id, segment, cohort, months: bit k is set when the customer logged in during month k (M10).

    Customers of the cohorts shown; one pass over the logins, and 64 bits instead of a row per month.
    """
    since = month_of_us(population.view.now_us) - COHORTS_SHOWN
    seen = population.shared("months seen", lambda: _months_seen(population, since))
    joined = sign_ups(population, since).left_join(seen, "customer_key")
    months = ibis.coalesce(joined.seen, 0) >> (joined.cohort - since).cast("int64")
    return joined.select("customer_id", "segment", "cohort", months=months)


def _months_seen(population: Population, since: int) -> ir.Table:
    """customer_key, seen: bit n is set for a login in the n-th month after `since`."""
    logins = population.view.activity(population.view.mapping.login_names, first_day(since))
    place = month_column_of_days(logins.day) - since
    table: ir.Table = logins.group_by("customer_key").agg(seen=(ibis.literal(1, "int64") << place).bit_or())
    return table


def sign_ups(population: Population, since: int) -> ir.Table:
    """customer_key, customer_id, segment, cohort of everybody created in this month or later."""
    customers = population.customers()
    new = customers.filter(customers.created_us >= month_start_us(since))
    return new.select("customer_key", "customer_id", "segment", cohort=month_column(new.created_us))


def _in_month(members: ir.Table, k: int) -> Any:
    return (members.months & (1 << k)) != 0


def _in_month_or_later(members: ir.Table, k: int) -> Any:
    return (members.months >> k) != 0


@dataclass(frozen=True, slots=True)
class _Headlines:
    """Counts behind the headline of each month, and what was chosen."""

    pooled: dict[int, CohortCount]
    churn: Mapping[str, ChurnCount]

    def of(self, month: int) -> Outcome[Headline]:
        before = self.churn.get(month_text(month - 1), NOBODY)
        last = CohortCount(before.customers, before.customers - before.churned)
        return headline_retention([self.pooled.get(month, CohortCount(0, 0))], last)


def headline_months(now_us: int) -> list[int]:
    """The months whose 1st has come, newest last."""
    now_month = month_of_us(now_us)
    return list(range(now_month - HEADLINES_SHOWN + 1, now_month + 1))


def _headlines(population: Population, months: Sequence[int]) -> dict[str, _Headlines]:
    found = _seen_at(population, months)
    sums = {}
    for month in months:
        sums[f"customers_{month}"] = how_many(_is_pooled(found, month))
        sums[f"kept_{month}"] = how_many(_is_pooled(found, month) & is_true(found[f"seen_{month}"]))
    pooled = {
        row["segment"]: {m: CohortCount(int(row[f"customers_{m}"]), int(row[f"kept_{m}"])) for m in months}
        for row in rows(found.group_by("segment").agg(**sums))
    }
    churn = churn_counts(population, [month_period(month - 1) for month in months])
    return {name: _Headlines(pooled.get(name, {}), churn.get(name, {})) for name in pooled.keys() | churn.keys()}


def headline_history(population: Population) -> tuple[MonthHeadline, ...]:
    """The headlines of people in one piece, without the rest of the page."""
    months = headline_months(population.view.now_us)
    found = next(iter(_headlines(population, months).values()), _Headlines({}, {}))
    return _history(months, found)


def _history(months: Sequence[int], headlines: _Headlines) -> tuple[MonthHeadline, ...]:
    return tuple(MonthHeadline(month_text(month), headlines.of(month)) for month in months)


def _active_counts(population: Population) -> dict[str, list[tuple[int, CohortCount]]]:
    """By segment: cohort month and its counts, of the last three calendar months before the current one."""
    now_month = month_of_us(population.view.now_us)
    members = active_members(population)
    recent = members.filter((members.cohort >= now_month - RECENT_MONTHS) & (members.cohort < now_month))
    grouped = recent.group_by(["segment", "cohort"]).agg(customers=recent.count(), kept=how_many(recent.is_active))
    found: dict[str, list[tuple[int, CohortCount]]] = {}
    for row in rows(grouped.order_by(["segment", "cohort"])):
        count = CohortCount(int(row["customers"]), int(row["kept"]))
        found.setdefault(row["segment"], []).append((int(row["cohort"]), count))
    return found


CohortList = list[tuple[int, CohortRetention]]


def cohorts(population: Population) -> dict[str, CohortList]:
    """By segment: cohort retention of the newest months of sign-ups, oldest first."""
    members, now_month = active_months(population), month_of_us(population.view.now_us)
    span = range(COHORTS_SHOWN + 1)
    grouped = members.group_by(["segment", "cohort"]).agg(
        customers=members.count(),
        **{f"in_{k}": how_many(_in_month(members, k)) for k in span},
        **{f"from_{k}": how_many(_in_month_or_later(members, k)) for k in span},
    )
    found: dict[str, CohortList] = {}
    for row in rows(grouped.order_by(["segment", "cohort"])):
        cohort = int(row["cohort"])
        found.setdefault(row["segment"], []).append((cohort, _one_cohort(row, now_month - cohort)))
    return found


def _one_cohort(row: dict[str, Any], age: int) -> CohortRetention:
    active = [int(row[f"in_{k}"]) for k in range(age + 1)]
    later = [int(row[f"from_{k}"]) for k in range(age + 1)]
    last = [this - following for this, following in zip(later, [*later[1:], 0], strict=True)]
    return cohort_retention(int(row["customers"]), active, last, ended=age)


def milestone(found: CohortList, months: int, target_percent: float | None) -> MilestoneRetention:
    """Rolling retention at `months`, pooled over the cohorts whose month `months` has ended (M10)."""
    cells = [cohort.rolling[months] for _, cohort in found if months < len(cohort.rolling)]
    ended = [cell.value for cell in cells if isinstance(cell, Answer)]
    pooled: Outcome[Rate] = rate(sum(one.count for one in ended), sum(one.total for one in ended))
    if isinstance(pooled, NoAnswer):
        pooled = not_mature_yet(f"No month of sign-ups is {months} whole months old yet.")
    return MilestoneRetention(months, pooled, target_percent, _on_target(pooled, target_percent))


def _on_target(found: Outcome[Rate], target_percent: float | None) -> bool | None:
    """Judged on exact counts, and only from 30 customers (M8)."""
    if isinstance(found, NoAnswer) or target_percent is None or found.value.total < MIN_CUSTOMERS:
        return None
    return 100 * found.value.count >= target_percent * found.value.total


def retention(population: Population) -> dict[str, RetentionResult]:
    """By segment: everything of the retention page. The headline is the one of the 1st of this month (M8)."""
    months = headline_months(population.view.now_us)
    headlines = _headlines(population, months)
    active, found = _active_counts(population), cohorts(population)
    names = segments_of(headlines.keys() | active.keys() | found.keys(), population)
    nobody = _Headlines({}, {})
    return {
        name: _result(population, months, headlines.get(name, nobody), active.get(name, []), found.get(name, []))
        for name in names
    }


def _result(
    population: Population,
    months: Sequence[int],
    headlines: _Headlines,
    active: list[tuple[int, CohortCount]],
    found: CohortList,
) -> RetentionResult:
    settings, today = population.settings, day_of(population.view.now_us)
    now, before = headlines.of(months[-1]), headlines.of(months[-2])
    change = _change(now, before)
    return RetentionResult(
        headline=now,
        target_percent=settings.retention_target_percent,
        on_target=_on_target(now.map(lambda one: one.rate), settings.retention_target_percent),
        previous_headline=before,
        change=change,
        is_alarming=_is_alarming(change, settings),
        history=_history(months, headlines),
        active=tuple(_active_cohort(month, count, today, settings) for month, count in active),
        cohorts=tuple(Cohort(month_text(month), cohort) for month, cohort in found),
        milestones=tuple(milestone(found, k, _target(k, settings)) for k in MILESTONES),
        improving=NOT_JUDGED_HERE,
    )


NOT_JUDGED_HERE = ImprovingGate(Verdict.NOT_YET, False, "Judged for the whole venture as it is now, not for a part of it or for what was known then.")
"""Facts alone know no launch: whoever asks for the whole venture judges the gate (M11)."""


def _target(months: int, settings: MetricSettings) -> float | None:
    return {
        1: settings.retention_target_percent,
        3: settings.retention_target_3m_percent,
        6: settings.retention_target_6m_percent,
    }.get(months)


def _is_alarming(change: Outcome[RelativeDifference], settings: MetricSettings) -> bool | None:
    if isinstance(change, NoAnswer):
        return None
    return declines_by_more_than(change.value, settings.retention_decline_alert_percent)


def _active_cohort(month: int, count: CohortCount, today: int, settings: MetricSettings) -> ActiveCohort:
    active = rate(count.kept, count.customers, of="the number of customers in the cohort")
    mature = is_mature(first_day(month + 1), today)
    judged = mature and count.customers >= MIN_CUSTOMERS
    on_target = _on_target(active, settings.retention_target_percent) if judged else None
    return ActiveCohort(month_text(month), active, mature, judged, on_target)


def _change(now: Outcome[Headline], before: Outcome[Headline]) -> Outcome[RelativeDifference]:
    """Month-over-month; two headlines of different definitions cannot be compared."""
    if isinstance(now, NoAnswer):
        return now
    if isinstance(before, NoAnswer):
        return before
    if now.value.definition != before.value.definition:
        return not_mature_yet("This month and last month are measured by different definitions, so they are not compared.")
    return relative_decline(now.value.rate, before.value.rate)


def retention_cell(population: Population, parts: Sequence[str]) -> ir.Table | None:
    """headline/MONTH/WHO, active/COHORT/WHO, cohort/COHORT, cohort/COHORT/classic|rolling/K, milestone/K/WHO.

    WHO is total, kept or lost.
    """
    match list(parts):
        case ["headline", month, who]:
            return _kept_cell(_headline_members(population, month_from_text(month)), who)
        case ["active", cohort, who]:
            members = active_members(population).filter(ibis._.cohort == month_from_text(cohort))
            return _kept_cell(members.mutate(is_kept=members.is_active), who)
        case ["cohort", cohort]:
            return active_months(population).filter(ibis._.cohort == month_from_text(cohort))
        case ["cohort", cohort, definition, k] if definition in ("classic", "rolling"):
            members = active_months(population).filter(ibis._.cohort == month_from_text(cohort))
            is_active = _in_month if definition == "classic" else _in_month_or_later
            return members.filter(is_active(members, _month_number(k)))
        case ["milestone", k, who]:
            return _kept_cell(_milestone_members(population, _month_number(k)), who)
    return None


def _headline_members(population: Population, month: int) -> ir.Table:
    """Whoever the headline of this month counts, by the definition it has."""
    found = next(iter(_headlines(population, [month]).values()), _Headlines({}, {})).of(month)
    if isinstance(found, Answer) and found.value.definition is HeadlineDefinition.CUSTOMER_RETENTION:
        members = churn_members(population, month_period(month - 1))
        return members.mutate(is_kept=~members.is_churned)
    members = _seen_at(population, [month])
    return members.filter(_is_pooled(members, month)).mutate(is_kept=is_true(members[f"seen_{month}"]))


def _month_number(text: str) -> int:
    k = int(text)
    if not 0 <= k <= COHORTS_SHOWN:
        raise ValueError(f"month {k} is not shown")
    return k


def _milestone_members(population: Population, k: int) -> ir.Table:
    members = active_months(population)
    ended = members.filter(members.cohort < month_of_us(population.view.now_us) - k)
    return ended.mutate(is_kept=_in_month_or_later(ended, k))


def _kept_cell(members: ir.Table, who: str) -> ir.Table | None:
    wanted = {"total": ibis.literal(True), "kept": members.is_kept, "lost": ~members.is_kept}.get(who)
    return None if wanted is None else members.filter(wanted)


