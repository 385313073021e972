"""Metric results as small documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tenure.model.results import MetricResult


class Results(Protocol):
    """`put` is called by the metrics job after a refresh, the rest by pages and the report."""

    def put(self, venture_id: int, results: Sequence[MetricResult]) -> None:
        """All in one transaction; the same (metric, segment, as_of) is replaced."""
        ...

    def latest(self, venture_id: int, metric: str, segment: str = "") -> MetricResult | None: ...

    def latest_of_all(self, venture_id: int) -> Sequence[MetricResult]:
        """The newest of every metric and segment."""
        ...

    def history(
        self, venture_id: int, metric: str, segment: str = "", *, from_us: int | None = None, limit: int = 400
    ) -> Sequence[MetricResult]:
        """Oldest first (the last `limit` of them)."""
        ...
