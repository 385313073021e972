"""The warehouse as the jobs see it: one per venture, opened by jobs only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from tenure.model.mapping import FactMapping

if TYPE_CHECKING:
    import pyarrow as pa


class DrainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one drain moved. `batch` is the batch mark its facts carry; `timings` are seconds per stage."""

    batch: int
    through_seq: int
    added: dict[str, int]
    duplicates: int
    pending: int
    touched_customers: int
    late_customers: int
    timings: dict[str, float] = {}


class FactCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many distinct facts the warehouse holds."""

    customers: int = 0
    users: int = 0
    events: int = 0
    tickets: int = 0
    revenue: int = 0
    answers: int = 0


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What one source ever delivered, by arrival. `event_hours` are the whole hours since the epoch with events, lately."""

    source: str
    first_us: int
    last_us: int
    last_event_us: int | None = None
    event_hours: tuple[int, ...] = ()


class FactsIn(Protocol):
    """Called by the scoring job: moves accepted facts in, exactly once."""

    def mark(self) -> int:
        """The highest inbox sequence already moved (0 at first)."""
        ...

    def last_batch(self) -> int:
        """The newest batch mark (what `--known` defaults to)."""
        ...

    def accumulated_to_us(self) -> int:
        """The latest time a drain was handed: before it only facts can answer (0 at first)."""
        ...

    def drain(
        self, batches: Iterator[pa.RecordBatch], through_seq: int, mapping: FactMapping, now_us: int
    ) -> DrainResult:
        """De-duplicate, store and accumulate these inbox rows, and move the mark, in one transaction.

        Killed at any point, either all of it happened or nothing. Facts dated at or after `now_us` wait.
        """
        ...

    def counts(self) -> FactCounts: ...

    def newest_fact_us(self) -> Mapping[str, int | None]:
        """By plural kind, the newest received time."""
        ...

    def deliveries(self) -> Sequence[Delivered]:
        """Every source that ever delivered: what freshness is judged by (M17)."""
        ...


class Warehouse(FactsIn, Protocol):
    """A whole warehouse; the refresh, metrics and backtest modules add their own narrow protocols."""

    def close(self) -> None: ...

    def erase_customers(self, customer_ids: Sequence[str]) -> int: ...
