"""A29: whether a text still names or quotes somebody who was erased."""

from __future__ import annotations

import pytest

from tenure.rules.traces import Traces

LONG = "We waited for an answer " * 12
TRACES = Traces(
    ids=["acme-77", "42", "u-9"], names=["Acme & Rockets", "Will Smith", "will@example.com", "+49 30 1234567"], people=["Will Smith"],
    said=["Too slow", "Mail me at will@example.com, the export fails", LONG],
)  # fmt: skip


@pytest.mark.parametrize(("text", "named"), [
    ("asked by will@example.com", True),
    ("ACME & ROCKETS wanted it", True),
    ("Will wanted it", True),
    ("it will be better", False),
    ("for acme-77 only", True),
    ("for acme-771 only", False),
    ("raised to 42", False),
    ("call +49 30 1234567", True),
    ("", False),
])  # fmt: skip
def test_a29_free_words_that_name_somebody(text: str, named: bool) -> None:
    assert TRACES.name(text) is named


@pytest.mark.parametrize(("page", "named"), [
    ("<td>Acme &amp; Rockets</td>", True),
    ('{"name": "Acme \\u0026 Rockets"}', True),
    ("<code>tenure health show 42</code>", True),
    ("<p>Mail me at [address], the export fails</p>", True),
    (f"<q>{LONG[:199].rstrip()}…</q>", True),
    ("<p>Too slow</p>", False),
    ("<p>Acme</p>", False),
])  # fmt: skip
def test_a29_pages_that_may_name_or_quote_somebody(page: str, named: bool) -> None:
    assert TRACES.stand_in(page) is named


def test_a29_a_document_loses_quotes_and_names_and_keeps_its_shape() -> None:
    document = {"reason": "support", "quotes": ["Too slow", "fine"], "note": "ask Will Smith", "who": ["acme-77", "bolt"], "n": 2}
    assert TRACES.without(document) == {"reason": "support", "quotes": ["fine"], "note": "erased", "who": ["erased", "bolt"], "n": 2}
    assert TRACES.without_quotes(document) == {**document, "quotes": ["fine"]}
    assert Traces(names=["support"]).without({"kind": "support_capacity"}) == {"kind": "support_capacity"}
    assert Traces(names=[""], said=[" "]).name("anything") is False
