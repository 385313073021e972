"""The metrics as pages and commands ask them; the warehouse answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tenure.ports.metric_results import (
    ChurnResult,
    HealthResult,
    MonthHeadline,
    NpsResult,
    RenewalsResult,
    RetentionResult,
    RevenueResult,
    SatisfactionResult,
    SegmentsResult,
    Split,
    SurvivalSplit,
)

SEGMENT_COLUMNS = ("plan", "stage", "owner", "industry", "size")
SAVED = "saved"
"""The column of the venture's own saved segments; a customer may be in several of them."""

SPLITS = (*SEGMENT_COLUMNS, SAVED)


@dataclass(frozen=True, slots=True)
class Asked:
    """When, with what knowledge (None: everything), and of whom: `by` splits, `segment` narrows to one of them.

    `days`: how far ahead renewals are looked for, where it is not the usual horizon.
    """

    now_us: int
    known: int | None = None
    by: str | None = None
    segment: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """The venture's parameters a metric needs; the defaults are the declared ones."""

    retention_active_days: int = 30
    retention_target_percent: float = 85.0
    retention_target_3m_percent: float = 70.0
    retention_target_6m_percent: float = 60.0
    retention_decline_alert_percent: float = 15.0
    win_back_inactive_days: int = 30
    nps_window_days: int = 30
    nps_min_responses: int = 100
    nps_positive_threshold: float = 0.0
    nps_target_score: float = 30.0
    nps_excellent_score: float = 50.0
    average_score_target: float = 70.0
    renewal_notice_days: int = 30
    renewal_horizon_days: int = 120
    venture_timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class RenewalMarks:
    """What the store knows of renewals at a time: whose RETENTION-001 chain is open, and how the last proposal to each stands
    (`tenure.rules.renewals.Proposal`)."""

    open_chains: frozenset[str] = frozenset()
    proposals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WhoList:
    """The people behind one number: `total` is the number, `customer_ids` the distinct customers, ordered, up to a limit.

    `customers` counts the distinct customers. It differs from `total` only where answers are counted: two people
    of one account are two answers and one customer.
    """

    metric: str
    cell: str
    total: int
    customers: int
    customer_ids: tuple[str, ...]


class CustomerMetrics(Protocol):
    """Called by `services.insights`. Raises `BadInput` for a column, segment or cell that does not exist."""

    def known_batch(self, asked: Asked) -> int:
        """The batch mark the answers rest on."""
        ...

    def currency(self) -> str:
        """The venture's currency: all cents are in it."""
        ...

    def retention(self, asked: Asked) -> Split[RetentionResult]: ...

    def headlines(self, asked: Asked) -> tuple[MonthHeadline, ...]:
        """The headline retention of everybody as of the last 1sts, newest last: `retention().result.history` alone."""
        ...

    def survival(self, asked: Asked) -> SurvivalSplit: ...

    def revenue(self, asked: Asked) -> Split[RevenueResult]: ...

    def churn(self, asked: Asked) -> Split[ChurnResult]: ...

    def nps(self, asked: Asked) -> Split[NpsResult]: ...

    def satisfaction(self, asked: Asked, survey: str) -> Split[SatisfactionResult]:
        """`survey` is csat or ces."""
        ...

    def segments(self, asked: Asked) -> SegmentsResult: ...

    def health(self, asked: Asked) -> Split[HealthResult]:
        """Without the trend: the past averages are the store's to tell."""
        ...

    def renewals(self, asked: Asked, limit: int | None = 200) -> Split[RenewalsResult]:
        """The months whole; of the renewals the soonest `limit` of each segment, None: every one."""
        ...

    def who(self, asked: Asked, metric: str, cell: str, limit: int | None = 100) -> WhoList:
        """The customers behind a number; the cells of each metric are listed in docs/metrics."""
        ...
