"""Counters of the door for Prometheus: what and how much, never whose."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_ROWS = (1, 10, 100, 1_000, 10_000, 100_000)


class IngestMetrics:
    """One set of counters in a registry of its own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._answers = Counter(
            "tenure_ingest_requests", "Ingest requests by answer", ["code"], registry=self.registry
        )
        self._answered = {code: self._answers.labels(str(code)) for code in (200, 400, 401, 413, 429, 503)}
        self.items = Counter("tenure_ingest_items", "Calls and records received", registry=self.registry)
        self.rows = Counter("tenure_ingest_rows", "Rows made durable in the inbox", registry=self.registry)
        self.duplicates = Counter(
            "tenure_ingest_duplicates", "Calls already seen in the last day, dropped at the door", registry=self.registry
        )
        self.refused = Counter(
            "tenure_ingest_refused", "Records put into quarantine by the rule they broke", ["rule"], registry=self.registry
        )
        self.commit_seconds = Histogram(
            "tenure_ingest_commit_seconds", "Duration of one group commit", buckets=_SECONDS, registry=self.registry
        )
        self.commit_rows = Histogram(
            "tenure_ingest_commit_rows", "Rows of one group commit", buckets=_ROWS, registry=self.registry
        )

    def watch_waiting(self, waiting: Callable[[], int]) -> None:
        """Show how many rows wait to become durable."""
        gauge = Gauge("tenure_ingest_rows_waiting", "Rows not yet durable", registry=self.registry)
        gauge.set_function(waiting)

    def answered(self, code: int) -> None:
        """Count one answered request."""
        counter = self._answered.get(code)
        (counter if counter is not None else self._answers.labels(str(code))).inc()

    def committed(self, rows: int, seconds: float) -> None:
        """Count one group commit."""
        self.commit_rows.observe(rows)
        self.commit_seconds.observe(seconds)
