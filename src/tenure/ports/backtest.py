"""Scores of the past beside what happened afterwards: the warehouse pools and counts, the service judges.

The warehouse is handed what to score with when it is made: one configuration for all dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PoolRequest:
    """What to pool.

    Args:
        seen_us: who left is read as of this time, from everything that arrived.
        within_us: leaving counts when it happens at or after the date and less than this later.
        by: a segment column (`tenure.ports.metrics.SPLITS`), judged at each date; None for no split.
        segment: only this segment of `by`.
        groups: how many groups customers are split into for the intervals.
    """

    seen_us: int
    within_us: int
    by: str | None = None
    segment: str | None = None
    groups: int = 200


class PooledScores(Protocol):
    """Scores at past dates beside who left; grows by `add`. Counts come back, never a row per customer."""

    def add(self, at_us: int, known_batch: int | None) -> None:
        """Score everybody with the facts before `at_us` that had arrived by `known_batch` (None: by now).

        Kept are those who were customers then: not before they started, not after they left, no trials (P3).
        """
        ...

    def counts(self) -> pa.Table:
        """segment string? (null: everybody), bucket int64, total double, health_status string, left int64, stayed int64.

        `total` is exact, or rounded to thousandths where there are too many different ones.
        """
        ...

    def is_rounded(self) -> bool:
        """Whether `counts` had to round totals."""
        ...

    def customers(self) -> pa.Table:
        """segment string?, customers int64, left int64, involuntary int64: different customers, not rows."""
        ...

    def bands(self) -> pa.Table:
        """at_us int64, band int64 (0-9: tenths of the score), left int64, stayed int64: everybody."""
        ...

    def warnings(self, last_us: int) -> pa.Table:
        """border string (at_risk: below healthy; critical), days int64?, customers int64: of everybody who left before

        `last_us`, the days from the first date of the last unbroken run below the border to the end; null: none.
        """
        ...

    def close(self) -> None: ...


class BacktestWarehouse(Protocol):
    """Called by `services.backtest`, inside a job."""

    def first_started_us(self, seen_us: int) -> int | None:
        """When the first customer became one; None without customers."""
        ...

    def batch_at(self, at_us: int) -> int | None:
        """The newest batch that had been drained by then; None before the first."""
        ...

    def pool(self, request: PoolRequest) -> PooledScores:
        """Raises `BadInput` for a column or segment that does not exist."""
        ...
