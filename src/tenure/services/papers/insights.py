"""The customer insights report: the hand-over to the next stage (crew.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tenure.clock import iso
from tenure.model.decisions import Decision
from tenure.model.papers import Paper
from tenure.ports.crew import Finding
from tenure.ports.effect import EnteredCustomer
from tenure.ports.metric_results import ChurnResult, NpsResult, SegmentsResult
from tenure.ports.product import ProductUse
from tenure.services.effect import EffectReport
from tenure.services.papers.campaigns import (
    decisions_section,
    findings_section,
    lessons_section,
    playbooks_section,
)
from tenure.services.papers.product import (
    Filed,
    churn_section,
    features_section,
    nps_section,
    requests_section,
)
from tenure.services.papers.standing import segments_section
from tenure.services.papers.writing import Writing

NAME = "insights_report"
USE_DAYS = 30
SAID_DAYS = 180
TREND_DAYS = 28
MOST_FEATURES = 20


@dataclass(frozen=True, slots=True)
class InsightsInput:
    """Everything the report is made of; what costs a look into the facts is asked only by the sections that tell it.

    `said` are the voices of the last 180 days with the category they were filed under; `segments` stand now and 28 days ago;
    `who` gives the customers behind a cell of a metric, `in_segment` those in a segment of a column.
    """

    venture: str
    known_batch: int
    use: Callable[[], ProductUse]
    said: Callable[[], Filed]
    churn: Callable[[], ChurnResult]
    nps: Callable[[], NpsResult]
    segments: Callable[[], tuple[SegmentsResult, SegmentsResult]]
    effect: EffectReport
    entered: Sequence[EnteredCustomer]
    decisions: Sequence[Decision]
    members: Sequence[Decision]
    findings: Sequence[Finding]
    who: Callable[[str, str], Sequence[str]]
    in_segment: Callable[[str, str], Sequence[str]]


def insights_paper(given: InsightsInput, writing: Writing) -> Paper:
    """The report, decided."""
    said = given.said()
    return Paper(
        name=NAME,
        title="Customer insights",
        venture=given.venture,
        as_of=iso(writing.now_us),
        as_of_there=writing.as_of_there,
        known_batch=given.known_batch,
        currency=writing.currency,
        sections=(
            features_section(given.use(), USE_DAYS, writing),
            requests_section(said, SAID_DAYS, writing),
            churn_section(given.churn(), said, given.who, SAID_DAYS, writing),
            nps_section(given.nps(), said, given.who, writing),
            segments_section(*given.segments(), TREND_DAYS, given.in_segment, writing),
            playbooks_section(given.effect, given.entered, writing),
            lessons_section(given.effect, given.entered, writing),
            findings_section(given.findings, writing),
            decisions_section(given.decisions, given.members, writing),
        ),
    )
