"""Everything a paper is made of, small and by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from tenure.clock import DAY_US
from tenure.model.cause import Cause, CauseKind
from tenure.model.decisions import BlastRadius, Decision, DecisionKind, DecisionState, Rung
from tenure.model.playbooks import PlaybookKind
from tenure.model.readings import Voice
from tenure.ports.crew import Finding
from tenure.ports.effect import EnteredCustomer
from tenure.ports.metric_results import (
    ActiveCohort,
    ChurnMonth,
    ChurnResult,
    MonthHeadline,
    NpsResult,
    RetentionResult,
    SegmentsResult,
    SegmentStanding,
    Standing,
)
from tenure.ports.product import FeatureUse, ProductUse
from tenure.rules.effect import Case, campaign_effect
from tenure.services.effect import CampaignReport, EffectReport
from tenure.services.papers.insights import InsightsInput
from tenure.services.papers.writing import Writing
from tenure.stats.nps import NpsCounts, net_promoter_score
from tenure.stats.proportions import rate, rate_of
from tenure.stats.result import Answer, not_measured
from tenure.stats.retention import Headline, HeadlineDefinition

NOW_US = 20_532 * DAY_US
"""20 March 2026."""
WRITING = Writing(now_us=NOW_US, currency="USD", zone=ZoneInfo("UTC"), behind=2)
NOBODY = rate(0, 0, of="actions")


def voice(customer_id: str, text: str, arr_cents: int | None = 100_000, source: str = "nps", score: float | None = 3) -> Voice:
    return Voice(customer_id=customer_id, text=text, occurred_us=NOW_US - DAY_US, source=source, arr_cents=arr_cents, score=score)


SAID = [
    (voice("c-01", "Too expensive for what we use.", source="exit"), ""),
    (voice("c-02", "The price went up. Mail me: pat@example.com", 400_000), ""),
    (voice("c-03", "Support is quick!", score=10), ""),
    (voice("c-04", "Could you add a calendar view?", source="ticket", score=None), "feature_request"),
    (voice("c-05", "We need calendar views.", None, source="ticket", score=None), ""),
]


def case(number: int, **said: Any) -> Case:
    fields: dict[str, Any] = {
        "enrollment_id": number, "playbook": "at_risk", "kind": PlaybookKind.at_risk, "version": 1, "customer_id": f"c{number}", "held_out": False,
        "entered_us": NOW_US - 40 * DAY_US, "start_us": NOW_US - 40 * DAY_US, "sent": 1, "delivered": 1, "arr_cents": 100_000, "cost_cents": 50.0,
    }  # fmt: skip
    return Case(**(fields | said))


def effect(*cases: Case, holdout_percent: float = 0.0) -> EffectReport:
    judged = campaign_effect(cases or [case(n) for n in range(40)], holdout_percent)
    return EffectReport(
        as_of_us=NOW_US, days=90, currency="USD", campaigns=(CampaignReport(title="Help early", effect=judged),), agents=(),
        automation=NOBODY, calls=NOBODY, prevention=NOBODY, helped=(), team=(),
    )  # fmt: skip


def entered(number: int) -> EnteredCustomer:
    return EnteredCustomer(
        enrollment_id=number, playbook="at_risk", kind=PlaybookKind.at_risk, version=1, customer_id=f"c{number}",
        entered_us=NOW_US - 40 * DAY_US, held_out=False, holdout_percent=0.0,
    )  # fmt: skip


def decision(number: int, **said: Any) -> Decision:
    fields: dict[str, Any] = {
        "decision_id": number, "key": f"d{number}", "kind": DecisionKind.roadmap_change, "title": "Product changes", "state": DecisionState.open,
        "rung": Rung.chairman, "customer_id": None, "context": {}, "blast": BlastRadius(people=3, revenue_cents=900_000), "recommendation": "approve",
        "options": ("approve", "take_over", "nothing"), "cause": Cause(kind=CauseKind.trigger), "asked_us": NOW_US, "deadline_us": NOW_US + 14 * DAY_US,
    }  # fmt: skip
    return Decision(**(fields | said))


FINDINGS = [
    Finding(
        key="RETENTION-002/#1/1/report_reasons", section="churn reasons", title="Why customers leave", written_us=NOW_US - 19 * DAY_US,
        details={"groups": [{"reason": "pricing", "count": 7, "customers": 6, "arr_cents": 700_000, "quotes": ["Too dear, +49 170 1234567"]}]},
    ),
    Finding(key="decision:4:0", section="roadmap", title="Take approvals in", written_us=NOW_US - DAY_US, details={"approved_by": "Cleo", "note": "in May"}),
]  # fmt: skip


UNKNOWN = not_measured("Not here.")
PEOPLE = tuple(f"c-{number:02d}" for number in range(12))


def standing(average: float) -> Standing:
    healthy, at_risk, critical = (rate_of(count, 40) for count in (25, 10, 5))
    return Standing(customers=40, average=average, healthy=healthy, at_risk=at_risk, critical=critical, arr_cents=1, arr_unknown=0)


def segments(average: float) -> SegmentsResult:
    found = (SegmentStanding("plan", "basic", standing(average)), SegmentStanding("owner", "ola@example.com", standing(50.0)))
    return SegmentsResult(everybody=Answer(standing(average)), paying=UNKNOWN, segments=found)


def retention() -> RetentionResult:
    headline = Headline(rate_of(75, 80), HeadlineDefinition.ACTIVE_RETENTION)
    return RetentionResult(
        headline=Answer(headline), target_percent=85.0, on_target=True, previous_headline=UNKNOWN, change=UNKNOWN, is_alarming=None,
        history=(MonthHeadline("2026-02", UNKNOWN), MonthHeadline("2026-03", Answer(headline))),
        active=(ActiveCohort("2025-12", Answer(rate_of(30, 40)), is_mature=True, is_judged=True, on_target=False),
                ActiveCohort("2026-02", Answer(rate_of(39, 40)), is_mature=False, is_judged=False, on_target=None)),
        cohorts=(), milestones=(), improving=None,  # type: ignore[arg-type]
    )  # fmt: skip


def churn() -> ChurnResult:
    month = ChurnMonth(month="2026-02", customers=Answer(rate_of(8, 80)), voluntary=Answer(6), involuntary=Answer(2), voluntary_cents=UNKNOWN, involuntary_cents=UNKNOWN, revenue=UNKNOWN)
    return ChurnResult(months=(month,), dormant=0, cancelling=0)


def nps() -> NpsResult:
    counts = NpsCounts(60, 30, 20)
    return NpsResult(
        window_days=30, counts=counts, score=net_promoter_score(counts, min_answers=100), verdict=UNKNOWN, by_account=UNKNOWN, by_revenue=UNKNOWN,
        change=UNKNOWN, last_30_days=counts, previous_30_days=counts, response_rate=UNKNOWN,
    )  # fmt: skip


def given(**changes: Any) -> InsightsInput:
    use = ProductUse(
        customers=80,
        features=(FeatureUse(feature="reports", adopted=60, lately=40, uses=90, arr_cents=9_000_000, customer_ids=("c-09", "c-08", "c-07")),),
    )
    base = InsightsInput(
        venture="Northwind", known_batch=7, use=lambda: use, said=lambda: SAID, churn=churn, nps=nps, segments=lambda: (segments(62.5), segments(60.0)),
        effect=effect(), entered=[entered(n) for n in range(40)], decisions=[decision(1)], members=[], findings=FINDINGS,
        who=lambda metric, cell: PEOPLE, in_segment=lambda by, segment: PEOPLE,
    )  # fmt: skip
    return replace(base, **changes)
