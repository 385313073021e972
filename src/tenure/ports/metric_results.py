"""What the metrics answer: frozen results made of counts, rates with intervals, and named reasons for no answer.

They stand here because both sides know them: the warehouse fills them, services turn them into documents and pages.
Money is in cents of the venture's currency, months are texts such as `2026-03`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from tenure.stats.logrank import LogRank
from tenure.stats.nps import MeanScore, Nps, NpsCounts, NpsDifference
from tenure.stats.proportions import RelativeDifference
from tenure.stats.result import NoAnswer, Outcome, Rate
from tenure.stats.retention import CohortRetention, Headline, ImprovingGate
from tenure.stats.revenue import MoneyRate, RevenueRetention, Waterfall
from tenure.stats.survival import MedianTenure, RestrictedMean, SurvivalCurve
from tenure.stats.trend import Trend

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Segmented(Generic[R]):
    """The same question answered for one segment."""

    segment: str
    result: R


@dataclass(frozen=True, slots=True)
class Split(Generic[R]):
    """An answer for everybody (or for the one segment named), and for each segment of a column when asked."""

    by: str | None
    segment: str | None
    result: R
    segments: tuple[Segmented[R], ...] = ()


# --- retention ---


@dataclass(frozen=True, slots=True)
class MonthHeadline:
    """The headline as it is stored on the 1st of this month (M8)."""

    month: str
    headline: Outcome[Headline]


@dataclass(frozen=True, slots=True)
class ActiveCohort:
    """Active retention of the customers created in one month; judged only when mature and large enough (M8, M9)."""

    cohort: str
    active: Outcome[Rate]
    is_mature: bool
    is_judged: bool
    on_target: bool | None


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
    target_percent: float | None
    on_target: bool | None


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """The retention page. `is_alarming`: the headline fell by more than the limit, month over month."""

    headline: Outcome[Headline]
    target_percent: float
    on_target: bool | None
    previous_headline: Outcome[Headline]
    change: Outcome[RelativeDifference]
    is_alarming: bool | None
    history: tuple[MonthHeadline, ...]
    active: tuple[ActiveCohort, ...]
    cohorts: tuple[Cohort, ...]
    milestones: tuple[MilestoneRetention, ...]
    improving: ImprovingGate


# --- survival ---


@dataclass(frozen=True, slots=True)
class SurvivalResult:
    """One curve with its median and the mean of the first year; ends split into voluntary and involuntary."""

    curve: Outcome[SurvivalCurve]
    median: Outcome[MedianTenure]
    mean_first_year: Outcome[RestrictedMean]
    voluntary: Outcome[int]
    involuntary: Outcome[int]


@dataclass(frozen=True, slots=True)
class SurvivalSplit(Split[SurvivalResult]):
    """The curves of first spells, later spells apart (P4), and whether the segments differ."""

    later_spells: SurvivalResult | None = None
    log_rank: Outcome[LogRank] | None = None


# --- revenue and churn ---


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open period and its name."""

    name: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Unconverted:
    """Customers whose money in this currency has no rate in force, so that it is left out and said."""

    currency: str
    customers: int


@dataclass(frozen=True, slots=True)
class ChurnSplit:
    """Who of the churn bar meant to leave and who had a failed payment (Day one, 9): customers, and monthly cents."""

    voluntary: int
    involuntary: int
    voluntary_cents: int
    involuntary_cents: int


@dataclass(frozen=True, slots=True)
class RevenuePeriod:
    """Waterfall and retention of one period; `ties` says whether the bars sum to the ledger to the cent.

    `customers` counts who is behind each bar, `churned` splits the churn bar by cause. A balance below zero (a broken ledger) counts as zero;
    `negative_customers` have one.
    """

    period: Period
    waterfall: Waterfall
    customers: dict[str, int]
    churned: Outcome[ChurnSplit]
    ties: Outcome[Waterfall]
    retention: Outcome[RevenueRetention]
    negative_customers: int
    unconverted: tuple[Unconverted, ...]


@dataclass(frozen=True, slots=True)
class RevenueResult:
    """The revenue page; `mrr_cents` is the monthly amount at now, `average_arr_cents` over customers of known ARR."""

    mrr_cents: Outcome[int]
    paying_customers: int
    average_arr_cents: Outcome[int]
    arr_known: int
    arr_unknown: int
    months: tuple[RevenuePeriod, ...]
    trailing_year: Outcome[RevenuePeriod]


@dataclass(frozen=True, slots=True)
class ChurnMonth:
    """Churn of one month: of the customers at its start, how many left, split by cause; and the money they took.

    The cents are of the churn bar; `revenue` counts contraction too. Without payment facts nobody knows the cause.
    """

    month: str
    customers: Outcome[Rate]
    voluntary: Outcome[int]
    involuntary: Outcome[int]
    voluntary_cents: Outcome[int]
    involuntary_cents: Outcome[int]
    revenue: Outcome[MoneyRate]


@dataclass(frozen=True, slots=True)
class ChurnResult:
    """The churn page, newest month last; `dormant` are silent but still customers, and never counted as churned (P1)."""

    months: tuple[ChurnMonth, ...]
    dormant: int
    cancelling: int


# --- answers ---


class NpsVerdict(StrEnum):
    """Where the score stands against the venture's borders."""

    NEGATIVE = "negative"
    PASSES = "passes"
    ON_TARGET = "on_target"
    EXCELLENT = "excellent"


@dataclass(frozen=True, slots=True)
class NpsResult:
    """The NPS page. `window_days` is the window that was used (M14)."""

    window_days: int
    counts: NpsCounts
    score: Outcome[Nps]
    verdict: Outcome[NpsVerdict]
    by_account: Outcome[Nps]
    by_revenue: Outcome[Nps]
    change: Outcome[NpsDifference]
    last_30_days: NpsCounts
    previous_30_days: NpsCounts
    response_rate: NoAnswer


@dataclass(frozen=True, slots=True)
class SatisfactionResult:
    """CSAT or CES: the mean in its own scale, and the share of the top two boxes."""

    survey: str
    window_days: int
    answers: int
    per_score: dict[int, int]
    mean: Outcome[MeanScore]
    top_box: Outcome[Rate]
    response_rate: NoAnswer


# --- scores ---


@dataclass(frozen=True, slots=True)
class Standing:
    """A group of scored customers: average of the published scores and where they stand."""

    customers: int
    average: float
    healthy: Rate
    at_risk: Rate
    critical: Rate
    arr_cents: int
    arr_unknown: int


@dataclass(frozen=True, slots=True)
class SegmentStanding:
    """One segment of one column."""

    by: str
    segment: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class SegmentsResult:
    """Everybody, paying customers (M21), and each segment of each column, worst average first."""

    everybody: Outcome[Standing]
    paying: Outcome[Standing]
    segments: tuple[SegmentStanding, ...]


@dataclass(frozen=True, slots=True)
class DayHealth:
    """The published full score of one whole UTC day: average and counts."""

    day: int
    average: float
    healthy: int
    at_risk: int
    critical: int


@dataclass(frozen=True, slots=True)
class HealthResult:
    """The distribution: everybody and paying (M21), customers per five points, and the trend of the average."""

    everybody: Outcome[Standing]
    paying: Outcome[Standing]
    target: float
    on_target: bool | None
    histogram: tuple[int, ...]
    trend: Outcome[Trend]
    days: tuple[DayHealth, ...]


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal; the amount is the ARR, None when unknown (R5); `risks` are named, for a person to read.

    It is past due when its day is over where the customer is, and neither a newer date nor an end is known.
    """

    customer_id: str
    name: str | None
    renewal_us: int
    arr_cents: int | None
    score: float | None
    health_status: str | None
    owner: str
    forecast: str
    risks: tuple[str, ...]
    is_past_due: bool


@dataclass(frozen=True, slots=True)
class RenewalMonth:
    """One month of renewals by forecast, in customers and cents; `unknown` counts customers without ARR, cents None: of nobody
    there it is known (R5)."""

    month: str
    customers: int
    committed: int
    likely: int
    at_risk: int
    unknown: int
    committed_cents: int | None
    likely_cents: int | None
    at_risk_cents: int | None


@dataclass(frozen=True, slots=True)
class RenewalsResult:
    """The renewals page: months of what is ahead, and the customers soonest first; past due ones come before all and are in no month.

    `past_due_cents` as in a month: None where of nobody it is known.
    """

    horizon_days: int
    months: tuple[RenewalMonth, ...]
    past_due: int
    past_due_cents: int | None
    renewals: tuple[Renewal, ...]
