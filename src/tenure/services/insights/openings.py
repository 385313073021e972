"""Every number opens into its people: the cells of a result that `who` understands, with the number each one shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tenure.ports.metric_results import (
    ChurnResult,
    HealthResult,
    NpsResult,
    RenewalsResult,
    RetentionResult,
    RevenuePeriod,
    RevenueResult,
    SatisfactionResult,
    Split,
    Standing,
    SurvivalResult,
)
from tenure.stats.nps import NpsCounts
from tenure.stats.result import Answer, Outcome, Rate

Cells = Iterator[tuple[str, int]]


def numbers_of(result: Any) -> dict[str, int]:
    """Cell -> the number it shows; cells of rates without an answer are left out."""
    return dict(_cells(result))


def _cells(result: Any) -> Cells:
    match result:
        case RetentionResult():
            yield from _retention(result)
        case SurvivalResult():
            yield from _survival(result)
        case RevenueResult():
            yield from _revenue(result)
        case ChurnResult():
            yield from _churn(result)
        case NpsResult():
            yield from _nps(result)
        case SatisfactionResult():
            yield from _satisfaction(result)
        case HealthResult():
            yield from _health(result)
        case RenewalsResult():
            yield from _renewals(result)
        case Split():
            yield from _cells(result.result)


def _kept(prefix: str, found: Rate) -> Cells:
    yield f"{prefix}/total", found.total
    yield f"{prefix}/kept", found.count
    yield f"{prefix}/lost", found.total - found.count


def _retention(result: RetentionResult) -> Cells:
    for stored in result.history:
        if isinstance(stored.headline, Answer):
            yield from _kept(f"headline/{stored.month}", stored.headline.value.rate)
    for active in result.active:
        if isinstance(active.active, Answer):
            yield from _kept(f"active/{active.cohort}", active.active.value)
    for cohort in result.cohorts:
        yield f"cohort/{cohort.cohort}", cohort.retention.customers
        yield from _months(f"cohort/{cohort.cohort}/classic", cohort.retention.classic)
        yield from _months(f"cohort/{cohort.cohort}/rolling", cohort.retention.rolling)
    for milestone in result.milestones:
        if isinstance(milestone.rolling, Answer):
            yield from _kept(f"milestone/{milestone.months}", milestone.rolling.value)


def _months(prefix: str, cells: tuple[Outcome[Rate], ...]) -> Cells:
    for k, cell in enumerate(cells):
        if isinstance(cell, Answer):
            yield f"{prefix}/{k}", cell.value.count


def _survival(result: SurvivalResult) -> Cells:
    yield from _causes("", result.voluntary, result.involuntary)
    if not isinstance(result.curve, Answer):
        return
    curve = result.curve.value
    yield "customers", curve.customers
    yield "churned", curve.churned
    yield "censored", curve.customers - curve.churned
    for point in curve.points:
        days = f"{point.duration_days:g}"
        yield f"at_risk/{days}", point.at_risk
        yield f"churned/{days}", point.churned
        yield f"censored/{days}", point.censored


def _revenue(result: RevenueResult) -> Cells:
    yield "paying", result.paying_customers
    yield "arr_known", result.arr_known
    yield "arr_unknown", result.arr_unknown
    for period in result.months:
        yield from _period(period)
    if isinstance(result.trailing_year, Answer):
        yield from _period(result.trailing_year.value)


def _period(period: RevenuePeriod) -> Cells:
    name, waterfall = period.period.name, period.waterfall
    for bar, customers in period.customers.items():
        yield f"{name}/{bar}", customers
    if isinstance(period.churned, Answer):
        yield f"{name}/churn_voluntary", period.churned.value.voluntary
        yield f"{name}/churn_involuntary", period.churned.value.involuntary
    yield f"{name}/start", waterfall.start_customers
    yield f"{name}/kept", waterfall.start_customers - waterfall.churned_customers
    yield f"{name}/negative", period.negative_customers
    yield f"{name}/unconverted", sum(one.customers for one in period.unconverted)


def _churn(result: ChurnResult) -> Cells:
    yield "dormant", result.dormant
    yield "cancelling", result.cancelling
    for month in result.months:
        yield from _causes(f"{month.month}/", month.voluntary, month.involuntary)
        if isinstance(month.customers, Answer):
            found = month.customers.value
            yield f"{month.month}/customers", found.total
            yield f"{month.month}/churned", found.count
            yield f"{month.month}/kept", found.total - found.count


def _causes(prefix: str, voluntary: Outcome[int], involuntary: Outcome[int]) -> Cells:
    for name, count in (("voluntary", voluntary), ("involuntary", involuntary)):
        if isinstance(count, Answer):
            yield f"{prefix}{name}", count.value


def _nps(result: NpsResult) -> Cells:
    yield from _groups("", result.counts)
    yield from _groups("last_30_days/", result.last_30_days)
    yield from _groups("previous_30_days/", result.previous_30_days)


def _groups(prefix: str, counts: NpsCounts) -> Cells:
    yield f"{prefix}answers", counts.total
    yield f"{prefix}promoters", counts.promoters
    yield f"{prefix}passives", counts.passives
    yield f"{prefix}detractors", counts.detractors


def _satisfaction(result: SatisfactionResult) -> Cells:
    yield "answers", result.answers
    for score, answers in result.per_score.items():
        yield f"score/{score}", answers
    if isinstance(result.top_box, Answer):
        yield "top_box", result.top_box.value.count


def standing_cells(prefix: str, standing: Standing) -> dict[str, int]:
    """The cells of a group of scored customers (health, segments)."""
    return {
        f"{prefix}customers": standing.customers,
        f"{prefix}healthy": standing.healthy.count,
        f"{prefix}at_risk": standing.at_risk.count,
        f"{prefix}critical": standing.critical.count,
        f"{prefix}arr_unknown": standing.arr_unknown,
    }


def _health(result: HealthResult) -> Cells:
    if isinstance(result.everybody, Answer):
        yield from standing_cells("", result.everybody.value).items()
    if isinstance(result.paying, Answer):
        yield from standing_cells("paying/", result.paying.value).items()
    for place, customers in enumerate(result.histogram):
        yield f"bin/{place}", customers


def _renewals(result: RenewalsResult) -> Cells:
    yield "past_due", result.past_due
    for month in result.months:
        yield f"{month.month}/customers", month.customers
        yield f"{month.month}/committed", month.committed
        yield f"{month.month}/likely", month.likely
        yield f"{month.month}/at_risk", month.at_risk
        yield f"{month.month}/unknown", month.unknown
