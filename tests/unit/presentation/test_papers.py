"""Papers as pages and for print."""

from __future__ import annotations

import msgspec
from tests.unit.presentation.test_report import links

from tenure.model.papers import Behind, Figure, Paper, Section
from tenure.presentation.papers.page import render_paper
from tenure.presentation.papers.pdf import print_paper

FIGURE = Figure(
    key="requests/x", label="Export #set page(fill: red) *now* $x$", text="12,000 USD", query="tenure insights --figure requests/x", note="2 of 9; 22 %",
    lines=(("change", "Keep it."),), quotes=("Too slow \\ <b>here</b>", "非常に遅い"), customers=(Behind(customer_id="c1", name="<i>Acme</i>"),), total=3,
)  # fmt: skip
PAPER = Paper(
    name="insights_report", title="Customer insights", venture="Acme & Co", as_of="2026-11-01T03:00:00Z", as_of_there="2026-11-01 12:00 Asia/Tokyo", known_batch=3, currency="USD",
    sections=(Section(key="requests", title="Most requested features", figures=(FIGURE,)), Section(key="decisions", title="Open decisions", nothing="None.")),
)  # fmt: skip


def test_a_paper_asks_nothing_from_anywhere_runs_no_script_and_escapes_what_customers_wrote() -> None:
    page = render_paper(PAPER)
    seen = links(page)
    assert [link for link in seen.found if not link.startswith("#")] == []
    assert "script" not in seen.tags and "b" in seen.tags
    assert "<b>here</b>" not in page and "<i>Acme</i>" not in page
    assert '<html lang="en">' in page and "<title>Acme &amp; Co: customer insights, 2026-11-01</title>" in page
    assert {link.removeprefix("#") for link in seen.found} == {section.key for section in PAPER.sections}


def test_a_figure_opens_into_its_customers_and_says_how_many_more_there_are() -> None:
    page = " ".join(render_paper(PAPER).split())
    assert "<details><summary>3 customers, query</summary>" in page
    assert "tenure insights --figure requests/x" in page and "and 2 more: the query lists everybody." in page


def test_print_takes_text_as_text_and_is_the_same_every_time() -> None:
    made = print_paper(PAPER)
    assert made.startswith(b"%PDF-") and made == print_paper(PAPER)
    assert len(print_paper(msgspec.structs.replace(PAPER, sections=PAPER.sections[1:]))) < len(made)
