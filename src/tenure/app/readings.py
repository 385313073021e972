"""The venture's metrics as triggers look at them, and what leaving or unhappy customers said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.clock import DAY_US
from tenure.model.readings import CohortReading, ComponentReading, NpsReading, RetentionReading, Voice
from tenure.ports.metric_results import NpsResult, RetentionResult
from tenure.rules.loop_health import LoopFacts, judge_loop
from tenure.stats.nps import NpsCounts
from tenure.stats.result import Answer
from tenure.stats.retention import HeadlineDefinition

if TYPE_CHECKING:
    from tenure.app.questions import Questions

VOICES_DAYS = 90
DETRACTOR = 6
_SOURCES = {HeadlineDefinition.ACTIVE_RETENTION: "mature cohorts", HeadlineDefinition.CUSTOMER_RETENTION: "customer retention"}
_TRANSIENT = ("scores", "campaigns", "surveys")


def retention_reading(found: RetentionResult) -> RetentionReading:
    """The headline, its cohorts and its change (M8)."""
    headline = found.headline.value if isinstance(found.headline, Answer) else None
    before = found.previous_headline.value if isinstance(found.previous_headline, Answer) else None
    cohorts = tuple(
        CohortReading(month=one.cohort, customers=one.active.value.total, retention=one.active.value.value)
        for one in found.active
        if one.is_mature and isinstance(one.active, Answer)
    )
    return RetentionReading(
        headline=None if headline is None else headline.rate.value,
        customers=0 if headline is None else headline.rate.total,
        source="mature cohorts" if headline is None else _SOURCES[headline.definition],
        cohorts=cohorts,
        this_month=None if headline is None else headline.rate.value,
        this_customers=0 if headline is None else headline.rate.total,
        last_month=None if before is None else before.rate.value,
        last_customers=0 if before is None else before.rate.total,
    )


def nps_reading(found: NpsResult) -> NpsReading:
    """The value of the window used (M14) and the two windows of 30 days (M15)."""
    return NpsReading(
        nps=found.score.value.value if isinstance(found.score, Answer) else None,
        answers=found.counts.total,
        window_days=found.window_days,
        last_30=_nps(found.last_30_days),
        last_30_answers=found.last_30_days.total,
        before=_nps(found.previous_30_days),
        before_answers=found.previous_30_days.total,
    )


def _nps(counts: NpsCounts) -> float | None:
    return 100 * (counts.promoters - counts.detractors) / counts.total if counts.total else None


def component_readings(facts: LoopFacts) -> tuple[ComponentReading, ...]:
    """RETENTION-004's components; trying again helps everything but bad credentials."""
    return tuple(
        ComponentReading(
            component=one.component, status=one.status.value, sentence=one.sentence, is_transient=one.component in _TRANSIENT
        )
        for one in judge_loop(facts)
    )


def voices(questions: Questions, now_us: int) -> tuple[tuple[Voice, ...], tuple[Voice, ...]]:
    """What customers said in the last 90 days: why they leave (exit surveys, comments of low scores), and detractors."""
    view = questions.view_at(now_us, None)
    answers = view.answers()
    since_us = now_us - VOICES_DAYS * DAY_US
    said = answers.filter((answers.answered_us >= since_us) & answers.comment.notnull())
    known = view.customers().select("customer_key", "customer_id", "arr_cents")
    rows = said.inner_join(known, "customer_key").select("customer_id", "arr_cents", "survey", "score", "answered_us", "comment")
    found = [
        Voice(
            customer_id=row["customer_id"],
            text=row["comment"],
            occurred_us=row["answered_us"],
            source=row["survey"],
            arr_cents=row["arr_cents"],
            score=row["score"],
            key=f"{row['survey']}:{row['customer_id']}:{row['answered_us']}",
        )
        for row in rows.order_by("answered_us", "customer_id").to_pyarrow().to_pylist()
    ]
    leaving = tuple(one for one in found if one.source == "exit" or (one.score is not None and one.score <= DETRACTOR))
    detractors = tuple(one for one in found if one.source == "nps" and one.score is not None and one.score <= DETRACTOR)
    return leaving, detractors

