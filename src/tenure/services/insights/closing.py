"""Closed months, kept: the headline as of each 1st and each month's waterfall, restated only with a log entry (M8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec

from tenure.model.results import MetricResult
from tenure.ports.metric_results import MonthHeadline, RevenueResult
from tenure.ports.results import Results
from tenure.rules.restatements import ClosedMonth, Numbers, close_month
from tenure.services.insights.documents import to_json
from tenure.services.insights.months import month_start_us

HEADLINE = "closed_headline"
WATERFALL = "closed_waterfall"
WHO = "tenure"


class RestatementLog(Protocol):
    """The part of the audit log used here."""

    def write(
        self, venture_id: int, *, who: str, subject: str, name: str, before: Any, after: Any, why: str, now_us: int
    ) -> None: ...


def close_months(
    venture_id: int,
    headlines: Sequence[MonthHeadline],
    revenue: RevenueResult,
    *,
    batch: int,
    now_us: int,
    results: Results,
    log: RestatementLog,
) -> tuple[ClosedMonth, ...]:
    """Store what closed since the last time; returns the months stored or restated now.

    The old numbers stay in the stored document and, for a person to find, in the log with the batch that changed them.
    """
    changed: list[ClosedMonth] = []
    for metric, month, numbers in (*_headlines(headlines), *_waterfalls(revenue)):
        stored = stored_month(results, venture_id, metric, month)
        closed = close_month(stored, month, numbers, batch=batch, now_us=now_us)
        if closed is None:
            continue
        if stored is not None:
            _write_log(log, venture_id, metric, stored, closed, now_us)
        results.put(venture_id, [_document(metric, closed, now_us)])
        changed.append(closed)
    return tuple(changed)


def stored_month(results: Results, venture_id: int, metric: str, month: str) -> ClosedMonth | None:
    """What was stored of a closed month; each month is a segment of its own in the store."""
    found = results.latest(venture_id, metric, month)
    return None if found is None else msgspec.convert(found.document, ClosedMonth)


def restated_months(results: Results, venture_id: int, metric: str) -> tuple[ClosedMonth, ...]:
    """The closed months that were restated, by month, with what they said before."""
    found = [one for one in results.latest_of_all(venture_id) if one.metric == metric]
    closed = [msgspec.convert(one.document, ClosedMonth) for one in found]
    return tuple(sorted((one for one in closed if one.restatements), key=lambda one: one.month))


def _document(metric: str, closed: ClosedMonth, now_us: int) -> MetricResult:
    return MetricResult(
        metric=metric,
        segment=closed.month,
        as_of_us=month_start_us(closed.month),
        document=msgspec.to_builtins(closed),
        computed_us=now_us,
    )


def _write_log(
    log: RestatementLog, venture_id: int, metric: str, stored: ClosedMonth, closed: ClosedMonth, now_us: int
) -> None:
    is_late_data = closed.batch > stored.batch
    why = f"Late data up to batch {closed.batch} changed" if is_late_data else "A changed setting or rate restates"
    log.write(
        venture_id,
        who=WHO,
        subject="metric",
        name=f"{metric} {closed.month}",
        before=stored.numbers,
        after=closed.numbers,
        why=f"{why} a closed month.",
        now_us=now_us,
    )


def _headlines(headlines: Sequence[MonthHeadline]) -> Iterator[tuple[str, str, Numbers]]:
    for one in headlines:
        yield HEADLINE, one.month, to_json(one.headline)


def _waterfalls(revenue: RevenueResult) -> Iterator[tuple[str, str, Numbers]]:
    for one in revenue.months:
        yield WATERFALL, one.period.name, to_json(one.waterfall)
