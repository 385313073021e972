"""The report page's data out of metrics and published scores: numbers become sentences, missing ones say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_low
from zoneinfo import ZoneInfo

import msgspec

from tenure.clock import DAY_US, from_us, iso
from tenure.model.health import Health, HealthStatus, SeatUse
from tenure.model.listing import ListedHealth
from tenure.model.report import (
    Attention,
    Bar,
    CohortRow,
    CurvePoint,
    RenewalMonthRow,
    RenewalRow,
    ReportData,
    SegmentRow,
    Shown,
    TrendPoint,
)
from tenure.ports.metric_results import (
    ChurnResult,
    DayHealth,
    HealthResult,
    NpsResult,
    Renewal,
    RenewalsResult,
    RetentionResult,
    RevenuePeriod,
    RevenueResult,
    SegmentsResult,
    SurvivalResult,
    SurvivalSplit,
)
from tenure.rules.renewals import Forecast
from tenure.rules.scorecard.lost import lost_points
from tenure.rules.wording import stamp
from tenure.services.insights.wording import churn_split, money, percent, rate_note, signed, whole
from tenure.stats.result import Answer, NoAnswer, Outcome, Rate
from tenure.stats.retention import HeadlineDefinition
from tenure.stats.revenue import Waterfall
from tenure.stats.survival import SurvivalCurve

ATTENTION_SHOWN = 25
CURVES_SHOWN = 5
STEPS_SHOWN = 240
SEGMENTS_SHOWN = 40
REASONS_SHOWN = 3
RENEWALS_SHOWN = 25
_FORECASTS = {Forecast.at_risk: 0, Forecast.likely: 1, Forecast.committed: 2}


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Everything the page is made of.

    `in_trouble` are the published scores that are not healthy, in any order; `trouble_total` how many there are in
    all; `seats` who of them has more than 5 users, and how many are active; `reasons` the full scores, with readings, of those customers that have them.
    """

    venture: str
    now_us: int
    zone: ZoneInfo
    scorecard: str
    known_batch: int
    currency: str
    health: HealthResult
    segments: SegmentsResult
    retention: RetentionResult
    survival: SurvivalSplit
    revenue: RevenueResult
    churn: ChurnResult
    nps: NpsResult
    renewals: RenewalsResult
    in_trouble: Sequence[ListedHealth] = ()
    trouble_total: int = 0
    reasons: Mapping[str, Health] = field(default_factory=dict)
    seats: Mapping[str, SeatUse] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    thresholds: tuple[float, float] = (40.0, 70.0)


def report_data(given: ReportInput) -> ReportData:
    """The page, decided. What has no answer is in `missing` with its sentence."""
    standing = given.health.everybody.or_none()
    counts = (0, 0, 0) if standing is None else (standing.healthy.count, standing.at_risk.count, standing.critical.count)
    month = given.revenue.months[-1] if given.revenue.months else None
    return ReportData(
        venture=given.venture,
        as_of=iso(given.now_us),
        as_of_there=stamp(given.now_us, given.zone),
        scorecard=given.scorecard,
        known_batch=given.known_batch,
        scored=sum(counts),
        headlines=tuple(_headlines(given)),
        distribution=dict(zip(("healthy", "at_risk", "critical"), counts, strict=True)),
        histogram=given.health.histogram,
        attention=_attention(given),
        attention_total=given.trouble_total,
        trend=tuple(_trend_point(day) for day in given.health.days),
        cohorts=_cohorts(given.retention),
        survival=tuple(_curves(given.survival)),
        waterfall=() if month is None else tuple(_bars(month)),
        waterfall_title="" if month is None else f"Monthly revenue in {month.period.name}, {given.currency}",
        segments=_segments(given.segments),
        renewal_days=given.renewals.horizon_days,
        renewal_months=_renewal_months(given),
        renewals=_renewals(given),
        renewals_total=given.renewals.past_due + sum(month.customers for month in given.renewals.months),
        notes=(*given.notes, *_notes(given)),
        missing=_missing(given),
        thresholds=given.thresholds,
    )


def _headlines(given: ReportInput) -> Iterator[Shown]:
    yield _average(given.health)
    yield _retention(given.retention)
    yield _churn(given.churn)
    yield from _money(given.revenue)
    yield _nps(given.nps)
    yield _at_risk(given)


def _missing_shown(label: str, why: NoAnswer, target: str = "") -> Shown:
    return Shown(label=label, text="", note=why.sentence, target=target)


def _average(health: HealthResult) -> Shown:
    target = f"target {health.target:g}"
    if isinstance(health.everybody, NoAnswer):
        return _missing_shown("Average health", health.everybody, target)
    standing, paying = health.everybody.value, health.paying.or_none()
    among = "" if paying is None else f", {paying.average:g} among {paying.customers:,} paying"
    note = f"{standing.customers:,} customers{among}"
    return Shown(
        label="Average health", text=f"{standing.average:g}", note=note, target=target, is_good=health.on_target
    )


def _retention(retention: RetentionResult) -> Shown:
    target = f"target {retention.target_percent:g} %"
    if isinstance(retention.headline, NoAnswer):
        return _missing_shown("Retention", retention.headline, target)
    found = retention.headline.value
    active = found.definition is HeadlineDefinition.ACTIVE_RETENTION
    label = "Retention of new customers" if active else "Customers kept last month"
    return _rate_shown(label, found.rate, target, retention.on_target)


def _rate_shown(label: str, found: Rate, target: str = "", is_good: bool | None = None) -> Shown:
    return Shown(label=label, text=f"{found.percent:g} %", note=rate_note(found), target=target, is_good=is_good)


def _churn(churn: ChurnResult) -> Shown:
    label = "Customer churn"
    if not churn.months:
        return Shown(label=label, text="", note="No month with customers has ended yet.")
    month = churn.months[-1]
    if isinstance(month.customers, NoAnswer):
        return _missing_shown(label, month.customers)
    shown = _rate_shown(f"{label} in {month.month}", month.customers.value)
    return msgspec.structs.replace(shown, note=f"{shown.note}; {churn_split(month)}")


def _money(revenue: RevenueResult) -> Iterator[Shown]:
    found: Outcome[RevenuePeriod] = revenue.trailing_year
    over = "12 months"
    if isinstance(found, NoAnswer) and revenue.months:
        found, over = Answer(revenue.months[-1]), revenue.months[-1].period.name
    kept = found if isinstance(found, NoAnswer) else found.value.retention
    if isinstance(kept, NoAnswer):
        yield _missing_shown("Revenue kept (NRR)", kept)
        return
    for label, share in (("NRR", kept.value.net), ("GRR", kept.value.gross)):
        interval = share.interval
        between = "" if interval is None else f"95 % interval {percent(interval.low)} to {percent(interval.high)}"
        yield Shown(label=f"{label}, {over}", text=percent(share.value), note=between)


def _nps(nps: NpsResult) -> Shown:
    if isinstance(nps.score, NoAnswer):
        return _missing_shown("NPS", nps.score)
    found = nps.score.value
    low, high = (signed(end) for end in (found.interval.low, found.interval.high))
    note = f"{found.answers:,} answers in {nps.window_days} days; 95 % interval {low} to {high}"
    return Shown(label="NPS", text=signed(found.value), note=note, is_good=found.value >= 0)


def _at_risk(given: ReportInput) -> Shown:
    if isinstance(given.health.everybody, NoAnswer):
        return _missing_shown("At risk or critical", given.health.everybody)
    standing = given.health.everybody.value
    troubled = standing.at_risk.count + standing.critical.count
    return Shown(label="At risk or critical", text=f"{troubled:,}", note=f"of {standing.customers:,} scored customers")


def _attention(given: ReportInput) -> tuple[Attention, ...]:
    """By ARR at stake, then the lowest score; an unknown ARR counts as the median of those known (K3)."""
    troubled = [one for one in given.in_trouble if one.status is not HealthStatus.healthy]
    known = [one.profile.arr_cents for one in troubled if one.profile.arr_cents is not None]
    typical = median_low(known) if known else 0

    def stake(one: ListedHealth) -> tuple[int, float, str]:
        arr = typical if one.profile.arr_cents is None else one.profile.arr_cents
        return -arr, one.score, one.customer_id

    return tuple(_row(one, given) for one in sorted(troubled, key=stake)[:ATTENTION_SHOWN])


def _row(one: ListedHealth, given: ReportInput) -> Attention:
    profile = one.profile
    return Attention(
        customer_id=one.customer_id,
        name=profile.name or one.customer_id,
        owner=profile.owner or "",
        plan=profile.plan or "",
        score=one.score,
        previous_score=one.previous_score,
        health_status=one.status.value,
        arr="unknown" if profile.arr_cents is None else money(profile.arr_cents, given.currency),
        renewal="" if profile.renewal_us is None else from_us(profile.renewal_us).date().isoformat(),
        reasons=why_low(one, given.reasons.get(one.customer_id)),
        seats=given.seats[one.customer_id].sentence if one.customer_id in given.seats else "",
        change=one.change,
    )


def why_low(one: ListedHealth, health: Health | None) -> tuple[str, ...]:
    """The measures that cost most points, in their own sentences; without readings, the components' points."""
    if health is None or not health.readings:
        return tuple(f"{name}: {points:g} points" for name, points in one.components.items())
    worst = lost_points(health.components, health.readings)[:REASONS_SHOWN]
    said = tuple(one.sentence for one in worst if one.sentence)
    return (f"set by a person: {health.override_reason}", *said) if health.override_reason else said


def _trend_point(day: DayHealth) -> TrendPoint:
    return TrendPoint(
        day=from_us(day.day * DAY_US).date().isoformat(),
        average=day.average,
        healthy=day.healthy,
        at_risk=day.at_risk,
        critical=day.critical,
    )


def _cohorts(retention: RetentionResult) -> tuple[CohortRow, ...]:
    """Months after the first; rows as wide as the oldest."""
    shown = [one for one in retention.cohorts if any(isinstance(cell, Answer) for cell in one.retention.rolling[1:])]
    width = max((len(one.retention.rolling) - 1 for one in shown), default=0)
    return tuple(
        CohortRow(
            cohort=one.cohort, customers=one.retention.customers, months=_padded(one.retention.rolling[1:], width)
        )
        for one in shown
    )


def _padded(cells: Sequence[Outcome[Rate]], width: int) -> tuple[float | None, ...]:
    shares = [cell.value.value if isinstance(cell, Answer) else None for cell in cells[:width]]
    return (*shares, *[None] * (width - len(shares)))


def _curves(survival: SurvivalSplit) -> Iterator[CurvePoint]:
    """Everybody, or the largest segments where the question was split."""
    curves = [(one.segment, one.result) for one in survival.segments if isinstance(one.result.curve, Answer)]
    largest = sorted(curves, key=lambda one: -_customers(one[1]))[:CURVES_SHOWN]
    for name, result in largest or [("all customers", survival.result)]:
        if isinstance(result.curve, Answer):
            yield from _steps(name, result.curve.value)


def _customers(result: SurvivalResult) -> int:
    return result.curve.value.customers if isinstance(result.curve, Answer) else 0


def _steps(name: str, curve: SurvivalCurve) -> Iterator[CurvePoint]:
    """The curve at even distances: a page needs no step per day of ten years."""
    yield CurvePoint(series=name, x=0.0, y=1.0, low=1.0, high=1.0)
    every = max(1, -(-len(curve.points) // STEPS_SHOWN))
    for place, point in enumerate(curve.points):
        if place % every == 0 or place == len(curve.points) - 1:
            ends = point.interval
            yield CurvePoint(series=name, x=point.duration_days, y=point.survival, low=ends.low, high=ends.high)


def _bars(period: RevenuePeriod) -> Iterator[Bar]:
    """The currency stands in the title: beside the bars there is no room for it seven times."""
    found: Waterfall = period.waterfall
    level = found.start_cents
    yield _bar("start", 0, level, whole(level), "level")
    steps = (
        ("new", found.new_cents),
        ("reactivation", found.reactivation_cents),
        ("expansion", found.expansion_cents),
        ("contraction", -found.contraction_cents),
        *_churn_steps(period),
    )
    for label, change in steps:
        text = whole(change, with_sign=True)
        yield _bar(label, level, level + change, text, "loss" if change < 0 else "gain")
        level += change
    yield _bar("end", 0, level, whole(level), "level")


def _churn_steps(period: RevenuePeriod) -> tuple[tuple[str, int], ...]:
    """By cause where payments are known, else one bar (Day one, 9)."""
    if isinstance(period.churned, NoAnswer):
        return (("churn", -period.waterfall.churn_cents),)
    split = period.churned.value
    return ("churn by choice", -split.voluntary_cents), ("failed payments", -split.involuntary_cents)


def _bar(label: str, start_cents: int, end_cents: int, text: str, kind: str) -> Bar:
    return Bar(label=label, start=start_cents / 100, end=end_cents / 100, text=text, kind=kind)


def _renewal_months(given: ReportInput) -> tuple[RenewalMonthRow, ...]:
    return tuple(
        RenewalMonthRow(
            month=one.month,
            customers=one.customers,
            committed=_counted(one.committed, one.committed_cents),
            likely=_counted(one.likely, one.likely_cents),
            at_risk=_counted(one.at_risk, one.at_risk_cents),
            unknown=one.unknown,
        )
        for one in given.renewals.months
    )


def _counted(customers: int, cents: int | None) -> str:
    return f"{'unknown' if cents is None else whole(cents)} ({customers:,})"


def _renewals(given: ReportInput) -> tuple[RenewalRow, ...]:
    """The least certain first, then the most money, then the soonest; an unknown amount counts as the median (K3)."""
    known = [one.arr_cents for one in given.renewals.renewals if one.arr_cents is not None]
    typical = median_low(known) if known else 0

    def place(one: Renewal) -> tuple[int, int, int]:
        return _FORECASTS[Forecast(one.forecast)], -(typical if one.arr_cents is None else one.arr_cents), one.renewal_us

    return tuple(_renewal_row(one, given.currency) for one in sorted(given.renewals.renewals, key=place)[:RENEWALS_SHOWN])


def _renewal_row(one: Renewal, currency: str) -> RenewalRow:
    return RenewalRow(
        customer_id=one.customer_id,
        name=one.name or one.customer_id,
        day=from_us(one.renewal_us).date().isoformat() + (", past due" if one.is_past_due else ""),
        amount="unknown" if one.arr_cents is None else money(one.arr_cents, currency),
        score=one.score,
        health_status=one.health_status or "",
        owner=one.owner,
        forecast=one.forecast.replace("_", " "),
        risks=one.risks,
    )


def _segments(found: SegmentsResult) -> tuple[SegmentRow, ...]:
    return tuple(
        SegmentRow(
            by=one.by,
            segment=one.segment,
            customers=one.standing.customers,
            average=one.standing.average,
            healthy=one.standing.healthy.count,
            at_risk=one.standing.at_risk.count,
            critical=one.standing.critical.count,
        )
        for one in found.segments[:SEGMENTS_SHOWN]
    )


def _notes(given: ReportInput) -> Iterator[str]:
    if given.churn.dormant:
        yield f"{given.churn.dormant:,} customers are silent but still customers: dormant, not churned."
    month = given.revenue.months[-1] if given.revenue.months else None
    if month is not None and isinstance(month.ties, NoAnswer):
        yield month.ties.sentence
    for one in () if month is None else month.unconverted:
        yield f"{one.customers:,} customers pay in {one.currency}, for which there is no rate: their money is left out."
    if given.survival.log_rank is not None and isinstance(given.survival.log_rank, Answer):
        p_value = given.survival.log_rank.value.p_value
        says = "stay for different times" if p_value < 0.05 else "show no difference beyond chance in how long they stay"
        yield f"The segments {says} (log-rank p = {p_value:.2g})."


def _missing(given: ReportInput) -> dict[str, str]:
    month = given.revenue.months[-1].retention if given.revenue.months else given.revenue.mrr_cents
    outcomes: dict[str, Outcome[object]] = {
        "health": given.health.everybody,
        "trend": given.health.trend,
        "retention": given.retention.headline,
        "survival": given.survival.result.curve,
        "revenue": month,
        "nps": given.nps.score,
        "segments": given.segments.everybody,
    }
    return {name: found.sentence for name, found in outcomes.items() if isinstance(found, NoAnswer)}
