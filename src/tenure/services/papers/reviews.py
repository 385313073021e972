"""The review packs (C6): Monday's, with the digest, and the business review of the month's first Monday."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from shlex import quote

import msgspec

from tenure.clock import DAY_US, iso
from tenure.model.listing import ListedHealth
from tenure.model.papers import Behind, Figure, Paper, Section
from tenure.ports.metric_results import DayHealth, RetentionResult
from tenure.rules.system_health import SystemHealth
from tenure.services.papers.campaigns import (
    decisions_section,
    findings_section,
    lessons_section,
    playbooks_section,
)
from tenure.services.papers.insights import SAID_DAYS, InsightsInput
from tenure.services.papers.product import churn_section, nps_section, requests_section
from tenure.services.papers.standing import cohorts_section, retention_section, system_section, week_section
from tenure.services.papers.writing import Writing, counted

WEEKLY, BUSINESS = "weekly_review", "business_review"
FOCUS_BELOW, FOCUS = 50, 5
"""C6: five at-risk customers with a score under 50 and the highest ARR."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that was critical and is healthy: when its chain opened, since when it is healthy, what was done for it."""

    customer_id: str
    name: str
    score_before: float | None
    score_now: float
    opened_us: int
    healthy_us: int
    messages: int
    calls: int


@dataclass(frozen=True, slots=True)
class WeekInput:
    """What Monday's pack is made of besides the insights."""

    days: Sequence[DayHealth]
    retention: RetentionResult
    at_risk: Sequence[ListedHealth]
    reasons: Callable[[ListedHealth], tuple[str, ...]]
    """Where a customer lost its points, most first."""
    stories: Sequence[Story]


@dataclass(frozen=True, slots=True)
class BusinessInput:
    """What the business review is made of besides the insights; `uptime_percent` of the last whole week."""

    retention: RetentionResult
    system: SystemHealth
    uptime_percent: float | None


def weekly_paper(given: InsightsInput, week: WeekInput, writing: Writing) -> Paper:
    """Health week over week, the retention trend, campaigns, five customers to look at, and who was saved."""
    sections = (
        week_section(week.days, given.who, writing),
        retention_section(week.retention, given.who, writing),
        focus_section(week.at_risk, week.reasons, writing),
        stories_section(week.stories, writing),
        playbooks_section(given.effect, given.entered, writing),
        decisions_section(given.decisions, given.members, writing),
    )
    return _paper(WEEKLY, "Weekly review", given, sections, writing)


def business_paper(given: InsightsInput, month: BusinessInput, writing: Writing) -> Paper:
    """NPS, cohorts, churn reasons, requests, the system, what worked, and what is proposed."""
    said, proposals = given.said(), decisions_section(given.decisions, given.members, writing)
    sections = (
        nps_section(given.nps(), said, given.who, writing),
        cohorts_section(month.retention, given.who, writing),
        churn_section(given.churn(), said, given.who, SAID_DAYS, writing),
        requests_section(said, SAID_DAYS, writing),
        system_section(month.system, month.uptime_percent, writing),
        lessons_section(given.effect, given.entered, writing),
        findings_section(given.findings, writing),
        msgspec.structs.replace(proposals, title="Proposals that wait for an answer"),
    )
    return _paper(BUSINESS, "Business review", given, sections, writing)


def _paper(
    name: str, title: str, given: InsightsInput, sections: tuple[Section, ...], writing: Writing
) -> Paper:
    return Paper(
        name=name, title=title, venture=given.venture, as_of=iso(writing.now_us), as_of_there=writing.as_of_there,
        known_batch=given.known_batch, currency=writing.currency, sections=sections,
    )  # fmt: skip


def focus(at_risk: Iterable[ListedHealth]) -> list[ListedHealth]:
    """C6: at risk, under 50, most revenue first; unknown revenue last."""
    low = [row for row in at_risk if row.score < FOCUS_BELOW]
    return sorted(
        low, key=lambda row: (row.profile.arr_cents is None, -(row.profile.arr_cents or 0), row.customer_id)
    )[:FOCUS]


def focus_section(
    at_risk: Sequence[ListedHealth], reasons: Callable[[ListedHealth], tuple[str, ...]], writing: Writing
) -> Section:
    """Five customers to talk about."""
    figures = tuple(
        Figure(
            key=f"focus/{row.customer_id}", label=row.profile.name or row.customer_id, text=f"{row.score:g}", value=row.score, is_good=False,
            note=f"ARR {writing.money(row.profile.arr_cents)}; {row.profile.owner or 'no owner'}"
            + ("" if row.previous_score is None else f"; before {row.previous_score:g}"),
            lines=tuple(("lost", said) for said in reasons(row)), query=f"tenure health show {quote(row.customer_id)}",
            customers=(Behind(customer_id=row.customer_id),), total=1,
        )
        for row in focus(at_risk)
    )  # fmt: skip
    return Section(
        key="focus", title="Five customers to look at", figures=figures, intro=f"At risk, score under {FOCUS_BELOW}, most revenue first.",
        nothing="" if figures else f"Nobody at risk has a score under {FOCUS_BELOW}.",
    )  # fmt: skip


def stories_section(stories: Sequence[Story], writing: Writing) -> Section:
    """Critical to healthy within this week."""
    figures = tuple(
        Figure(
            key=f"stories/{one.customer_id}", label=one.name or one.customer_id, is_good=True, value=one.score_now,
            text=f"{'critical' if one.score_before is None else f'{one.score_before:g}'} → {one.score_now:g}",
            note=f"healthy again after {counted(max(1, (one.healthy_us - one.opened_us) // DAY_US), 'day')}; "
            f"{counted(one.messages, 'message')}, {counted(one.calls, 'call')}",
            query=f"tenure health show {quote(one.customer_id)}", customers=(Behind(customer_id=one.customer_id),), total=1,
        )
        for one in sorted(stories, key=lambda one: (-one.healthy_us, one.customer_id))
    )  # fmt: skip
    return Section(
        key="stories", title="From critical to healthy", figures=figures, nothing="" if figures else "Nobody came back from critical this week.",
    )  # fmt: skip
