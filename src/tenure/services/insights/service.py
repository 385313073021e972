"""The metrics by name, as documents: what `tenure metrics`, pages and the report ask."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.clock import DAY_US, day_of, iso
from tenure.errors import BadInput
from tenure.model.useful import UsefulMark
from tenure.ports.metric_results import DayHealth, HealthResult, SegmentsResult, Split
from tenure.ports.metrics import Asked, CustomerMetrics, WhoList
from tenure.ports.results import Results
from tenure.rules.restatements import ClosedMonth
from tenure.rules.system_health import SystemFacts, SystemHealth, judge_system
from tenure.rules.useful import WINDOW_DAYS, usefulness
from tenure.services.insights.closing import (
    HEADLINE,
    WATERFALL,
    RestatementLog,
    close_months,
    restated_months,
)
from tenure.services.insights.documents import to_json
from tenure.services.insights.openings import numbers_of
from tenure.stats.proportions import rate
from tenure.stats.result import Answer, Outcome, Rate, not_measured
from tenure.stats.trend import TREND_DAYS, DayValue, trend

CUSTOMER_METRICS = (
    "retention",
    "survival",
    "revenue",
    "churn",
    "nps",
    "csat",
    "ces",
    "segments",
    "renewals",
    "health",
)
SYSTEM = "system"
METRICS = (*CUSTOMER_METRICS, SYSTEM)
CLOSED = {"retention": HEADLINE, "revenue": WATERFALL}
"""Metrics whose closed months are stored, and restated only with a log entry (M8)."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Thumbs:
    """Of one kind of alert, one measure or one playbook's drafts: the share of thumbs up, and the latest words."""

    subject: str
    kind: str
    useful: Outcome[Rate]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsightsService:
    """One venture's metrics.

    Args:
        metrics: the warehouse's answers.
        days_before: the published full score of each day before a time (us), oldest first.
        system_facts: what the app counts of the machine at a time (us).
        results, log: where closed months and their restatements are kept.
        marks_since: what the team found useful in a time.
    """

    venture_id: int
    metrics: CustomerMetrics
    days_before: Callable[[int], Sequence[DayHealth]]
    system_facts: Callable[[int], SystemFacts]
    results: Results
    log: RestatementLog
    marks_since: Callable[[int, int], Sequence[UsefulMark]] = lambda since_us, until_us: ()
    stale_input_hours: int = 36
    max_consecutive_failures: int = 3
    target_uptime_percent: float = 99.5
    crm_error_percent: float = 5

    def metric(
        self, name: str, now_us: int, by: str | None = None, segment: str | None = None, known: int | None = None
    ) -> Document:
        """One metric as a document; raises BadInput for a name, column or segment that does not exist."""
        if name == SYSTEM:
            result = to_json(self.system(now_us)) | {"useful": to_json(self.useful(now_us))}
            return {"metric": SYSTEM, "as_of": iso(now_us), "result": result}
        asked = Asked(now_us, known, by, segment)
        return self._document(name, asked, self.result(name, asked))

    def renewals(self, now_us: int, *, days: int, owner: str | None = None) -> Document:
        """Every renewal past due and of the next days, soonest first, and their months; raises NotFound for an owner nobody has."""
        by = None if owner is None else "owner"
        asked = Asked(now_us, by=by, segment=owner, days=days)
        found = self.metrics.renewals(asked, limit=None).result
        head = {"metric": "renewals", "as_of": iso(now_us), "currency": self.metrics.currency(), "days": days, "owner": owner}
        listed = [
            {
                "customer_id": one.customer_id,
                "name": one.name,
                "renewal_at": iso(one.renewal_us),
                "amount_cents": one.arr_cents,
                "score": one.score,
                "health_status": one.health_status,
                "owner": one.owner,
                "forecast": one.forecast,
                "risks": list(one.risks),
                "past_due": one.is_past_due,
            }
            for one in found.renewals
        ]
        late = {"past_due": found.past_due, "past_due_cents": found.past_due_cents}
        return head | {"months": to_json(found.months), **late, "renewals": listed}

    def all(self, now_us: int, by: str | None = None, segment: str | None = None, known: int | None = None) -> Document:
        """Every metric, by name."""
        return {name: self.metric(name, now_us, by, segment, known) for name in METRICS}

    def who(self, name: str, cell: str, asked: Asked, limit: int | None = 100) -> WhoList:
        """The customers behind a number; the cells of a metric are the keys of `opens` in its document."""
        if name not in CUSTOMER_METRICS:
            raise BadInput(f"No customers stand behind {name!r}.", f"Use one of: {', '.join(CUSTOMER_METRICS)}.")
        return self.metrics.who(asked, name, cell, limit)

    def result(self, name: str, asked: Asked) -> Any:
        """One metric as its result: a Split, or SegmentsResult."""
        answers: Mapping[str, Callable[[Asked], Any]] = {
            "retention": self.metrics.retention,
            "survival": self.metrics.survival,
            "revenue": self.metrics.revenue,
            "churn": self.metrics.churn,
            "nps": self.metrics.nps,
            "csat": lambda one: self.metrics.satisfaction(one, "csat"),
            "ces": lambda one: self.metrics.satisfaction(one, "ces"),
            "segments": self.metrics.segments,
            "renewals": self.metrics.renewals,
            "health": self.health,
        }
        if name not in answers:
            raise BadInput(f"There is no metric {name!r}.", f"Use one of: {', '.join(METRICS)}.")
        return answers[name](asked)

    def health(self, asked: Asked) -> Split[HealthResult]:
        """The distribution with the 28-day trend of everybody's average; the trend of a segment is not kept."""
        found = self.metrics.health(asked)
        if asked.segment is not None:
            return found
        return dataclasses.replace(found, result=with_trend(found.result, self.days_before(asked.now_us), asked.now_us))

    def system(self, now_us: int) -> SystemHealth:
        """How the machine is doing."""
        return judge_system(
            self.system_facts(now_us),
            stale_input_hours=self.stale_input_hours,
            max_consecutive_failures=self.max_consecutive_failures,
            target_uptime_percent=self.target_uptime_percent,
            crm_error_percent=self.crm_error_percent,
        )

    def useful(self, now_us: int) -> Outcome[tuple[Thumbs, ...]]:
        """How useful the team found alerts, reasons and drafts, least useful first (Day one, 14)."""
        found = usefulness(self.marks_since(now_us - WINDOW_DAYS * DAY_US, now_us + 1))
        if not found:
            return not_measured(f"Nobody said in the last {WINDOW_DAYS} days whether an alert, a reason or a draft was useful.")
        return Answer(
            tuple(Thumbs(one.subject.value, one.kind, rate(one.up, one.up + one.down, of="thumbs"), one.words) for one in found)
        )

    def close_months(self, now_us: int) -> tuple[ClosedMonth, ...]:
        """Store the headline of each 1st and the waterfall of each closed month; called after every full refresh."""
        asked = Asked(now_us)
        return close_months(
            self.venture_id,
            self.metrics.headlines(asked),
            self.metrics.revenue(asked).result,
            batch=self.metrics.known_batch(asked),
            now_us=now_us,
            results=self.results,
            log=self.log,
        )

    def _document(self, name: str, asked: Asked, found: Any) -> Document:
        head: Document = {
            "metric": name,
            "as_of": iso(asked.now_us),
            "known_batch": self.metrics.known_batch(asked),
            "currency": self.metrics.currency(),
            "by": asked.by,
            "segment": asked.segment,
        }
        if isinstance(found, SegmentsResult):
            return head | {"result": to_json(found)}
        body = to_json(found)
        extra = {key: value for key, value in body.items() if key not in ("by", "segment", "result", "segments")}
        if name in CLOSED and asked.by is None:
            extra["restated"] = to_json(restated_months(self.results, self.venture_id, CLOSED[name]))
        return head | {"result": body["result"], "segments": body["segments"]} | extra | {"opens": numbers_of(found)}


def with_trend(result: HealthResult, days: Sequence[DayHealth], now_us: int) -> HealthResult:
    """The last 28 whole days up to now, and what their averages prove."""
    today = day_of(now_us)
    kept = tuple(one for one in days if today - TREND_DAYS < one.day <= today)
    return dataclasses.replace(result, days=kept, trend=trend([DayValue(one.day, one.average) for one in kept]))
