"""The pages customers see: words for the ends of a scale, code as code, titles and language."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from tenure.presentation import pages

FORM = SimpleNamespace(question="How likely?", low=0, high=10, low_label="not at all", high_label="extremely", comment_question="Why?")
PAGES = {
    "survey": pages.survey_form("Acme", FORM),  # type: ignore[arg-type]
    "thanks": pages.notice("Acme", "Thank you", "Your answer has arrived."),
    "unsubscribe": pages.asked_to_unsubscribe("Acme", "email"),
    "unsubscribed": pages.unsubscribed("Acme", "email", is_known=True),
    "decision": pages.decision_form("Acme", "Call them?", (("Your answer", "yes"),)),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_language_a_title_one_heading_and_no_script(name: str) -> None:
    page = PAGES[name]
    assert '<html lang="en">' in page and re.search(r"<title>[^<]+ – Acme</title>", page)
    assert len(re.findall(r"<h1>|<legend>", page)) == 1
    assert "<script" not in page and "http" not in page


def test_the_ends_of_a_scale_are_named_with_their_number() -> None:
    assert "<span>0: not at all</span><span>10: extremely</span>" in PAGES["survey"], "ten may stand in a second row"


def test_commands_in_a_notice_are_code_and_nothing_else_is_markup() -> None:
    page = pages.notice("Acme", "Too old", "Answer with `tenure decisions <x>`, <b>now</b>.")
    assert "Answer with <code>tenure decisions &lt;x&gt;</code>, &lt;b&gt;now&lt;/b&gt;." in page
