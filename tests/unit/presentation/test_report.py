"""The report page: self-contained, safe, honest about what is missing."""

from __future__ import annotations

import math
import re
import xml.dom.minidom
from html.parser import HTMLParser

import msgspec

from tenure.model.health import ScoreChange
from tenure.model.report import (
    Attention,
    Bar,
    CohortRow,
    CurvePoint,
    MissingFact,
    RenewalMonthRow,
    RenewalRow,
    ReportData,
    SegmentRow,
    Shown,
    TrendPoint,
)
from tenure.presentation.report.page import points, render_report, signed

CHANGE = ScoreChange(total=-25.0, time=-20.0, behaviour=-5.0)


def a_customer(name: str = "Initech") -> Attention:
    return Attention(
        customer_id="c-1", name=name, owner="owner@example.com", plan="enterprise", score=20.0, previous_score=45.0,
        health_status="critical", arr="$ 48,000", renewal="2027-01-12", reasons=("last login 34 days ago: 0 of 40",), change=CHANGE,
    )  # fmt: skip


def full_data() -> ReportData:
    return ReportData(
        venture="Northwind", as_of="2026-11-20T02:00:00Z", as_of_there="2026-11-20 02:00 UTC", scorecard="default@1", known_batch=17, scored=100,
        headlines=(Shown(label="NPS", text="", note="not enough answers: 62 of 100"), Shown(label="Average health", text="71.4", is_good=True)),
        distribution={"healthy": 60, "at_risk": 30, "critical": 10}, histogram=tuple(range(20)),
        attention=(a_customer(),), attention_total=40,
        trend=tuple(TrendPoint(day=f"2026-11-{d:02d}", average=70.0 + d / 10, healthy=60, at_risk=30, critical=10) for d in range(1, 21)),
        cohorts=(CohortRow(cohort="2026-08", customers=40, months=(0.95, 0.9, None)),),
        survival=tuple(CurvePoint(series="all", x=float(x), y=math.exp(-x / 50), low=0.0, high=1.0) for x in range(30)),
        waterfall=(Bar(label="October", start=0, end=100.0, text="100", kind="level"), Bar(label="churn", start=100.0, end=90.0, text="-10", kind="loss")),
        waterfall_title="Monthly revenue in October", segments=(SegmentRow(by="plan", segment="basic", customers=10, average=60.5, healthy=5, at_risk=3, critical=2),),
        renewal_days=120, renewal_months=(RenewalMonthRow(month="2026-12", customers=2, committed="1,000 (1)", likely="0 (0)", at_risk="12,000 (1)", unknown=0),),
        renewals=(RenewalRow(customer_id="c-9", name="Beta <&>", day="2026-12-03", amount="EUR 12,000", score=35.0, health_status="critical", owner="kim", forecast="at risk", risks=("critical health",)),),
        renewals_total=2,
    )  # fmt: skip


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]


def links(page: str) -> _Links:
    parser = _Links()
    parser.feed(page)
    return parser


def test_the_page_asks_nothing_from_anywhere_and_runs_no_script() -> None:
    seen = links(render_report(full_data()))
    assert [link for link in seen.found if not link.startswith("#")] == []
    assert "script" not in seen.tags
    assert "link" not in seen.tags


def test_a_name_cannot_smuggle_markup_into_the_page() -> None:
    page = render_report(msgspec.structs.replace(full_data(), attention=(a_customer("<img src=x onerror=alert(1)>"),)))
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_segment_name_cannot_smuggle_markup_into_a_chart() -> None:
    points_ = tuple(CurvePoint(series="</svg><script>x</script>", x=float(x), y=1.0) for x in range(3))
    page = render_report(msgspec.structs.replace(full_data(), survival=points_))
    assert "script" not in links(page).tags


def test_every_chart_is_well_formed_svg_in_theme_colours() -> None:
    page = render_report(full_data())
    drawings = re.findall(r"<svg.*?</svg>", page, flags=re.S)
    assert len(drawings) == 5
    for drawing in drawings:
        xml.dom.minidom.parseString(drawing)
        assert "var(--" in drawing
        assert not re.search(r"#0[1-9]0[1-9]0[1-9]", drawing)


def test_a_number_without_answer_says_why() -> None:
    page = render_report(full_data())
    assert "no answer yet" in page
    assert "not enough answers: 62 of 100" in page


def test_an_empty_venture_still_gets_a_page_with_reasons() -> None:
    empty = ReportData(
        venture="New", as_of="2026-11-20T02:00:00Z", as_of_there="2026-11-20 02:00 UTC", scorecard="default@1", known_batch=0, scored=0, headlines=(),
        distribution={"healthy": 0, "at_risk": 0, "critical": 0}, histogram=(0,) * 20, attention=(), attention_total=0,
        trend=(), cohorts=(), survival=(), waterfall=(), waterfall_title="", segments=(),
        renewal_days=120, renewal_months=(), renewals=(), renewals_total=0,
        missing={"revenue": "No revenue movements were imported: import revenue.csv."},
    )  # fmt: skip
    page = render_report(empty)
    assert "Nobody is at risk or critical." in page
    assert "No revenue movements were imported: import revenue.csv." in page
    assert "<svg" not in page


def test_the_change_is_told_by_its_parts() -> None:
    page = " ".join(render_report(full_data()).split())
    assert "−25: −5 behaviour, −20 time passing" in page


def test_day_one_3_the_page_lists_renewals_by_month_with_forecast_and_risk() -> None:
    page = render_report(full_data())
    for said in ("Renewals of the next 120 days", "2026-12", "12,000 (1)", "Beta &lt;&amp;&gt;", "at risk", "critical health", "kim"):
        assert said in page


def test_figures_are_written_as_people_write_them() -> None:
    assert (points(40.0), points(39.5), points(None)) == ("40", "39.5", "–")
    assert (signed(2.0), signed(-13.5), signed(0.0)) == ("+2", "−13.5", "0")


def test_day_one_15_the_page_says_what_was_understood_what_is_missing_and_what_it_costs() -> None:
    gap = MissingFact(missing="No event is named <login>.", cost="Engagement is 0 for everybody.", fix="Name your login events.")
    page = render_report(msgspec.structs.replace(full_data(), understood=("Understood: 2 customers.",), gaps=(gap,)))
    for words in ("What the facts can carry", "Understood: 2 customers.", "No event is named &lt;login&gt;.", gap.cost, gap.fix):
        assert words in page
    complete = render_report(msgspec.structs.replace(full_data(), understood=("Understood: 2 customers.",)))
    assert "Nothing that a score needs is missing." in complete
    assert "What the facts can carry" not in render_report(full_data())
