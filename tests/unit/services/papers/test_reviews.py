"""C6: what stands in the review packs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs
from tests.unit.services.insights.test_report import listed
from tests.unit.services.papers.builder import NOW_US, WRITING, given, retention

from tenure.clock import DAY_US, HOUR_US, day_of
from tenure.model.papers import Paper
from tenure.ports.metric_results import DayHealth
from tenure.presentation.papers.page import render_paper
from tenure.rules.system_health import ComponentHealth, SystemHealth, SystemStatus
from tenure.services.papers.reviews import BusinessInput, Story, WeekInput, business_paper, weekly_paper

TODAY = day_of(NOW_US)
STORY = Story(
    customer_id="c-07", name="Acme", score_before=22.0, score_now=81.0, opened_us=NOW_US - 20 * DAY_US, healthy_us=NOW_US - 2 * DAY_US, messages=3, calls=1,
)  # fmt: skip


def weekly(**changes: Any) -> Paper:
    days = [DayHealth(TODAY - back, 60.0 + (7 - back), 50, 20 + back, 10) for back in (9, 7, 0)]
    said: dict[str, Any] = {
        "days": days, "retention": retention(), "at_risk": [],
        "reasons": lambda row: (f"{row.customer_id} has not logged in",), "stories": [STORY],
    }  # fmt: skip
    return weekly_paper(given(), WeekInput(**(said | changes)), WRITING)


def test_C6_monday_pack_has_health_week_over_week_retention_campaigns_focus_and_stories() -> None:
    paper = weekly()
    assert [section.key for section in paper.sections] == ["week", "retention", "focus", "stories", "playbooks", "decisions"]
    average = paper.figure("week/average")
    assert average is not None and (average.text, average.note) == ("67.0", "+7 since a week ago (60.0)")
    at_risk = paper.figure("week/at_risk")
    assert at_risk is not None and (at_risk.text, at_risk.note) == ("20", "−7 since a week ago")


def test_C6_five_at_risk_customers_under_fifty_with_the_highest_revenue() -> None:
    rows = [listed(f"c-{n:02d}", 45.0, n * 10_000, name=f"Customer {n}") for n in range(1, 9)]
    rows += [listed("healthier", 55.0, 99_000_000), listed("unknown", 41.0, None)]
    section = next(one for one in weekly(at_risk=rows).sections if one.key == "focus")
    assert [one.label for one in section.figures] == [f"Customer {n}" for n in (8, 7, 6, 5, 4)]
    assert section.figures[0].lines == (("lost", "c-08 has not logged in"),)


def test_C6_stories_say_from_where_to_where_and_what_was_done() -> None:
    story = weekly().figure("stories/c-07")
    assert story is not None and story.text == "22 → 81"
    assert story.note == "healthy again after 18 days; 3 messages, 1 call"
    empty = next(one for one in weekly(stories=[]).sections if one.key == "stories")
    assert empty.nothing == "Nobody came back from critical this week."


def test_C6_without_a_score_of_a_week_ago_nothing_is_compared() -> None:
    average = weekly(days=[DayHealth(TODAY, 60.0, 1, 1, 1)]).figure("week/average")
    assert average is not None and average.note == "no score of a week ago" and average.is_good is None
    assert weekly(days=[]).sections[0].nothing == "Nobody is scored yet."


def test_C6_business_review_has_nps_cohorts_churn_requests_system_what_worked_and_proposals() -> None:
    scores = ComponentHealth(component="scores", status=SystemStatus.healthy, value=1.0, sentence="The last full score is 1 h old.")
    system = SystemHealth(status=SystemStatus.healthy, components=(scores,))
    month = BusinessInput(retention=retention(), system=system, uptime_percent=99.5)
    paper = business_paper(given(), month, WRITING)
    assert [section.key for section in paper.sections] == ["nps", "cohorts", "churn", "requests", "system", "lessons", "findings", "decisions"]
    assert paper.sections[-1].title == "Proposals that wait for an answer"
    uptime = paper.figure("system/uptime")
    assert uptime is not None and uptime.text == "99.50 %"
    assert all(section.figures or section.nothing for section in paper.sections)
    cohorts = next(section for section in paper.sections if section.key == "cohorts")
    assert [(one.label, one.text, one.is_good) for one in cohorts.figures] == [("2025-12", "75 %", False)], "only mature cohorts are judged"


def test_C6_and_R7_mondays_pack_says_monday_east_of_nine_hours_too() -> None:
    sunday_us = 20_513 * DAY_US + 23 * HOUR_US  # 1 March 2026, 23:00 UTC: Monday, 09:00 or later, in the east
    week = WeekInput(days=[], retention=retention(), at_risk=[], reasons=lambda row: (), stories=[])
    asked = structs.replace(given().decisions[0], deadline_us=sunday_us + HOUR_US)

    def there(zone: str) -> tuple[str, str]:
        paper = weekly_paper(replace(given(), decisions=[asked]), week, structs.replace(WRITING, now_us=sunday_us, zone=ZoneInfo(zone)))
        due = paper.figure(f"decisions/{asked.decision_id}")
        assert due is not None and paper.as_of == "2026-03-01T23:00:00Z"
        assert f"As of {paper.as_of_there}" in render_paper(paper) and f"weekly review, {paper.as_of_there[:10]}" in render_paper(paper)
        return paper.as_of_there, due.text

    assert there("Pacific/Auckland") == ("2026-03-02 12:00 Pacific/Auckland", "until 2026-03-02")
    assert there("America/Lima") == ("2026-03-01 18:00 America/Lima", "until 2026-03-01")
