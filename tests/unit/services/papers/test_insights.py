"""The hand-over to the next stage (crew.md), sentence by sentence."""

from __future__ import annotations

import shlex

import pytest
from tests.unit.services.papers.builder import FINDINGS, NOW_US, WRITING, decision, effect, given, voice
from tests.unit.services.papers.builder import case as a_case

from tenure.app.papers import figure_of
from tenure.clock import iso
from tenure.errors import NotFound
from tenure.model.decisions import DecisionState
from tenure.model.papers import Figure, Paper
from tenure.ports.product import FeatureUse, ProductUse
from tenure.presentation.papers.page import render_paper
from tenure.services.papers.insights import insights_paper
from tenure.services.papers.loop import StillCritical, still_section
from tenure.services.papers.writing import with_names


@pytest.fixture(scope="module")
def paper() -> Paper:
    return with_names(insights_paper(given(), WRITING), lambda ids: {one: f"Customer {one}" for one in ids})


def figure(paper: Paper, key: str) -> Figure:
    found = paper.figure(key)
    assert found is not None, [one.key for section in paper.sections for one in section.figures]
    return found


def test_hand_over_has_every_part_in_order(paper: Paper) -> None:
    keys = [section.key for section in paper.sections]
    assert keys == ["features", "requests", "churn", "nps", "health", "playbooks", "lessons", "findings", "decisions"]


def test_hand_over_most_used_features_with_adoption_rates(paper: Paper) -> None:
    reports = figure(paper, "features/reports")
    assert reports.text == "75 %" and reports.note.startswith("60 of 80; 95 % interval")
    assert (reports.total, [one.customer_id for one in reports.customers]) == (60, ["c-09", "c-08"])


def test_hand_over_requested_features_from_tickets_and_comments_with_counts_and_revenue(paper: Paper) -> None:
    calendar = figure(paper, "requests/calendar-view")
    assert calendar.text == "1,000 USD"
    assert calendar.note == "asked for 2 times by 2 customers; ARR of 1 is not known"
    assert calendar.quotes == ("Could you add a calendar view?", "We need calendar views.")


def test_hand_over_churn_reasons_by_revenue_in_their_words(paper: Paper) -> None:
    pricing = figure(paper, "churn/pricing")
    assert (pricing.text, pricing.total) == ("5,000 USD", 2)
    assert pricing.quotes[0] == "The price went up. Mail me: [address]", "quotes carry no address"
    assert figure(paper, "churn/last-month").query.startswith("tenure metrics churn --who 2026-02/churned")


def test_hand_over_nps_themes_with_quotes(paper: Paper) -> None:
    assert figure(paper, "nps/support").quotes == ("Support is quick!",)
    assert figure(paper, "nps/pricing").text == "0 promoters, 1 detractor"


def test_hand_over_health_trends_by_segment(paper: Paper) -> None:
    basic = figure(paper, "health/plan/basic")
    assert basic.text == "62.5 (+2.5)" and basic.note == "40 customers: 25 healthy, 10 at risk, 5 critical"
    assert basic.query.startswith("tenure metrics segments --by plan --segment basic --who customers")
    assert not any(one.key.startswith("health/owner") for section in paper.sections for one in section.figures)


def test_hand_over_what_playbooks_achieved_what_did_not_work_and_what_to_change() -> None:
    silent = effect(*[a_case(n, responded=False) for n in range(40)])
    paper = insights_paper(given(effect=silent), WRITING)
    achieved, lesson = figure(paper, "playbooks/at_risk-1"), figure(paper, "lessons/at_risk-1")
    assert dict(achieved.lines)["retention"] == "No comparison group: nobody is held out from this playbook."
    assert achieved.total == 40 and achieved.query.startswith("tenure effect at_risk --days 90")
    assert (lesson.text, lesson.is_good) == ("missed its target", False)
    assert lesson.lines[0][0] == "change" and lesson.lines[0][1].startswith("Rewrite the first message")


def test_hand_over_findings_of_retention_002_and_redirections_go_in(paper: Paper) -> None:
    reasons, roadmap = figure(paper, f"findings/{FINDINGS[0].key}"), figure(paper, f"findings/{FINDINGS[1].key}")
    assert reasons.lines == (("pricing", "7 voices, 6 customers, 7,000 USD a year"),)
    assert reasons.quotes == ("Too dear, [number]",)
    assert dict(roadmap.lines) == {"decided by": "Cleo", "note": "in May"} and roadmap.note == "roadmap"


def test_hand_over_open_decisions_nearest_deadline_first_with_those_joined_into_them() -> None:
    late, soon = decision(1), decision(2, deadline_us=NOW_US + 1)
    over = decision(3, state=DecisionState.executed)
    joined = decision(4, customer_id="c-01", parent_id=2, state=DecisionState.joined)
    section = insights_paper(given(decisions=[late, soon, over], members=[joined]), WRITING).sections[-1]
    assert [one.query for one in section.figures] == ["tenure decisions show 2", "tenure decisions show 1"]
    assert [one.customer_id for one in section.figures[0].customers] == ["c-01"]


def test_hand_over_every_figure_names_its_query_and_opens_into_its_customers(paper: Paper) -> None:
    figures = [one for section in paper.sections for one in section.figures]
    assert len({one.key for one in figures}) == len(figures)
    assert all(one.query.startswith("tenure ") for one in figures)
    dated = [one for one in figures if not one.query.startswith("tenure decisions")]
    assert all(one.query.endswith(f"--now {iso(NOW_US)}") for one in dated)
    assert all(one.customers for one in figures if one.total)
    page = render_paper(paper)
    for one in figures:
        assert f'id="{one.key}"' in page and all(who.customer_id in page for who in one.customers)
    assert "Customer c-09" in page


def test_hand_over_a_figure_nobody_wrote_is_named_with_what_to_do(paper: Paper) -> None:
    assert figure_of(paper, "features/reports").total == 60
    with pytest.raises(NotFound, match="no figure 'nothing'"):
        figure_of(paper, "nothing")


def test_an_empty_venture_says_why_in_every_part() -> None:
    nothing = given(use=lambda: ProductUse(customers=0, features=()), said=list, decisions=[], findings=[], entered=[])
    paper = insights_paper(nothing, WRITING)
    assert all(section.figures or section.nothing for section in paper.sections)


def test_r5_revenue_nobody_knows_is_unknown_never_zero() -> None:
    said = [
        (voice("c-01", "Too expensive.", None, source="exit"), ""),
        (voice("c-02", "We need a calendar", None, source="ticket", score=None), ""),
        (voice("c-03", "Support is slow to reply", None), ""),
    ]
    use = ProductUse(customers=3, features=(FeatureUse(feature="reports", adopted=1, lately=1, uses=1, arr_cents=None, customer_ids=("c-01",)),))
    paper = insights_paper(given(said=lambda: said, use=lambda: use), WRITING)
    assert figure(paper, "requests/calendar").text == "unknown"
    pricing = figure(paper, "churn/pricing")
    assert pricing.text == "unknown" and pricing.note.endswith("ARR of 1 is not known")
    assert "ARR unknown" in figure(paper, "nps/support").note and "ARR unknown" in figure(paper, "features/reports").note


def test_a_printed_command_survives_whatever_a_customer_is_called() -> None:
    still = StillCritical("O'Neil & sons", "", 12.0, None, "")
    (one,) = still_section([still], WRITING).figures
    assert shlex.split(one.query) == ["tenure", "executions", "--customer", "O'Neil & sons"]
